//! Positions of ordered sources in their compact form (storage.md §15.6).

use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;

use super::row_reader::RowReader;
use super::{OnConflict, SqlSession, SqlValue};

const BIG: ColumnKind = ColumnKind::Integer { bits: 64 };

/// One ordered source as one group reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkKey {
    /// Who reads.
    pub consumer_group: String,
    /// What is read.
    pub topic: String,
    /// Which part of it.
    pub partition: String,
}

/// How far a source was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The first position that was not read yet.
    pub next_offset: i64,
    /// The owner's epoch: an older owner can not advance it.
    pub epoch: i64,
}

impl MarkKey {
    fn values(&self) -> [SqlValue; 3] {
        [&self.consumer_group, &self.topic, &self.partition].map(|text| SqlValue::Text(text.as_str().into()))
    }
}

/// How far a source was read; none where it never was.
pub async fn read_mark(session: &mut dyn SqlSession, key: &MarkKey) -> Result<Option<Mark>, StoreError> {
    let sql = format!("SELECT next_offset, epoch FROM nightowl_marks WHERE {}", by_key(session));
    let rows = session.query(&sql, &key.values(), &[BIG, BIG]).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let mut row = RowReader::new("nightowl_marks", row);
    Ok(Some(Mark { next_offset: row.integer()?, epoch: row.integer()? }))
}

/// Moves a mark as part of the open transaction. False when an owner of a later epoch has it; then nothing is changed and
/// the transaction is to be given up.
pub async fn advance_mark(session: &mut dyn SqlSession, key: &MarkKey, mark: Mark) -> Result<bool, StoreError> {
    let update = format!("UPDATE nightowl_marks SET next_offset = ?, epoch = ? WHERE {} AND epoch <= ?", by_key(session));
    let mut values = vec![SqlValue::Integer(mark.next_offset), SqlValue::Integer(mark.epoch)];
    values.extend(key.values());
    values.push(SqlValue::Integer(mark.epoch));
    if session.execute(&update, &values).await? > 0 {
        return Ok(true);
    }
    insert_mark(session, key, mark).await
}

/// Writes a mark that is not there yet; false when another process was faster.
pub(super) async fn insert_mark(session: &mut dyn SqlSession, key: &MarkKey, mark: Mark) -> Result<bool, StoreError> {
    let dialect = session.dialect();
    let partition = dialect.quoted("partition");
    let insert = format!("INSERT INTO nightowl_marks (consumer_group, topic, {partition}, next_offset, epoch, format) VALUES (?, ?, ?, ?, ?, 1)");
    let mut values = key.values().to_vec();
    values.extend([SqlValue::Integer(mark.next_offset), SqlValue::Integer(mark.epoch)]);
    match dialect.on_conflict() {
        OnConflict::Clause(clause) => Ok(session.execute(&format!("{insert}{clause}"), &values).await? > 0),
        OnConflict::StatementFails => match session.execute(&insert, &values).await {
            Ok(_) => Ok(true),
            Err(StoreError::InsertConflict { .. }) => Ok(false),
            Err(error) => Err(error),
        },
    }
}

/// The condition on the key; `partition` is a reserved word in places.
pub(super) fn by_key(session: &dyn SqlSession) -> String {
    format!("consumer_group = ? AND topic = ? AND {} = ?", session.dialect().quoted("partition"))
}
