//! From what is there to what is wanted, as steps (storage.md §11.6, §11.7).

use nightowl_core::port::StoreError;

use super::shape::{ColumnShape, IndexShape, Shape, parse_kind};
use super::{Change, Outcome, StructureStep, SyncMode};
use crate::sql::Dialect;

/// The steps that make `built` what is wanted. Columns are never dropped, but where their values can not be kept.
pub(super) fn difference(table: &str, built: &Shape, wanted: &Shape, dialect: &dyn Dialect, mode: SyncMode) -> Result<Vec<StructureStep>, StoreError> {
    if built.columns.is_empty() {
        let mut steps = vec![step(table, Change::CreateTable, vec![create_table(table, wanted, dialect)])];
        steps.extend(wanted.indexes.iter().map(|index| create_index(table, index, dialect)));
        return Ok(steps);
    }
    let mut columns = Vec::new();
    let mut replaced = Vec::new();
    for column in &wanted.columns {
        match built.column(&column.name) {
            None => columns.push(step(table, Change::AddColumn { column: column.name.clone() }, vec![add_column(table, column, dialect)])),
            Some(there) if there.kind == column.kind => {}
            Some(there) => columns.push(change_column(table, there, column, dialect, mode, &mut replaced)?),
        }
    }
    let is_kept = |index: &&IndexShape| wanted.index(&index.name) == Some(*index) && !index.columns.iter().any(|column| replaced.contains(column));
    let drops = built
        .indexes
        .iter()
        .filter(|index| !is_kept(index))
        .map(|index| step(table, Change::DropIndex { index: index.name.clone() }, vec![dialect.drop_index(table, &index.name)]));
    let makes = wanted.indexes.iter().filter(|index| built.index(&index.name).filter(is_kept).is_none()).map(|index| create_index(table, index, dialect));
    let mut steps: Vec<StructureStep> = drops.collect();
    steps.extend(columns);
    steps.extend(makes);
    Ok(steps)
}

fn change_column(
    table: &str,
    there: &ColumnShape,
    column: &ColumnShape,
    dialect: &dyn Dialect,
    mode: SyncMode,
    replaced: &mut Vec<String>,
) -> Result<StructureStep, StoreError> {
    let change = Change::ChangeColumn { column: column.name.clone(), from: there.kind.clone(), to: column.kind.clone() };
    if let Some((from, to)) = parse_kind(&there.kind).zip(parse_kind(&column.kind))
        && dialect.widens(from, to)
    {
        return Ok(step(table, change, dialect.change_column(table, &column.name, from, to)));
    }
    if mode != SyncMode::Force {
        let reason = format!(
            "column \"{}\" is {} and would become {}, which loses its values; give the factor another name, or set storage.sync to force",
            column.name, there.kind, column.kind
        );
        return Err(StoreError::WouldLoseData { table: table.to_owned(), reason });
    }
    replaced.push(column.name.clone());
    let drop = format!("ALTER TABLE {} DROP COLUMN {}", dialect.quoted(table), dialect.quoted(&column.name));
    Ok(step(table, change, vec![drop, add_column(table, column, dialect)]))
}

fn create_table(table: &str, wanted: &Shape, dialect: &dyn Dialect) -> String {
    let lines: Vec<String> = wanted.columns.iter().map(|column| column_line(column, dialect)).collect();
    format!("CREATE TABLE {} ({}){}", dialect.quoted(table), lines.join(", "), dialect.table_options())
}

fn column_line(column: &ColumnShape, dialect: &dyn Dialect) -> String {
    let name = dialect.quoted(&column.name);
    if column.name == "id_" {
        return format!("{name} {} PRIMARY KEY", dialect.key_type());
    }
    // Kinds are written by `kind_text` alone; one that is not known would be a record of a later version.
    let declared = parse_kind(&column.kind).map(|kind| dialect.column_type(kind)).unwrap_or_default();
    format!("{name} {declared}")
}

fn add_column(table: &str, column: &ColumnShape, dialect: &dyn Dialect) -> String {
    format!("ALTER TABLE {} ADD COLUMN {}", dialect.quoted(table), column_line(column, dialect))
}

fn create_index(table: &str, index: &IndexShape, dialect: &dyn Dialect) -> StructureStep {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let columns: Vec<String> = index.columns.iter().map(|column| dialect.quoted(column)).collect();
    let sql = format!("CREATE {unique}INDEX {} ON {} ({})", dialect.quoted(&index.name), dialect.quoted(table), columns.join(", "));
    step(table, Change::CreateIndex { index: index.name.clone(), unique: index.unique }, vec![sql])
}

fn step(table: &str, change: Change, statements: Vec<String>) -> StructureStep {
    StructureStep { table: table.to_owned(), change, statements, outcome: Outcome::Planned }
}
