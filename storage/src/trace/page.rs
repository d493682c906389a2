//! Pages (storage.md §6.3).

/// The page size where none, or a senseless one, is asked for.
const DEFAULT_SIZE: u32 = 20;
/// The largest page.
const LARGEST_SIZE: u32 = 10_000;

/// Which page is asked for. What makes no sense is put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    number: u32,
    size: u32,
}

impl PageRequest {
    /// A page by its number, from 1, and its size.
    pub fn new(number: i64, size: i64) -> Self {
        let number = u32::try_from(number).unwrap_or(if number < 1 { 1 } else { u32::MAX }).max(1);
        let size = if size < 1 { DEFAULT_SIZE } else { u32::try_from(size).unwrap_or(LARGEST_SIZE).min(LARGEST_SIZE) };
        Self { number, size }
    }

    /// How many rows a page has.
    pub const fn size(self) -> u32 {
        self.size
    }

    /// The page of so many rows: one beyond the end is the last one. Gives how many rows come before it, too.
    pub(super) fn settle<T>(self, item_count: u64) -> (Page<T>, u64) {
        let page_count = item_count.div_ceil(u64::from(self.size));
        let number = u64::from(self.number).min(page_count).max(1);
        let page = Page { data: Vec::new(), page_number: number, page_size: self.size, item_count, page_count };
        (page, (number - 1) * u64::from(self.size))
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { number: 1, size: DEFAULT_SIZE }
    }
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Its rows.
    pub data: Vec<T>,
    /// Its number, from 1.
    pub page_number: u64,
    /// How many rows a full one has.
    pub page_size: u32,
    /// How many rows there are on all pages.
    pub item_count: u64,
    /// How many pages there are.
    pub page_count: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_put_right() {
        assert_eq!(PageRequest::new(0, 0), PageRequest { number: 1, size: 20 });
        assert_eq!(PageRequest::new(-3, 10_001), PageRequest { number: 1, size: 10_000 });
        assert_eq!(PageRequest::new(2, 5), PageRequest { number: 2, size: 5 });
    }

    #[test]
    fn a_page_beyond_the_end_is_the_last_one() {
        let (page, before) = PageRequest::new(9, 20).settle::<()>(57);
        assert_eq!((page.page_number, page.page_count, page.item_count, before), (3, 3, 57, 40));
        let (page, before) = PageRequest::new(9, 20).settle::<()>(0);
        assert_eq!((page.page_number, page.page_count, before), (1, 0, 0));
    }
}
