//! Statements on META tables, and the one transaction around them.

use nightowl_core::port::StoreError;

use crate::sql::{Dialect, SqlSession};

/// A statement text in which `{name}` stands for a quoted identifier.
pub(crate) fn render(dialect: &dyn Dialect, template: &str) -> String {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            rest = after;
            break;
        };
        dialect.quote(name, &mut out);
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Begins a transaction that writes (storage.md §9).
pub async fn begin(session: &mut dyn SqlSession) -> Result<(), StoreError> {
    let begin = session.dialect().begin();
    session.execute(begin, &[]).await.map(|_| ())
}

/// Ends the transaction: commits what went well, undoes what did not.
pub async fn finish<T, E: From<StoreError>>(session: &mut dyn SqlSession, result: Result<T, E>) -> Result<T, E> {
    match result {
        Ok(value) => {
            session.execute("COMMIT", &[]).await?;
            Ok(value)
        }
        Err(error) => {
            if let Err(undo) = session.execute("ROLLBACK", &[]).await {
                tracing::warn!(reason = %undo, "a META transaction could not be rolled back; the connection will do it");
            }
            Err(error)
        }
    }
}
