//! What every store must do, as functions over a unit of work: run for the in-memory store and for every dialect, ours or
//! a stranger's. Each function wants an empty store in which the tables of [`topics::all`] are made.

#![expect(clippy::unwrap_used, reason = "a conformance test ends where something is not as expected")]

pub mod aggregates;
pub mod computations;
pub mod criteria;
pub mod journal;
pub mod lists;
pub mod objects;
pub mod rows;
pub mod topics;
pub mod transactions;

/// Calls `$test!(module, function)` for every function of the suite.
#[macro_export]
macro_rules! for_each_conformance_function {
    ($test:ident) => {
        $test!(rows, insert_find_update_delete);
        $test!(rows, every_kind_comes_back);
        $test!(rows, unique_conflict_leaves_the_transaction_usable);
        $test!(rows, nulls_are_no_conflict);
        $test!(rows, update_into_a_conflict);
        $test!(rows, tenants_do_not_meet);
        $test!(rows, rows_come_in_the_order_of_their_ids);
        $test!(rows, versions_are_checked);
        $test!(rows, shared_tables_give_each_topic_its_columns);
        $test!(criteria, every_operator_on_every_kind);
        $test!(criteria, empty_and_null);
        $test!(criteria, null_matches_nothing);
        $test!(criteria, joints_are_three_valued);
        $test!(criteria, columns_with_columns);
        $test!(criteria, digits_beyond_the_column);
        $test!(criteria, days_and_moments);
        $test!(criteria, kinds_that_do_not_meet_are_refused);
        $test!(lists, lists_of_every_kind);
        $test!(lists, empty_lists_and_nulls);
        $test!(lists, long_lists);
        $test!(computations, arithmetic);
        $test!(computations, arithmetic_with_nothing);
        $test!(computations, parts_of_dates);
        $test!(computations, differences_of_dates);
        $test!(computations, texts);
        $test!(computations, moved_and_formatted_dates);
        $test!(computations, cases);
        $test!(aggregates, counts_sums_and_means);
        $test!(aggregates, nothing_to_add_up);
        $test!(transactions, commit_keeps_and_rollback_undoes);
        $test!(transactions, savepoints_nest);
        $test!(transactions, a_failing_statement_inside_a_savepoint);
        $test!(transactions, misuse_is_refused);
        $test!(transactions, outside_of_a_transaction_each_statement_commits);
        $test!(transactions, statements_are_recorded);
        $test!(journal, positions_are_found_and_conflict);
        $test!(journal, positions_of_ordered_sources_are_taken_once);
        $test!(journal, positions_that_were_not_kept_are_free);
        $test!(journal, headers_change);
        $test!(journal, logs_and_details);
        $test!(journal, pending_work_is_leased_once);
        $test!(journal, pending_work_is_held_by_one);
        $test!(journal, a_cascade_is_leased_by_its_first_row);
        $test!(journal, what_was_applied_is_noted_once);
        $test!(journal, the_journal_is_undone_with_its_transaction);
    };
}
