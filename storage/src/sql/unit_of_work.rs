//! The unit of work on one session: transaction, nested savepoints, recorded statements (engine.md §3.11).

use async_trait::async_trait;
use nightowl_core::compile::{ColumnKind, TopicPlan};
use nightowl_core::port::{StoreError, UnitOfWork};
use nightowl_core::value::Value;

use super::{Dialect, SqlSession, SqlValue, operand};

/// Locks one guard row; `None` where the database has one writer anyway (engine.md §3.11, rule 6).
pub(super) fn guard(dialect: &dyn Dialect) -> Option<String> {
    let lock = dialect.lock_clause();
    (!lock.is_empty()).then(|| format!("SELECT slot FROM nightowl_guards WHERE slot = ?{lock}"))
}

/// A unit of work on a session. It lives inside one job of a store.
#[expect(missing_debug_implementations, reason = "a session shows nothing of itself")]
pub struct SqlUnitOfWork<'a> {
    session: &'a mut (dyn SqlSession + 'a),
    open: bool,
    savepoints: usize,
    recording: bool,
    recorded: Vec<(String, Vec<String>)>,
}

impl<'a> SqlUnitOfWork<'a> {
    /// A unit of work without a transaction yet.
    pub fn new(session: &'a mut (dyn SqlSession + 'a)) -> Self {
        Self { session, open: false, savepoints: 0, recording: false, recorded: Vec::new() }
    }

    /// How the database is spoken to.
    pub(super) fn dialect(&self) -> &'static dyn Dialect {
        self.session.dialect()
    }

    /// Whether a transaction is open.
    pub(super) const fn is_open(&self) -> bool {
        self.open
    }

    /// The session, for what is committed together with this unit of work.
    pub fn session(&mut self) -> &mut (dyn SqlSession + 'a) {
        self.session
    }

    pub(super) async fn execute(&mut self, sql: &str, values: &[SqlValue]) -> Result<u64, StoreError> {
        self.record(sql, values);
        self.session.execute(sql, values).await
    }

    pub(super) async fn query(&mut self, sql: &str, values: &[SqlValue], columns: &[ColumnKind]) -> Result<Vec<Vec<Value>>, StoreError> {
        self.record(sql, values);
        self.session.query(sql, values, columns).await
    }

    fn record(&mut self, sql: &str, values: &[SqlValue]) {
        if self.recording {
            self.recorded.push((sql.to_owned(), operand::texts(values)));
        }
    }

    fn ended(&mut self) {
        self.open = false;
        self.savepoints = 0;
    }

    /// The name of the innermost savepoint, which must be there.
    fn innermost(&self) -> Result<String, StoreError> {
        if self.savepoints == 0 {
            return Err(misused("there is no savepoint"));
        }
        Ok(format!("nightowl_{}", self.savepoints))
    }
}

#[async_trait]
impl UnitOfWork for SqlUnitOfWork<'_> {
    async fn begin(&mut self) -> Result<(), StoreError> {
        if self.open {
            return Err(misused("a transaction is open already"));
        }
        let begin = self.dialect().begin();
        self.execute(begin, &[]).await?;
        self.open = true;
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        if !self.open {
            return Err(misused("there is no transaction to commit"));
        }
        self.execute("COMMIT", &[]).await?;
        self.ended();
        Ok(())
    }

    async fn rollback(&mut self) -> Result<(), StoreError> {
        if !self.open {
            return Ok(());
        }
        // Whatever the answer, the transaction is not used again: an error here means that it is gone already.
        self.ended();
        self.execute("ROLLBACK", &[]).await.map(|_| ())
    }

    async fn savepoint(&mut self) -> Result<(), StoreError> {
        if !self.open {
            return Err(misused("a savepoint needs a transaction"));
        }
        let name = format!("SAVEPOINT nightowl_{}", self.savepoints + 1);
        self.execute(&name, &[]).await?;
        self.savepoints += 1;
        Ok(())
    }

    async fn release(&mut self) -> Result<(), StoreError> {
        let name = self.innermost()?;
        self.execute(&format!("RELEASE SAVEPOINT {name}"), &[]).await?;
        self.savepoints -= 1;
        Ok(())
    }

    async fn rollback_to_savepoint(&mut self) -> Result<(), StoreError> {
        let name = self.innermost()?;
        self.execute(&format!("ROLLBACK TO SAVEPOINT {name}"), &[]).await?;
        self.execute(&format!("RELEASE SAVEPOINT {name}"), &[]).await?;
        self.savepoints -= 1;
        Ok(())
    }

    async fn lock_guard(&mut self, _topic: &TopicPlan, slot: u16) -> Result<bool, StoreError> {
        let Some(sql) = guard(self.dialect()) else { return Ok(false) };
        let locked = self.query(&sql, &[SqlValue::Integer(i64::from(slot))], &[ColumnKind::Integer { bits: 64 }]).await?;
        if locked.is_empty() {
            return Err(StoreError::Unexpected {
                object: "table nightowl_guards".to_owned(),
                reason: format!("slot {slot} is missing; delete its step from nightowl_schema and run `nightowl migrate`"),
            });
        }
        Ok(true)
    }

    fn record_statements(&mut self, on: bool) {
        self.recording = on;
    }

    fn take_statements(&mut self) -> Vec<(String, Vec<String>)> {
        std::mem::take(&mut self.recorded)
    }
}

fn misused(reason: &str) -> StoreError {
    StoreError::Unexpected { object: "the unit of work".to_owned(), reason: reason.to_owned() }
}
