//! Tables whose columns are fixed by us, as data, and their DDL.

use nightowl_core::compile::ColumnKind;

use super::Dialect;

/// A text without a bound of ours.
pub const LONG_TEXT: ColumnKind = ColumnKind::Text { length: u32::MAX };

/// A table of ours.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [TableColumn],
    /// The columns of its primary key.
    pub key: &'static [&'static str],
    /// Its indexes.
    pub indexes: &'static [TableIndex],
}

/// A column of a table of ours.
#[derive(Debug, Clone, Copy)]
pub struct TableColumn {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it may be null.
    pub nullable: bool,
}

/// An index of a table of ours.
#[derive(Debug, Clone, Copy)]
pub struct TableIndex {
    /// Its name.
    pub name: &'static str,
    /// Whether its columns are unique together.
    pub unique: bool,
    /// Its columns.
    pub columns: &'static [&'static str],
}

impl TableColumn {
    /// A column that is always filled.
    pub const fn filled(name: &'static str, kind: ColumnKind) -> Self {
        Self { name, kind, nullable: false }
    }

    /// A column that may be null.
    pub const fn optional(name: &'static str, kind: ColumnKind) -> Self {
        Self { name, kind, nullable: true }
    }
}

impl Table {
    /// The statements that make the table and its indexes.
    pub fn create(&self, dialect: &dyn Dialect) -> Vec<String> {
        let mut lines: Vec<String> = self.columns.iter().map(|column| self.column(column, dialect)).collect();
        if !self.has_inline_key() {
            lines.push(format!("PRIMARY KEY ({})", list(self.key, dialect)));
        }
        let table = dialect.quoted(self.name);
        let mut statements = vec![format!("CREATE TABLE {table} ({}){}", lines.join(", "), dialect.table_options())];
        for index in self.indexes {
            let unique = if index.unique { "UNIQUE " } else { "" };
            let rest = if index.unique { self.only_filled(index, dialect) } else { String::new() };
            statements.push(format!("CREATE {unique}INDEX {} ON {table} ({}){rest}", dialect.quoted(index.name), list(index.columns, dialect)));
        }
        statements
    }

    /// Rows with a null are never equal, so that a unique index has no use for them; where the database can leave them out,
    /// they cost nothing.
    fn only_filled(&self, index: &TableIndex, dialect: &dyn Dialect) -> String {
        let nullable = self.columns.iter().filter(|column| column.nullable && index.columns.contains(&column.name));
        let filled: Vec<String> = nullable.map(|column| format!("{} IS NOT NULL", dialect.quoted(column.name))).collect();
        if filled.is_empty() || !dialect.has_partial_indexes() { String::new() } else { format!(" WHERE {}", filled.join(" AND ")) }
    }

    /// The statement that adds a column which later versions have.
    pub fn add_column(&self, column: &TableColumn, dialect: &dyn Dialect) -> String {
        format!("ALTER TABLE {} ADD COLUMN {}", dialect.quoted(self.name), self.column(column, dialect))
    }

    fn column(&self, column: &TableColumn, dialect: &dyn Dialect) -> String {
        let name = dialect.quoted(column.name);
        if self.has_inline_key() && self.key.contains(&column.name) {
            return format!("{name} {} PRIMARY KEY", dialect.key_type());
        }
        let null = if column.nullable { "" } else { " NOT NULL" };
        format!("{name} {}{null}", dialect.own_column_type(column.kind))
    }

    /// Whether the primary key is one integer, which SQLite keeps its rows by.
    fn has_inline_key(&self) -> bool {
        match self.key {
            [key] => self.columns.iter().any(|column| column.name == *key && matches!(column.kind, ColumnKind::Integer { bits: 64 })),
            _ => false,
        }
    }
}

fn list(names: &[&str], dialect: &dyn Dialect) -> String {
    names.iter().map(|name| dialect.quoted(name)).collect::<Vec<_>>().join(", ")
}
