//! Rows before and after.

use serde_json::{Map, Value as Json};

use super::text::{Tint, shown};
use super::tree::Node;

/// Columns that change with every write and say nothing.
const UNSAID: [&str; 2] = ["version_", "update_time_"];

/// A change of a row: `+ {…}` inserted, `- {…}` deleted, `~ column: before → after` for the columns that changed.
/// Nothing when there was and is no row.
pub(super) fn change(what: &str, before: Option<&Json>, after: Option<&Json>) -> Option<Node> {
    let present = |row: Option<&Json>| row.is_some_and(|row| !row.is_null());
    let node = Node::new().text(Tint::Faint, what);
    match (before.filter(|_| present(before)), after.filter(|_| present(after))) {
        (None, None) => None,
        (None, Some(after)) => Some(node.text(Tint::Good, "+ ").text(Tint::Plain, &shown(after))),
        (Some(before), None) => Some(node.text(Tint::Bad, "- ").text(Tint::Plain, &shown(before))),
        (Some(Json::Object(before)), Some(Json::Object(after))) => Some(columns(node, before, after)),
        (Some(before), Some(after)) => Some(changed(node.text(Tint::Changed, "~ "), before, after)),
    }
}

/// The row after a change of which the row before is not known.
pub(super) fn after(row: &Json) -> Node {
    Node::new().text(Tint::Changed, "~ ").text(Tint::Plain, &shown(row))
}

fn columns(node: Node, before: &Map<String, Json>, after: &Map<String, Json>) -> Node {
    let only_before = before.keys().filter(|name| !after.contains_key(*name));
    let names = after.keys().chain(only_before).filter(|name| !UNSAID.contains(&name.as_str()));
    let changes: Vec<&String> = names.filter(|name| before.get(*name) != after.get(*name)).collect();
    let mut node = node.text(Tint::Changed, "~ ");
    if changes.is_empty() {
        return node.text(Tint::Faint, "nothing changed");
    }
    for (index, name) in changes.into_iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        let missing = Json::Null;
        let (before, after) = (before.get(name).unwrap_or(&missing), after.get(name).unwrap_or(&missing));
        node = changed(node.text(Tint::Plain, &format!("{separator}{name}: ")), before, after);
    }
    node
}

fn changed(node: Node, before: &Json, after: &Json) -> Node {
    node.text(Tint::Plain, &shown(before)).text(Tint::Faint, " → ").text(Tint::Plain, &shown(after))
}
