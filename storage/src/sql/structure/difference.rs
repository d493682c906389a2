//! From what is there to what is wanted, as steps (storage.md §11.6, §11.7).

use nightowl_core::port::StoreError;

use super::room::Room;
use super::shape::{ColumnShape, IndexShape, Shape, parse_kind};
use super::{Change, Outcome, StructureStep, SyncMode};
use crate::sql::{Dialect, FoundIndex};

/// What a table has to become.
#[derive(Debug)]
pub(super) struct Towards<'a> {
    pub(super) table: &'a str,
    pub(super) wanted: &'a Shape,
    /// The indexes that the table has, whoever made them.
    pub(super) found: &'a [FoundIndex],
    pub(super) dialect: &'a dyn Dialect,
    pub(super) mode: SyncMode,
}

/// The steps, and what is there when they are taken.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) steps: Vec<StructureStep>,
    pub(super) built: Shape,
}

/// The column after a step.
struct Changed {
    step: StructureStep,
    column: ColumnShape,
    /// Whether it was dropped and added anew, its indexes with it.
    replaced: bool,
}

impl Towards<'_> {
    /// The steps from what is there. Columns are never dropped, but where their values can not be kept.
    pub(super) fn from(&self, built: &Shape) -> Result<Difference, StoreError> {
        let (table, dialect) = (self.table, self.dialect);
        let mut room = Room::of(table, &built.columns, &self.wanted.indexes, dialect);
        if built.columns.is_empty() {
            let columns = room.all(&self.wanted.columns)?;
            let mut steps = vec![self.step(Change::CreateTable, vec![create_table(table, &columns, dialect)])];
            steps.extend(self.wanted.indexes.iter().map(|index| self.create_index(index)));
            return Ok(Difference { steps, built: Shape { columns, indexes: self.wanted.indexes.clone() } });
        }
        let mut after = Shape { columns: built.columns.clone(), indexes: Vec::new() };
        let (mut steps, mut replaced) = (Vec::new(), Vec::new());
        for column in &self.wanted.columns {
            match after.columns.iter_mut().find(|there| there.name == column.name) {
                None => {
                    let column = room.one(column)?;
                    steps.push(self.step(Change::AddColumn { column: column.name.clone() }, vec![add_column(table, &column, dialect)]));
                    after.columns.push(column);
                }
                Some(there) if there.kind == column.kind => {}
                Some(there) => {
                    let changed = self.change_column(there, column)?;
                    if changed.replaced {
                        replaced.push(column.name.clone());
                    }
                    steps.push(changed.step);
                    *there = changed.column;
                }
            }
        }
        let (kept, dropped): (Vec<&IndexShape>, Vec<&IndexShape>) = built.indexes.iter().partition(|index| self.keeps(index, &replaced));
        after.indexes = kept.into_iter().cloned().collect();
        let drops = dropped
            .iter()
            .map(|index| self.step(Change::DropIndex { index: index.name.clone() }, vec![dialect.drop_index(table, &index.name)]))
            .collect::<Vec<_>>();
        for index in &self.wanted.indexes {
            if after.indexes.iter().any(|there| there.is_same(index)) {
                continue;
            }
            // What was a matter of others under this name is forgotten: the index is ours from now on.
            after.indexes.retain(|there| there.name != index.name);
            let is_taken = self.found.iter().any(|there| there.name == index.name) && !dropped.iter().any(|gone| gone.name == index.name);
            let mut step = self.create_index(index);
            if is_taken {
                step.outcome = Outcome::Skipped { reason: "another index has this name; the topic goes on without this one".to_owned() };
            }
            steps.push(step);
            after.indexes.push(index.clone());
        }
        Ok(Difference { steps: drops.into_iter().chain(steps).collect(), built: after })
    }

    /// Whether an index stays: it is wanted as it is, or it is the matter of others.
    fn keeps(&self, index: &IndexShape, replaced: &[String]) -> bool {
        let wanted = self.wanted.index(&index.name).is_some_and(|wanted| wanted.is_same(index));
        (wanted || index.of_others) && !index.columns.iter().any(|column| replaced.contains(column))
    }

    fn change_column(&self, there: &ColumnShape, wanted: &ColumnShape) -> Result<Changed, StoreError> {
        let (table, dialect) = (self.table, self.dialect);
        let change = Change::ChangeColumn { column: wanted.name.clone(), from: there.kind.clone(), to: wanted.kind.clone() };
        let to = parse_kind(&wanted.kind);
        // Where others made the column, what they declared is what has to be widened.
        let from = there.real.as_deref().map_or_else(|| parse_kind(&there.kind), |declared| dialect.declared_kind(declared));
        if let Some((from, to)) = from.zip(to) {
            if there.real.is_some() && dialect.widens(to, from) {
                let column = ColumnShape { kind: wanted.kind.clone(), ..there.clone() };
                return Ok(Changed { step: self.step(change, Vec::new()), column, replaced: false });
            }
            if dialect.widens(from, to) {
                let statements = if there.outside { Vec::new() } else { dialect.change_column(table, &wanted.name, from, to) };
                let column = ColumnShape { outside: there.outside, ..wanted.clone() };
                return Ok(Changed { step: self.step(change, statements), column, replaced: false });
            }
        }
        if self.mode != SyncMode::Force {
            let reason = format!(
                "column \"{}\" is {} and would become {}, which loses its values; give the factor another name, or set storage.sync to force",
                wanted.name,
                there.real.as_ref().unwrap_or(&there.kind),
                wanted.kind
            );
            return Err(StoreError::WouldLoseData { table: table.to_owned(), reason });
        }
        let drop = format!("ALTER TABLE {} DROP COLUMN {}", dialect.quoted(table), dialect.quoted(&wanted.name));
        Ok(Changed { step: self.step(change, vec![drop, add_column(table, wanted, dialect)]), column: wanted.clone(), replaced: true })
    }

    fn create_index(&self, index: &IndexShape) -> StructureStep {
        let (dialect, unique) = (self.dialect, if index.unique { "UNIQUE " } else { "" });
        let columns: Vec<String> = index.columns.iter().map(|column| dialect.quoted(column)).collect();
        let sql = format!("CREATE {unique}INDEX {} ON {} ({})", dialect.quoted(&index.name), dialect.quoted(self.table), columns.join(", "));
        let mut step = self.step(Change::CreateIndex { index: index.name.clone(), unique: index.unique }, vec![sql]);
        if let Some(reason) = super::room::key_too_long(index, self.wanted, dialect) {
            step.outcome = Outcome::Skipped { reason };
        }
        step
    }

    fn step(&self, change: Change, statements: Vec<String>) -> StructureStep {
        StructureStep::planned(self.table, change, statements)
    }
}

fn create_table(table: &str, columns: &[ColumnShape], dialect: &dyn Dialect) -> String {
    let lines: Vec<String> = columns.iter().map(|column| column_line(column, dialect)).collect();
    format!("CREATE TABLE {} ({}){}", dialect.quoted(table), lines.join(", "), dialect.table_options())
}

fn column_line(column: &ColumnShape, dialect: &dyn Dialect) -> String {
    let name = dialect.quoted(&column.name);
    if column.name == "id_" {
        return format!("{name} {} PRIMARY KEY", dialect.key_type());
    }
    if let Some(sizes) = dialect.sizes().filter(|_| column.outside) {
        return format!("{name} {}", sizes.outside_type);
    }
    // Kinds are written by `kind_text` alone; one that is not known would be a record of a later version.
    let declared = parse_kind(&column.kind).map(|kind| dialect.column_type(kind)).unwrap_or_default();
    format!("{name} {declared}")
}

fn add_column(table: &str, column: &ColumnShape, dialect: &dyn Dialect) -> String {
    format!("ALTER TABLE {} ADD COLUMN {}", dialect.quoted(table), column_line(column, dialect))
}
