//! How much a row and a key may hold. MySQL counts every text with its full length, so that 64 texts of 255 characters are
//! more than a row takes: what is too much is then kept outside of the row, as a TEXT with the same checks (storage.md
//! §11.3, §12.8).

use nightowl_core::port::StoreError;

use super::shape::{ColumnShape, IndexShape, Shape, parse_kind};
use crate::sql::{Dialect, Sizes};

/// The room of a table's rows.
#[derive(Debug)]
pub(super) struct Room<'a> {
    table: &'a str,
    sizes: Option<Sizes>,
    indexes: &'a [IndexShape],
    taken: u32,
}

impl<'a> Room<'a> {
    /// The room that is left beside the columns that are there.
    pub(super) fn of(table: &'a str, there: &[ColumnShape], indexes: &'a [IndexShape], dialect: &dyn Dialect) -> Self {
        let sizes = dialect.sizes();
        let taken = sizes.map_or(0, |sizes| there.iter().map(|column| bytes(column, sizes)).sum());
        Self { table, sizes, indexes, taken }
    }

    /// Columns of a new table: the longest texts without an index go outside, the last of equal ones first, until all fit.
    pub(super) fn all(&mut self, wanted: &[ColumnShape]) -> Result<Vec<ColumnShape>, StoreError> {
        let mut columns = wanted.to_vec();
        let Some(sizes) = self.sizes else { return Ok(columns) };
        loop {
            self.taken = columns.iter().map(|column| bytes(column, sizes)).sum();
            if self.taken <= sizes.row {
                return Ok(columns);
            }
            let longest = columns.iter_mut().filter(|column| self.may_go_outside(column, sizes)).max_by_key(|column| bytes(column, sizes));
            match longest {
                Some(column) => column.outside = true,
                None => return Err(self.too_wide(sizes)),
            }
        }
    }

    /// A column that is added to a table.
    pub(super) fn one(&mut self, wanted: &ColumnShape) -> Result<ColumnShape, StoreError> {
        let mut column = wanted.clone();
        let Some(sizes) = self.sizes else { return Ok(column) };
        if self.taken + bytes(&column, sizes) > sizes.row && self.may_go_outside(&column, sizes) {
            column.outside = true;
        }
        self.taken += bytes(&column, sizes);
        if self.taken > sizes.row { Err(self.too_wide(sizes)) } else { Ok(column) }
    }

    /// Whether a column can be kept outside, and saves room there. What is indexed stays in the row.
    fn may_go_outside(&self, column: &ColumnShape, sizes: Sizes) -> bool {
        let is_text = column.kind.starts_with("text ") && !column.outside && bytes(column, sizes) > sizes.outside + 1;
        is_text && !self.indexes.iter().any(|index| index.columns.contains(&column.name))
    }

    fn too_wide(&self, sizes: Sizes) -> StoreError {
        StoreError::TableTooWide {
            table: self.table.to_owned(),
            reason: format!("its columns take {} bytes where a row of this database has {}: give indexed factors a smaller precision", self.taken, sizes.row),
        }
    }
}

/// Why an index can not be made, where its columns are longer than a key may be.
pub(super) fn key_too_long(index: &IndexShape, wanted: &Shape, dialect: &dyn Dialect) -> Option<String> {
    let sizes = dialect.sizes()?;
    let needed: u32 = index.columns.iter().filter_map(|name| wanted.column(name)).map(|column| bytes(column, sizes)).sum();
    (needed > sizes.key).then(|| {
        format!(
            "its columns take {needed} bytes where a key of this database has {}; give the factors a smaller precision. The topic goes on without it",
            sizes.key
        )
    })
}

fn bytes(column: &ColumnShape, sizes: Sizes) -> u32 {
    if column.outside {
        return sizes.outside + 1;
    }
    parse_kind(&column.kind).map_or(0, sizes.of)
}
