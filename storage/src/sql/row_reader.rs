//! Reads the cells of a row of ours, one after another.

use nightowl_core::port::StoreError;
use nightowl_core::value::Value;

/// The cells that are still to be read.
#[derive(Debug)]
pub(crate) struct RowReader {
    table: &'static str,
    cells: std::vec::IntoIter<Value>,
}

impl RowReader {
    /// Reads a row of a table.
    pub(crate) fn new(table: &'static str, row: Vec<Value>) -> Self {
        Self { table, cells: row.into_iter() }
    }

    /// The next cell as an integer.
    pub(crate) fn integer(&mut self) -> Result<i64, StoreError> {
        self.optional_integer()?.ok_or_else(|| self.damaged())
    }

    /// The next cell as an integer or null.
    pub(crate) fn optional_integer(&mut self) -> Result<Option<i64>, StoreError> {
        match self.cells.next() {
            Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => number.to_i64().map(Some).ok_or_else(|| self.damaged()),
            _ => Err(self.damaged()),
        }
    }

    /// The next cell as a text.
    pub(crate) fn text(&mut self) -> Result<String, StoreError> {
        self.optional_text()?.ok_or_else(|| self.damaged())
    }

    /// The next cell as a text or null.
    pub(crate) fn optional_text(&mut self) -> Result<Option<String>, StoreError> {
        match self.cells.next() {
            Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text.to_string())),
            _ => Err(self.damaged()),
        }
    }

    /// The next cell as what its text says.
    pub(crate) fn parsed<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
        let text = self.text()?;
        parse(&text).ok_or_else(|| self.damaged())
    }

    /// The next cell as a JSON list of texts; null is none.
    pub(crate) fn texts(&mut self) -> Result<Vec<String>, StoreError> {
        match self.optional_text()? {
            None => Ok(Vec::new()),
            Some(json) => serde_json::from_str(&json).map_err(|_| self.damaged()),
        }
    }

    fn damaged(&self) -> StoreError {
        StoreError::Unexpected { object: format!("table {}", self.table), reason: "a row is not in a format that this version knows".to_owned() }
    }
}
