//! `findBy` in one line (its shape: engine.md §5.1).

use serde_json::Value as Json;

use super::text::shown;

/// What was looked for, as `no = "1" and (qty > 3 or qty is empty)`.
pub(super) fn one_line(find_by: &Json) -> String {
    match joint(find_by) {
        Some((conjunction, children)) => joined(conjunction, children),
        None => expression(find_by),
    }
}

/// The topic whose rows are looked for, as far as a condition tells it.
pub(super) fn entity(find_by: &Json) -> Option<&str> {
    match find_by {
        Json::Object(members) => {
            let name = members.get("entityName").and_then(Json::as_str);
            name.or_else(|| members.values().find_map(entity))
        }
        Json::Array(items) => items.iter().find_map(entity),
        _ => None,
    }
}

fn joint(condition: &Json) -> Option<(&str, &[Json])> {
    let children = condition.get("children")?.as_array()?;
    Some((condition.get("conjunction")?.as_str()?, children))
}

fn joined(conjunction: &str, children: &[Json]) -> String {
    if children.is_empty() {
        return "all rows".to_owned();
    }
    let parts = children.iter().map(|child| match joint(child) {
        Some((inner, grandchildren)) if grandchildren.len() > 1 => format!("({})", joined(inner, grandchildren)),
        Some((inner, grandchildren)) => joined(inner, grandchildren),
        None => expression(child),
    });
    parts.collect::<Vec<_>>().join(&format!(" {conjunction} "))
}

fn expression(expression: &Json) -> String {
    let (Some(left), Some(operator)) = (expression.get("left"), expression.get("operator").and_then(Json::as_str)) else {
        return operand(expression);
    };
    let symbol = match operator {
        "equals" => "=",
        "not-equals" => "≠",
        "less-than" => "<",
        "less-than-or-equals" => "<=",
        "greater-than" => ">",
        "greater-than-or-equals" => ">=",
        "is-empty" => "is empty",
        "is-not-empty" => "is not empty",
        "not-in" => "not in",
        other => other,
    };
    match expression.get("right") {
        Some(right) => format!("{} {symbol} {}", operand(left), operand(right)),
        None => format!("{} {symbol}", operand(left)),
    }
}

/// A column by its name, a computation as a call, anything else as JSON.
fn operand(operand: &Json) -> String {
    if let Some(column) = operand.get("columnName").and_then(Json::as_str) {
        return column.to_owned();
    }
    let computation = operand.get("operator").and_then(Json::as_str).zip(operand.get("elements").and_then(Json::as_array));
    match computation {
        Some((operator, elements)) => format!("{operator}({})", elements.iter().map(element).collect::<Vec<_>>().join(", ")),
        None => shown(operand),
    }
}

/// An element of a computation; those of `case-then` are pairs of a condition and a value.
fn element(element: &Json) -> String {
    match element.as_array().map(Vec::as_slice) {
        Some([condition, value]) => format!("{}: {}", one_line(condition), operand(value)),
        _ => operand(element),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_read_like_sentences() {
        let column = |name: &str| json!({"synonym": false, "entityName": "t", "columnName": name});
        let condition = json!({"conjunction": "and", "children": [
            {"left": column("no"), "operator": "equals", "right": "1"},
            {"conjunction": "or", "children": [
                {"left": {"operator": "add", "elements": [column("a"), 2]}, "operator": "greater-than", "right": 3},
                {"left": column("b"), "operator": "is-empty"}]},
            {"conjunction": "or", "children": [{"left": column("c"), "operator": "in", "right": "x,y"}]}]});
        assert_eq!(one_line(&condition), "no = \"1\" and (add(a, 2) > 3 or b is empty) and c in \"x,y\"");
        assert_eq!(entity(&condition), Some("t"));
        let cases = json!({"left": {"operator": "case-then", "elements": [
            [{"left": column("a"), "operator": "equals", "right": 1}, "one"], null]}, "operator": "equals", "right": "one"});
        assert_eq!(one_line(&cases), "case-then(a = 1: \"one\", null) = \"one\"");
        assert_eq!(one_line(&json!({"conjunction": "and", "children": []})), "all rows");
    }
}
