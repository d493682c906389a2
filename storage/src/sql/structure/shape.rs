//! A topic table as data: what the topics that share it want, and what was built (storage.md §11.1, §15.6).

use std::collections::{BTreeMap, BTreeSet};

use nightowl_core::compile::{ColumnKind, TopicPlan};
use nightowl_core::port::StoreError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ColumnShape {
    /// Its physical name.
    pub(super) name: String,
    /// What the definition says that it holds, as [`kind_text`] writes it.
    pub(super) kind: String,
    /// How the database declares it, where others made it: that decides (storage.md §12.8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) real: Option<String>,
    /// Whether it is a text that is kept outside of the row, which would be too long with it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) outside: bool,
}

/// One index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct IndexShape {
    /// Its name, shortened to the limit.
    pub(super) name: String,
    /// Whether its columns are unique together.
    pub(super) unique: bool,
    /// The names of its columns.
    pub(super) columns: Vec<String>,
    /// Whether it is the matter of others: an adopted table keeps its indexes as they were found (storage.md §11.5).
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) of_others: bool,
}

/// What one topic wants, or what was built.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shape {
    /// Columns in physical order.
    pub(super) columns: Vec<ColumnShape>,
    /// Indexes.
    pub(super) indexes: Vec<IndexShape>,
}

/// A table: what was built, and which topics want what of it. This is the `structure` of `nightowl_structure`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TableShape {
    /// What is there.
    pub(super) built: Shape,
    /// What each topic wants, by topic id.
    pub(super) topics: BTreeMap<String, Shape>,
    /// Whether we made it; others made an adopted table.
    #[serde(default = "made_by_us")]
    pub(super) made: bool,
    /// The tenants of an adopted table that has a unique index without `tenant_id_`: no other may join them, since one
    /// tenant's keys would block another's (storage.md §11.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) closed_to: Option<BTreeSet<String>>,
}

/// Records of a format before adoption was noted.
const fn made_by_us() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl IndexShape {
    /// Whether both are the same index, whoever made it.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.name == other.name && self.unique == other.unique && self.columns == other.columns
    }
}

impl ColumnShape {
    /// A column as the definition wants it.
    pub(super) const fn wanted(name: String, kind: String) -> Self {
        Self { name, kind, real: None, outside: false }
    }
}

impl Shape {
    /// What a plan wants; names of indexes have at most `longest_name` bytes.
    pub(super) fn of_plan(plan: &TopicPlan, longest_name: usize) -> Self {
        let name_of = |position: &usize| plan.columns.get(*position).map(|column| column.name.clone());
        Self {
            columns: plan.columns.iter().map(|column| ColumnShape::wanted(column.name.clone(), kind_text(column.kind))).collect(),
            indexes: plan
                .indexes
                .iter()
                .map(|index| IndexShape {
                    name: shorten(&index.name, &plan.table, longest_name),
                    unique: index.unique,
                    columns: index.columns.iter().filter_map(name_of).collect(),
                    of_others: false,
                })
                .collect(),
        }
    }

    /// A column by its name.
    pub(super) fn column(&self, name: &str) -> Option<&ColumnShape> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// An index by its name.
    pub(super) fn index(&self, name: &str) -> Option<&IndexShape> {
        self.indexes.iter().find(|index| index.name == name)
    }
}

impl TableShape {
    /// Everything that the topics want together; an error where they want different things (storage.md §11.1).
    pub(super) fn union(&self, table: &str) -> Result<Shape, StoreError> {
        let mut union = Shape::default();
        for shape in self.topics.values() {
            for column in &shape.columns {
                match union.column(&column.name) {
                    None => union.columns.push(column.clone()),
                    Some(there) if there.kind == column.kind => {}
                    Some(there) => return Err(conflict(table, format!("column \"{}\" is {} there and would be {}", column.name, there.kind, column.kind))),
                }
            }
            for index in &shape.indexes {
                match union.index(&index.name) {
                    None => union.indexes.push(index.clone()),
                    Some(there) if there.is_same(index) => {}
                    Some(_) => return Err(conflict(table, format!("index \"{}\" has other columns there", index.name))),
                }
            }
        }
        for index in union.indexes.iter().filter(|index| index.unique) {
            // A unique index of one topic must not bind the rows of another that has the same columns without it.
            let bound = |shape: &Shape| index.columns.iter().all(|name| shape.column(name).is_some()) && shape.index(&index.name).is_none();
            if self.topics.values().any(bound) {
                return Err(conflict(table, format!("columns {} are unique for one topic and not for the other", index.columns.join(", "))));
            }
        }
        Ok(union)
    }

    /// The JSON text that is recorded.
    pub(super) fn to_text(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|error| StoreError::Internal { reason: format!("a structure could not be written: {error}") })
    }
}

fn conflict(table: &str, reason: String) -> StoreError {
    StoreError::TableConflict { table: table.to_owned(), reason }
}

/// A kind of column as text: stable, because it is recorded.
pub(crate) fn kind_text(kind: ColumnKind) -> String {
    match kind {
        ColumnKind::Integer { bits } => format!("integer {bits}"),
        ColumnKind::Decimal { precision, scale } => format!("decimal {precision},{scale}"),
        ColumnKind::Text { length } => format!("text {length}"),
        ColumnKind::Date => "date".to_owned(),
        ColumnKind::DateTime { fraction: false } => "datetime".to_owned(),
        ColumnKind::DateTime { fraction: true } => "full-datetime".to_owned(),
        ColumnKind::Time => "time".to_owned(),
        ColumnKind::Boolean => "boolean".to_owned(),
        ColumnKind::Json => "json".to_owned(),
    }
}

/// The kind of a recorded text.
pub(crate) fn parse_kind(text: &str) -> Option<ColumnKind> {
    Some(match text.split_once(' ') {
        Some(("integer", bits)) => ColumnKind::Integer { bits: bits.parse().ok()? },
        Some(("decimal", digits)) => {
            let (precision, scale) = digits.split_once(',')?;
            ColumnKind::Decimal { precision: precision.parse().ok()?, scale: scale.parse().ok()? }
        }
        Some(("text", length)) => ColumnKind::Text { length: length.parse().ok()? },
        Some(_) => return None,
        None => match text {
            "date" => ColumnKind::Date,
            "datetime" => ColumnKind::DateTime { fraction: false },
            "full-datetime" => ColumnKind::DateTime { fraction: true },
            "time" => ColumnKind::Time,
            "boolean" => ColumnKind::Boolean,
            "json" => ColumnKind::Json,
            _ => return None,
        },
    })
}

/// The name of an index within a limit: its table part is cut and followed by 8 hex digits of the table's hash
/// (storage.md §11.5).
pub(super) fn shorten(name: &str, table: &str, longest: usize) -> String {
    if name.len() <= longest {
        return name.to_owned();
    }
    let hash = hex(&Sha256::digest(table.as_bytes()), 8);
    let (head, tail) = name.split_once(table).unwrap_or(("", ""));
    let room = longest.saturating_sub(head.len() + tail.len() + hash.len());
    let mut end = room.min(table.len());
    while !table.is_char_boundary(end) {
        end -= 1;
    }
    format!("{head}{}{hash}{tail}", table.get(..end).unwrap_or_default())
}

/// The first `digits` hex digits of some bytes.
pub(super) fn hex(bytes: &[u8], digits: usize) -> String {
    let mut text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    text.truncate(digits);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_their_ends() {
        let table = format!("topic_{}", "a".repeat(60));
        let name = shorten(&format!("i_{table}_insert_time_"), &table, 63);
        assert_eq!(name.len(), 63);
        assert!(name.starts_with("i_topic_aaa") && name.ends_with("_insert_time_"), "{name}");
        assert_eq!(shorten("i_topic_x_1", "topic_x", 63), "i_topic_x_1");
        let other = format!("topic_{}b", "a".repeat(59));
        assert_ne!(shorten(&format!("i_{other}_insert_time_"), &other, 63), name);
    }

    #[test]
    fn recorded_kinds_are_read_again() {
        for kind in [
            ColumnKind::Integer { bits: 16 },
            ColumnKind::Decimal { precision: 32, scale: 6 },
            ColumnKind::Text { length: 255 },
            ColumnKind::Date,
            ColumnKind::DateTime { fraction: false },
            ColumnKind::DateTime { fraction: true },
            ColumnKind::Time,
            ColumnKind::Boolean,
            ColumnKind::Json,
        ] {
            assert_eq!(parse_kind(&kind_text(kind)), Some(kind));
        }
    }
}
