//! The tables that every database with topics has (storage.md §15.6): made when first used, each step recorded in
//! `nightowl_schema`. A step that was released is never edited; what changes later is a further step.

use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;

use super::table::{LONG_TEXT, Table, TableColumn, TableIndex};
use super::{Dialect, SqlSession, SqlValue, structure_lock};

const BIG: ColumnKind = ColumnKind::Integer { bits: 64 };
const INT: ColumnKind = ColumnKind::Integer { bits: 32 };
const FLAG: ColumnKind = ColumnKind::Boolean;
const MOMENT: ColumnKind = ColumnKind::DateTime { fraction: true };
/// The version of the row's own format.
const FORMAT: TableColumn = TableColumn::filled("format", INT);

const fn text(length: u32) -> ColumnKind {
    ColumnKind::Text { length }
}

/// How many lock rows there are (engine.md §3.11 rule 6).
pub const GUARD_SLOTS: u16 = 1_024;

const SCHEMA: Table = Table {
    name: "nightowl_schema",
    columns: &[TableColumn::filled("step", text(100)), TableColumn::filled("applied_at", MOMENT), FORMAT],
    key: &["step"],
    indexes: &[],
};

pub(super) const TRIGGERS: Table = Table {
    name: "nightowl_triggers",
    columns: &[
        TableColumn::filled("trigger_id", BIG),
        TableColumn::filled("tenant_id", text(50)),
        TableColumn::filled("trace_id", text(50)),
        TableColumn::filled("topic_id", text(50)),
        TableColumn::optional("data_id", BIG),
        TableColumn::filled("trigger_type", text(20)),
        TableColumn::filled("user_id", text(50)),
        TableColumn::optional("pat_key_id", text(50)),
        TableColumn::filled("source", text(50)),
        TableColumn::optional("position_key", text(64)),
        TableColumn::filled("status", text(10)),
        TableColumn::optional("failed_pipeline_ids", LONG_TEXT),
        TableColumn::optional("finished_at", MOMENT),
        TableColumn::optional("payload", LONG_TEXT),
        TableColumn::optional("error", LONG_TEXT),
        FORMAT,
    ],
    key: &["trigger_id"],
    indexes: &[
        TableIndex { name: "u_nightowl_triggers_position", unique: true, columns: &["source", "position_key"] },
        TableIndex { name: "i_nightowl_triggers_trace_id", unique: false, columns: &["trace_id"] },
    ],
};

/// What a trigger asked for whose caller chose the position (surface.md §6.2).
pub(super) const BODY_HASH: TableColumn = TableColumn::optional("body_hash", text(64));

const MARKS: Table = Table {
    name: "nightowl_marks",
    columns: &[
        TableColumn::filled("consumer_group", text(255)),
        TableColumn::filled("topic", text(255)),
        TableColumn::filled("partition", text(100)),
        TableColumn::filled("next_offset", BIG),
        TableColumn::filled("epoch", BIG),
        FORMAT,
    ],
    key: &["consumer_group", "topic", "partition"],
    indexes: &[],
};

pub(super) const PENDING: Table = Table {
    name: "nightowl_pending",
    columns: &[
        TableColumn::filled("pending_id", BIG),
        TableColumn::filled("kind", text(20)),
        TableColumn::filled("tenant_id", text(50)),
        TableColumn::filled("trace_id", text(50)),
        TableColumn::filled("trigger_id", BIG),
        TableColumn::filled("ordinal", BIG),
        TableColumn::filled("body", LONG_TEXT),
        TableColumn::filled("attempts", BIG),
        TableColumn::optional("not_before", MOMENT),
        TableColumn::optional("leased_until", MOMENT),
        TableColumn::optional("leased_by", text(100)),
        FORMAT,
    ],
    key: &["pending_id"],
    indexes: &[
        TableIndex { name: "i_nightowl_pending_not_before", unique: false, columns: &["not_before", "pending_id"] },
        TableIndex { name: "i_nightowl_pending_trace_id", unique: false, columns: &["trace_id"] },
    ],
};

/// The rows of a trigger's cascade are looked for by their trigger, in their order.
const PENDING_OF_TRIGGER: &str = "CREATE INDEX i_nightowl_pending_trigger_id ON nightowl_pending (trigger_id, ordinal)";

const APPLIED: Table = Table {
    name: "nightowl_applied",
    columns: &[TableColumn::filled("pending_id", BIG), TableColumn::filled("applied_at", MOMENT), FORMAT],
    key: &["pending_id"],
    indexes: &[],
};

pub(super) const LOGS: Table = Table {
    name: "nightowl_logs",
    columns: &[
        TableColumn::filled("uid", BIG),
        TableColumn::filled("tenant_id", text(50)),
        TableColumn::filled("trace_id", text(50)),
        TableColumn::filled("trigger_id", BIG),
        TableColumn::filled("pipeline_id", text(50)),
        TableColumn::filled("topic_id", text(50)),
        TableColumn::filled("data_id", BIG),
        TableColumn::filled("status", text(10)),
        TableColumn::filled("started_at", MOMENT),
        TableColumn::filled("spent_ms", BIG),
        TableColumn::filled("rolled_back", FLAG),
        TableColumn::filled("body", LONG_TEXT),
        TableColumn::filled("definition_hash", text(64)),
        FORMAT,
    ],
    key: &["uid"],
    indexes: &[
        TableIndex { name: "i_nightowl_logs_trace_id", unique: false, columns: &["trace_id"] },
        TableIndex { name: "i_nightowl_logs_trigger_id", unique: false, columns: &["trigger_id"] },
        TableIndex { name: "i_nightowl_logs_started_at", unique: false, columns: &["started_at"] },
    ],
};

pub(super) const DETAILS: Table = Table {
    name: "nightowl_trace_details",
    columns: &[TableColumn::filled("uid", BIG), TableColumn::filled("ordinal", BIG), TableColumn::filled("body", LONG_TEXT), FORMAT],
    key: &["uid", "ordinal"],
    indexes: &[],
};

const GUARDS: Table = Table { name: "nightowl_guards", columns: &[TableColumn::filled("slot", BIG), FORMAT], key: &["slot"], indexes: &[] };

const STRUCTURE: Table = Table {
    name: "nightowl_structure",
    columns: &[
        TableColumn::filled("table_name", text(100)),
        TableColumn::filled("structure", LONG_TEXT),
        TableColumn::filled("hash", text(64)),
        TableColumn::filled("applied_at", MOMENT),
        TableColumn::filled("statements", LONG_TEXT),
        FORMAT,
    ],
    key: &["table_name"],
    indexes: &[],
};

/// A step towards the tables that this version needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableStep {
    /// Its name in `nightowl_schema`.
    pub name: String,
    /// What it runs.
    pub statements: Vec<String>,
}

/// All steps, in their order.
pub fn steps(dialect: &dyn Dialect) -> Vec<TableStep> {
    let mut steps: Vec<TableStep> = [SCHEMA, TRIGGERS, MARKS, PENDING, APPLIED, LOGS, DETAILS, GUARDS, STRUCTURE]
        .iter()
        .map(|table| TableStep { name: format!("{} 1", table.name), statements: table.create(dialect) })
        .collect();
    steps.push(TableStep { name: "nightowl_pending 2".to_owned(), statements: vec![PENDING_OF_TRIGGER.to_owned()] });
    if let Some(guards) = steps.iter_mut().find(|step| step.name.starts_with(GUARDS.name)) {
        let slots: Vec<String> = (0..GUARD_SLOTS).map(|slot| format!("({slot}, 1)")).collect();
        // Where DDL commits by itself, a step may have been taken in part.
        guards.statements.push("DELETE FROM nightowl_guards".to_owned());
        guards.statements.push(format!("INSERT INTO nightowl_guards (slot, format) VALUES {}", slots.join(", ")));
    }
    steps.push(TableStep { name: format!("{} 2", TRIGGERS.name), statements: vec![TRIGGERS.add_column(&BODY_HASH, dialect)] });
    steps
}

/// The steps that this database has not seen yet; what `nightowl migrate --dry-run` shows.
pub async fn missing_steps(session: &mut dyn SqlSession) -> Result<Vec<TableStep>, StoreError> {
    let all = steps(session.dialect());
    if super::table_columns(session, SCHEMA.name).await?.is_empty() {
        return Ok(all);
    }
    let rows = session.query_own("SELECT step FROM nightowl_schema", &[], &[text(100)]).await?;
    let done: Vec<&str> = rows.iter().filter_map(|row| row.first().and_then(Value::as_text)).collect();
    Ok(all.into_iter().filter(|step| !done.contains(&step.name.as_str())).collect())
}

/// Takes the missing steps and says which. Not to be called with a transaction open.
pub async fn prepare(session: &mut dyn SqlSession) -> Result<Vec<TableStep>, StoreError> {
    if missing_steps(session).await?.is_empty() {
        return Ok(Vec::new());
    }
    structure_lock::lock(session).await?;
    let taken = take_steps_together(session).await;
    structure_lock::unlock(session, taken).await
}

async fn take_steps_together(session: &mut dyn SqlSession) -> Result<Vec<TableStep>, StoreError> {
    let dialect = session.dialect();
    if !dialect.ddl_in_transaction() {
        return take_steps(session).await;
    }
    session.execute(dialect.begin(), &[]).await?;
    match take_steps(session).await {
        Ok(steps) => session.execute("COMMIT", &[]).await.map(|_| steps),
        Err(error) => {
            session.execute("ROLLBACK", &[]).await?;
            Err(error)
        }
    }
}

/// What is missing is asked again: another process may have been faster.
async fn take_steps(session: &mut dyn SqlSession) -> Result<Vec<TableStep>, StoreError> {
    let steps = missing_steps(session).await?;
    let record = format!("INSERT INTO nightowl_schema (step, applied_at, format) VALUES (?, {}, 1)", session.dialect().utc_now());
    for step in &steps {
        for statement in &step.statements {
            session.execute(statement, &[]).await?;
        }
        session.execute(&record, &[SqlValue::Text(step.name.as_str().into())]).await?;
    }
    Ok(steps)
}
