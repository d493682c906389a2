//! What can be told from the text of a statement of ours.

/// Whether a transaction is open after the statement; none where it says nothing about that.
pub(crate) fn transaction_after(sql: &str) -> Option<bool> {
    let word = sql.split(' ').next().unwrap_or_default();
    match word {
        "BEGIN" | "START" => Some(true),
        "COMMIT" => Some(false),
        "ROLLBACK" => (!sql.starts_with("ROLLBACK TO")).then_some(false),
        _ => None,
    }
}

/// Whether a statement is not worth to be prepared, or can not be: transactions, savepoints, DDL, bulk of literals.
pub(crate) fn is_plain(sql: &str, values: usize) -> bool {
    values == 0 && !sql.starts_with("SELECT")
}

/// The table that a statement writes, without its quotes; empty where it writes none.
pub(crate) fn table_of(sql: &str) -> &str {
    let rest = ["INSERT INTO ", "UPDATE ", "DELETE FROM ", "CREATE TABLE ", "ALTER TABLE "]
        .iter()
        .find_map(|head| sql.strip_prefix(head))
        .or_else(|| sql.split_once(" ON ").map(|(_, rest)| rest));
    let Some(rest) = rest else { return "" };
    match rest.chars().next() {
        Some(quote @ ('"' | '`')) => rest.get(1..).and_then(|rest| rest.split(quote).next()).unwrap_or_default(),
        _ => rest.split([' ', '(']).next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_told_from_statements() {
        for (sql, table) in [
            ("INSERT INTO `topic_a` (`x`) VALUES (?)", "topic_a"),
            ("UPDATE \"topic_b\" SET x = 1", "topic_b"),
            ("INSERT INTO nightowl_logs (uid) VALUES (?)", "nightowl_logs"),
            ("DELETE FROM nightowl_pending WHERE a = ?", "nightowl_pending"),
            ("CREATE UNIQUE INDEX `u` ON `t` (`a`)", "t"),
            ("SELECT 1", ""),
        ] {
            assert_eq!(table_of(sql), table);
        }
    }

    #[test]
    fn transactions_begin_and_end() {
        for (sql, open) in [
            ("BEGIN ISOLATION LEVEL READ COMMITTED", Some(true)),
            ("START TRANSACTION", Some(true)),
            ("COMMIT", Some(false)),
            ("ROLLBACK", Some(false)),
            ("ROLLBACK TO SAVEPOINT a", None),
            ("SELECT 1", None),
        ] {
            assert_eq!(transaction_after(sql), open);
        }
    }
}
