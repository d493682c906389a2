//! Positions of ordered sources, kept as runs of neighbours (storage.md §15.6): a row of `nightowl_marks` for each run, and
//! one that counts the changes, so that of two processes that read the same source at the same time one has to look again.

use std::collections::{BTreeMap, BTreeSet};

use nightowl_core::compile::ColumnKind;
use nightowl_core::port::{OrderedPosition, StoreError};

use super::marks::{Mark, MarkKey, by_key, insert_mark};
use super::row_reader::RowReader;
use super::{SqlUnitOfWork, SqlValue};

/// How many offsets ahead are learned at least when it is looked where a source stands.
const AHEAD: i64 = 1_024;
/// The partition of the row that counts the changes; those of runs name their first offset. Its own offset is 0, so that
/// it is always the first.
const CHANGES: &str = "";
const BIG: ColumnKind = ColumnKind::Integer { bits: 64 };
const TEXT: ColumnKind = ColumnKind::Text { length: 100 };

/// What is known of the offsets of a source that were taken.
#[derive(Debug, Default)]
pub(super) struct Passed {
    /// How often the source's runs were changed; none where nothing of it was ever taken.
    changes: Option<i64>,
    /// First offset and the one behind the last, by the rows that there are.
    runs: BTreeMap<i64, i64>,
    /// Which offsets are known: from the first to before the second.
    known: (i64, i64),
    /// Offsets that the open transaction takes.
    taken: BTreeSet<i64>,
}

/// A run that is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    first: i64,
    next: i64,
    /// Whether it has a row already, which ends earlier.
    is_there: bool,
}

impl Passed {
    /// Whether it is known if an offset was taken.
    pub(super) const fn knows(&self, offset: i64) -> bool {
        self.known.0 <= offset && offset < self.known.1
    }

    /// Whether an offset was taken.
    pub(super) fn has(&self, offset: i64) -> bool {
        self.taken.contains(&offset) || self.runs.range(..=offset).next_back().is_some_and(|(_, next)| offset < *next)
    }

    /// Takes an offset.
    pub(super) fn take(&mut self, offset: i64) {
        self.taken.insert(offset);
    }

    /// Gives an offset back.
    pub(super) fn give_back(&mut self, offset: i64) {
        self.taken.remove(&offset);
    }

    /// Learns where the source stands at an offset and at least [`AHEAD`] offsets behind it.
    pub(super) async fn read(&mut self, unit: &mut SqlUnitOfWork<'_>, source: &str, position: &OrderedPosition) -> Result<(), StoreError> {
        let partition = unit.dialect().quoted("partition");
        // A run that ends where the offset is can be continued. No two runs share an offset.
        let limit = AHEAD + 2;
        let sql = format!(
            "SELECT {partition}, next_offset, epoch FROM nightowl_marks WHERE consumer_group = ? AND topic = ? AND ({partition} = ? OR next_offset >= ?) \
             ORDER BY next_offset LIMIT {limit}"
        );
        let values = [text(source), text(&position.topic), text(CHANGES), SqlValue::Integer(position.offset)];
        let rows = unit.query(&sql, &values, &[TEXT, BIG, BIG]).await?;
        let is_cut = i64::try_from(rows.len()).is_ok_and(|count| count >= limit);
        let mut end = position.offset;
        for row in rows {
            let mut row = RowReader::new("nightowl_marks", row);
            let (partition, next, changes) = (row.text()?, row.integer()?, row.integer()?);
            if partition == CHANGES {
                // What was read before is as old as its number says.
                self.changes.get_or_insert(changes);
                continue;
            }
            let first = partition.parse().map_err(|_| StoreError::Unexpected {
                object: "table nightowl_marks".to_owned(),
                reason: format!("\"{partition}\" is not the first offset of a run"),
            })?;
            self.runs.insert(first, next);
            end = next;
        }
        self.known = (position.offset, if is_cut { end } else { i64::MAX });
        Ok(())
    }

    /// Writes what was taken as part of the open transaction, unless the source was changed since it was read.
    pub(super) async fn write(&self, unit: &mut SqlUnitOfWork<'_>, source: &str, topic: &str) -> Result<(), StoreError> {
        if self.taken.is_empty() {
            return Ok(());
        }
        let counted = match self.changes {
            None => insert_row(unit, source, topic, CHANGES, 0, 1).await?,
            Some(changes) => {
                let sql = format!("UPDATE nightowl_marks SET epoch = ? WHERE {} AND epoch = ?", by_key(unit.session()));
                let values = [SqlValue::Integer(changes + 1), text(source), text(topic), text(CHANGES), SqlValue::Integer(changes)];
                unit.execute(&sql, &values).await? == 1
            }
        };
        if counted { self.write_runs(unit, source, topic).await } else { Err(taken_in_between()) }
    }

    async fn write_runs(&self, unit: &mut SqlUnitOfWork<'_>, source: &str, topic: &str) -> Result<(), StoreError> {
        for Run { first, next, is_there } in self.changed_runs() {
            let first = first.to_string();
            let done = if is_there {
                let sql = format!("UPDATE nightowl_marks SET next_offset = ? WHERE {}", by_key(unit.session()));
                unit.execute(&sql, &[SqlValue::Integer(next), text(source), text(topic), text(&first)]).await? == 1
            } else {
                insert_row(unit, source, topic, &first, next, 0).await?
            };
            if !done {
                return Err(taken_in_between());
            }
        }
        Ok(())
    }

    /// The runs as they are with what was taken: those that are longer than before, and new ones.
    fn changed_runs(&self) -> Vec<Run> {
        let mut changed: Vec<Run> = Vec::new();
        for offset in &self.taken {
            match changed.last_mut().filter(|run| run.next == *offset) {
                Some(run) => run.next = offset + 1,
                None => {
                    let before = self.runs.range(..offset).next_back().filter(|(_, next)| **next == *offset);
                    changed.push(Run { first: before.map_or(*offset, |(first, _)| *first), next: offset + 1, is_there: before.is_some() });
                }
            }
        }
        changed
    }
}

/// Takes one position alone, holding the source until the transaction ends; false when it was taken before.
pub(super) async fn take_one(unit: &mut SqlUnitOfWork<'_>, source: &str, position: &OrderedPosition) -> Result<bool, StoreError> {
    // What was taken stays taken, so this needs no lock.
    let mut passed = Passed::default();
    passed.read(unit, source, position).await?;
    if passed.has(position.offset) {
        return Ok(false);
    }
    hold(unit, source, &position.topic).await?;
    let mut passed = Passed::default();
    passed.read(unit, source, position).await?;
    if passed.has(position.offset) {
        return Ok(false);
    }
    passed.take(position.offset);
    passed.write_runs(unit, source, &position.topic).await?;
    Ok(true)
}

/// Counts a change, which waits for whoever has the source.
async fn hold(unit: &mut SqlUnitOfWork<'_>, source: &str, topic: &str) -> Result<(), StoreError> {
    let sql = format!("UPDATE nightowl_marks SET epoch = epoch + 1 WHERE {}", by_key(unit.session()));
    let values = [text(source), text(topic), text(CHANGES)];
    if unit.execute(&sql, &values).await? == 1 || insert_row(unit, source, topic, CHANGES, 0, 1).await? {
        return Ok(());
    }
    if unit.execute(&sql, &values).await? == 1 { Ok(()) } else { Err(taken_in_between()) }
}

/// Inserts a row; false when another process was faster.
async fn insert_row(unit: &mut SqlUnitOfWork<'_>, source: &str, topic: &str, partition: &str, next_offset: i64, epoch: i64) -> Result<bool, StoreError> {
    let key = MarkKey { consumer_group: source.to_owned(), topic: topic.to_owned(), partition: partition.to_owned() };
    insert_mark(unit.session(), &key, Mark { next_offset, epoch }).await
}

fn text(text: &str) -> SqlValue {
    SqlValue::Text(text.into())
}

fn taken_in_between() -> StoreError {
    StoreError::SerializationFailure { reason: "positions of the same source were taken in between".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(runs: &[(i64, i64)], taken: &[i64]) -> Passed {
        Passed { changes: Some(1), runs: runs.iter().copied().collect(), known: (0, i64::MAX), taken: taken.iter().copied().collect() }
    }

    #[test]
    fn neighbours_become_one_run_and_what_was_left_out_stays_out() {
        let passed = passed(&[(1, 4), (9, 10)], &[4, 5, 7, 10, 12, 13]);
        let run = |first, next, is_there| Run { first, next, is_there };
        assert_eq!(passed.changed_runs(), [run(1, 6, true), run(7, 8, false), run(9, 11, true), run(12, 14, false)]);
        let has: Vec<i64> = (0..15).filter(|offset| passed.has(*offset)).collect();
        assert_eq!(has, [1, 2, 3, 4, 5, 7, 9, 10, 12, 13]);
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let mut passed = passed(&[], &[3]);
        passed.give_back(3);
        assert!(!passed.has(3));
        assert_eq!(passed.changed_runs(), []);
    }
}
