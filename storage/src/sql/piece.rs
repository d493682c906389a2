//! Pieces of statements: text, the values of its placeholders, and what it yields.

use nightowl_core::compile::ColumnKind;

use super::SqlValue;

/// What an expression yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// Always null.
    Null,
    /// An integer.
    Integer,
    /// An exact number with exactly this scale.
    Decimal(u8),
    /// An exact number of any scale.
    Number,
    /// A text.
    Text,
    /// A day.
    Date,
    /// A moment.
    DateTime,
    /// A time of day.
    Time,
    /// 1 or 0.
    Boolean,
    /// JSON.
    Json,
}

impl PieceKind {
    /// What a column yields.
    pub const fn of_column(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Integer { .. } => Self::Integer,
            ColumnKind::Decimal { scale, .. } => Self::Decimal(scale),
            ColumnKind::Text { .. } => Self::Text,
            ColumnKind::Date => Self::Date,
            ColumnKind::DateTime { .. } => Self::DateTime,
            ColumnKind::Time => Self::Time,
            ColumnKind::Boolean => Self::Boolean,
            ColumnKind::Json => Self::Json,
        }
    }

    /// Whether it is a number, whatever its scale.
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal(_) | Self::Number)
    }

    /// Its name, for messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Integer => "integer",
            Self::Decimal(_) | Self::Number => "number",
            Self::Text => "text",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Time => "time",
            Self::Boolean => "boolean",
            Self::Json => "json",
        }
    }
}

/// A piece of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The text, with `?` for each value.
    pub sql: String,
    /// The values, in the order of their placeholders.
    pub values: Vec<SqlValue>,
    /// What it yields.
    pub kind: PieceKind,
}

impl Piece {
    /// A piece without values.
    pub fn new(sql: impl Into<String>, kind: PieceKind) -> Self {
        Self { sql: sql.into(), values: Vec::new(), kind }
    }

    /// One bound value.
    pub fn bound(value: SqlValue, kind: PieceKind) -> Self {
        Self { sql: "?".to_owned(), values: vec![value], kind }
    }

    /// Appends text.
    pub fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// Appends another piece with its values; the kind stays.
    pub fn append(&mut self, other: Self) {
        self.sql.push_str(&other.sql);
        self.values.extend(other.values);
    }

    /// `self operator other`, a condition.
    #[must_use]
    pub fn compared(mut self, operator: &str, other: Self) -> Self {
        self.push(" ");
        self.push(operator);
        self.push(" ");
        self.append(other);
        self.kind = PieceKind::Boolean;
        self
    }

    /// A template in which each `{}` stands for the piece at its position.
    pub fn template(template: &str, pieces: &[&Self], kind: PieceKind) -> Self {
        let mut whole = Self::new("", kind);
        let mut pieces = pieces.iter();
        for (position, text) in template.split("{}").enumerate() {
            if position > 0
                && let Some(piece) = pieces.next()
            {
                whole.append((*piece).clone());
            }
            whole.push(text);
        }
        whole
    }

    /// A template in which `{name}` stands for the piece of that name.
    pub fn named_template(template: &str, pieces: &[(&str, &Self)], kind: PieceKind) -> Self {
        let mut whole = Self::new("", kind);
        let mut rest = template;
        while let Some((text, after)) = rest.split_once('{') {
            let Some((name, behind)) = after.split_once('}') else { break };
            whole.push(text);
            if let Some((_, piece)) = pieces.iter().find(|(known, _)| *known == name) {
                whole.append((*piece).clone());
            }
            rest = behind;
        }
        whole.push(rest);
        whole
    }

    /// `name(first, second, …)`.
    pub fn call(name: &str, arguments: impl IntoIterator<Item = Self>, kind: PieceKind) -> Self {
        let mut call = Self::new(name, kind);
        call.push("(");
        for (position, argument) in arguments.into_iter().enumerate() {
            if position > 0 {
                call.push(", ");
            }
            call.append(argument);
        }
        call.push(")");
        call
    }
}
