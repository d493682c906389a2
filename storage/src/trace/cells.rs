//! The cells of a row, one after another.

use chrono::NaiveDateTime;
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;

/// The cells that are still to be read.
pub(super) struct Cells {
    table: &'static str,
    cells: std::vec::IntoIter<Value>,
}

impl Cells {
    pub(super) fn of(table: &'static str, row: Vec<Value>) -> Self {
        Self { table, cells: row.into_iter() }
    }

    pub(super) fn integer(&mut self) -> Result<i64, StoreError> {
        self.optional_integer().ok_or_else(|| self.damaged())
    }

    pub(super) fn optional_integer(&mut self) -> Option<i64> {
        self.cells.next().and_then(|cell| cell.as_number()?.to_i64())
    }

    pub(super) fn text(&mut self) -> Result<String, StoreError> {
        self.optional_text().ok_or_else(|| self.damaged())
    }

    pub(super) fn optional_text(&mut self) -> Option<String> {
        self.cells.next().and_then(|cell| cell.as_text().map(str::to_owned))
    }

    pub(super) fn flag(&mut self) -> bool {
        matches!(self.cells.next(), Some(Value::Boolean(true)))
    }

    pub(super) fn moment(&mut self) -> Result<NaiveDateTime, StoreError> {
        self.optional_moment().ok_or_else(|| self.damaged())
    }

    pub(super) fn optional_moment(&mut self) -> Option<NaiveDateTime> {
        match self.cells.next() {
            Some(Value::DateTime(moment)) => Some(moment),
            _ => None,
        }
    }

    /// What a text says.
    pub(super) fn parsed<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
        let text = self.text()?;
        parse(&text).ok_or_else(|| self.damaged())
    }

    /// A JSON list of texts; null is none.
    pub(super) fn texts(&mut self) -> Result<Vec<String>, StoreError> {
        match self.optional_text() {
            None => Ok(Vec::new()),
            Some(json) => serde_json::from_str(&json).map_err(|_| self.damaged()),
        }
    }

    fn damaged(&self) -> StoreError {
        StoreError::Unexpected { object: self.table.to_owned(), reason: "a row is in no format that this version knows; use a newer version".to_owned() }
    }
}
