//! Rows that a scout was asked for, read together before the group begins.

use std::sync::Arc;

use nightowl_core::port::StoreError;
use nightowl_core::value::Object;

use super::known::KeysAsked;
use super::scout::{Asked, Question};
use super::{GroupUnitOfWork, Scout};
use crate::sql::SqlValue;

/// A read by one key is not worth a question of its own.
const KEYS_AT_LEAST: usize = 2;

impl GroupUnitOfWork<'_> {
    /// Whether reading together saves anything: not where the database is in the process, nor where each action's
    /// statements are recorded.
    pub fn reads_ahead(&self) -> bool {
        self.bulk.is_some()
    }

    /// Reads what a scout was asked for, in as many statements as there were kinds of questions. To be called before the
    /// group begins; what is read with locks begins its transaction.
    pub async fn read_ahead(&mut self, scout: Scout) -> Result<(), StoreError> {
        for (question, asked) in scout.into_asked() {
            if asked.keys.len() >= KEYS_AT_LEAST {
                self.ask_ahead(question, asked).await?;
            }
        }
        Ok(())
    }

    async fn ask_ahead(&mut self, (_, tenant_id, columns, locked): Question, asked: Asked) -> Result<(), StoreError> {
        let Some(bulk) = self.bulk else { return Ok(()) };
        let topic = Arc::clone(&asked.topic);
        let statements = self.statements(&topic);
        let (Some(id), Some(tenant)) = (statements.id, statements.tenant.and_then(|tenant| statements.columns.get(tenant))) else { return Ok(()) };
        if locked {
            // Locks are the transaction's, and it is the group's affair when that begins.
            return Ok(());
        }
        let keys: Vec<&str> = asked.keys.keys().map(String::as_str).collect();
        let mut condition = bulk.by_keys(&statements.bulk, &columns, asked.keys.values().cloned().collect());
        let sql = format!("{} WHERE {tenant} = ? AND {}{}", statements.select, condition.sql, statements.order);
        condition.values.insert(0, SqlValue::Text(tenant_id.as_str().into()));
        let rows = self.inner.query(&sql, &condition.values, &statements.kinds).await?;
        let rows: Vec<Object> = rows.into_iter().map(|row| Object::with_shape(Arc::clone(&topic.row_shape), row)).collect();
        if !self.known.learn_all(&topic, KeysAsked { columns: &columns, keys: &keys, locked }, &rows, id) {
            tracing::debug!(table = statements.name, "texts of this table are equal where their characters are not; its rows are read one by one");
        }
        Ok(())
    }
}
