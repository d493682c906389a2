//! The META tables as data: columns, keys, indexes (storage.md §15).

mod own;
mod reference;

use nightowl_core::compile::ColumnKind;

use crate::sql::LONG_TEXT;

pub(crate) use own::{ADOPTED, AUDIT, DEAD_LETTERS, OWN_TABLES};
pub(crate) use reference::{
    DATA_SOURCES, ENUM_ITEMS, ENUMS, EXTERNAL_WRITERS, KEY_STORES, OPERATIONS, PACKAGE_VERSIONS, PATS, PIPELINES, REFERENCE_TABLES, TENANTS, TOPICS,
    USER_GROUPS, USERS,
};

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its own columns, before the groups that it shares with others.
    pub(crate) columns: &'static [Column],
    /// The groups of storage.md §15.2, in their order.
    pub(crate) groups: &'static [Group],
    /// The primary key.
    pub(crate) key: &'static [&'static str],
    /// Indexes besides those of the groups.
    pub(crate) indexes: &'static [Index],
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) kind: ColumnKind,
    /// Whether it has to have a value.
    pub(crate) required: bool,
    /// What it holds where nothing is given: SQL.
    pub(crate) default: Option<&'static str>,
    /// Whether the reference does not have it, so that it is added to an existing table.
    pub(crate) ours: bool,
}

/// A group of columns that many tables have (storage.md §15.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// `tenant_id`, indexed.
    Tenant,
    /// `created_at`, `created_by`, `last_modified_at`, `last_modified_by`, each indexed.
    Audit,
    /// `version`.
    Version,
}

/// An index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Index {
    /// Its columns.
    pub(crate) columns: &'static [&'static str],
    /// Whether they are unique together.
    pub(crate) unique: bool,
}

impl Table {
    /// All columns in physical order.
    pub(crate) fn all_columns(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().chain(self.groups.iter().flat_map(|group| group.columns()))
    }

    /// All indexes, with their names (storage.md §15.1): plain and unique ones are counted apart.
    pub(crate) fn all_indexes(&self) -> Vec<(String, Index)> {
        let of_groups = self.groups.iter().flat_map(|group| group.indexes());
        let (mut plain, mut unique) = (0, 0);
        let mut named = Vec::new();
        for index in self.indexes.iter().chain(of_groups) {
            let (prefix, number) = if index.unique { ("u", &mut unique) } else { ("i", &mut plain) };
            *number += 1;
            named.push((format!("{prefix}_{}_{number}", self.name), *index));
        }
        named
    }

    /// A column by its name.
    pub(crate) fn column(&self, name: &str) -> Option<&'static Column> {
        self.all_columns().find(|column| column.name == name)
    }

    /// Whether it has a group of columns.
    pub(crate) fn has(&self, group: Group) -> bool {
        self.groups.contains(&group)
    }
}

impl Group {
    const fn columns(self) -> &'static [Column] {
        const TENANT: &[Column] = &[id("tenant_id").required()];
        const AUDIT: &[Column] =
            &[ts("created_at").required(), id("created_by").required(), ts("last_modified_at").required(), id("last_modified_by").required()];
        const VERSION: &[Column] = &[big("version")];
        match self {
            Self::Tenant => TENANT,
            Self::Audit => AUDIT,
            Self::Version => VERSION,
        }
    }

    const fn indexes(self) -> &'static [Index] {
        const TENANT: &[Index] = &[index(&["tenant_id"])];
        const AUDIT: &[Index] = &[index(&["created_at"]), index(&["created_by"]), index(&["last_modified_at"]), index(&["last_modified_by"])];
        match self {
            Self::Tenant => TENANT,
            Self::Audit => AUDIT,
            Self::Version => &[],
        }
    }
}

impl Column {
    const fn new(name: &'static str, kind: ColumnKind) -> Self {
        Self { name, kind, required: false, default: None, ours: false }
    }

    /// NOT NULL.
    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Added by us.
    const fn ours(self) -> Self {
        Self { ours: true, ..self }
    }

    /// With a default.
    const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }
}

/// The logical types of storage.md §15.1.
const fn id(name: &'static str) -> Column {
    Column::new(name, ColumnKind::Text { length: 50 })
}

const fn s(name: &'static str, length: u32) -> Column {
    Column::new(name, ColumnKind::Text { length })
}

/// A text without a bound of ours.
const fn long(name: &'static str) -> Column {
    Column::new(name, LONG_TEXT)
}

const fn flag(name: &'static str) -> Column {
    Column::new(name, ColumnKind::Boolean)
}

const fn small(name: &'static str) -> Column {
    Column::new(name, ColumnKind::Integer { bits: 16 })
}

const fn int(name: &'static str) -> Column {
    Column::new(name, ColumnKind::Integer { bits: 32 })
}

const fn big(name: &'static str) -> Column {
    Column::new(name, ColumnKind::Integer { bits: 64 })
}

const fn ts(name: &'static str) -> Column {
    Column::new(name, ColumnKind::DateTime { fraction: false })
}

/// A moment with six digits, as the tables of ours have it (storage.md §15.6).
const fn moment(name: &'static str) -> Column {
    Column::new(name, ColumnKind::DateTime { fraction: true })
}

const fn json(name: &'static str) -> Column {
    Column::new(name, ColumnKind::Json)
}

const fn index(columns: &'static [&'static str]) -> Index {
    Index { columns, unique: false }
}

const fn unique(columns: &'static [&'static str]) -> Index {
    Index { columns, unique: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_numbered_apart() {
        let names: Vec<String> = TOPICS.all_indexes().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names.first().map(String::as_str), Some("i_topics_1"));
        assert!(names.contains(&"u_topics_1".to_owned()));
        assert_eq!(names.len(), 10);
    }

    #[test]
    fn every_key_and_index_names_columns_of_its_table() {
        for table in REFERENCE_TABLES.iter().chain(OWN_TABLES) {
            for name in table.key.iter().chain(table.all_indexes().iter().flat_map(|(_, index)| index.columns)) {
                assert!(table.column(name).is_some(), "{}.{name}", table.name);
            }
            let mut names: Vec<&str> = table.all_columns().map(|column| column.name).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{}", table.name);
        }
    }
}
