//! Traces for people: one as a tree, many as a table.

mod condition;
mod find_by;
mod row;
#[cfg(test)]
mod tests;
mod text;
mod trace_list;
mod trace_tree;
mod tree;

pub use text::Appearance;
pub use trace_list::{TraceSummary, list_header, list_line, trace_list};
pub use trace_tree::trace_tree;
