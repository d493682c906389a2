//! Conditions that were tested, with what they compared (level `full`, engine.md §5.2).

use serde_json::Value as Json;

use super::text::{Tint, shown};
use super::tree::Node;

/// A condition of which the operands are known.
pub(super) fn tested(detail: &Json) -> Node {
    let operands = detail.get("operands").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let result = detail.get("result").filter(|result| !result.is_null());
    match operands {
        [operand] if operand.get("result") == result => comparison(operand).text_before("if "),
        _ => {
            let mut node = outcome(Node::new().text(Tint::Plain, "if"), result);
            node.children = operands.iter().map(comparison).collect();
            node
        }
    }
}

/// A condition of which only the result is known.
pub(super) fn known(result: Option<&Json>) -> Node {
    outcome(Node::new().text(Tint::Plain, "if"), result)
}

/// One comparison, as `more-equals 5 >= 3 → true`.
fn comparison(operand: &Json) -> Node {
    let text = |key: &str| operand.get(key).map_or_else(|| "null".to_owned(), shown);
    let operator = operand.get("operator").and_then(Json::as_str).unwrap_or_default();
    let symbol = match operator {
        "equals" => "=",
        "not-equals" => "≠",
        "less" => "<",
        "less-equals" => "<=",
        "more" => ">",
        "more-equals" => ">=",
        _ => "",
    };
    let line = match operator {
        "empty" => format!("{} is empty", text("left")),
        "not-empty" => format!("{} is not empty", text("left")),
        "in" => format!("{} in {}", text("left"), text("right")),
        "not-in" => format!("{} not in {}", text("left"), text("right")),
        other => format!("{other} {} {symbol} {}", text("left"), text("right")),
    };
    outcome(Node::new().text(Tint::Plain, &line), operand.get("result"))
}

fn outcome(node: Node, result: Option<&Json>) -> Node {
    match result {
        Some(Json::Bool(true)) => node.end(Tint::Faint, "→").end(Tint::Good, "true"),
        Some(Json::Bool(false)) => node.end(Tint::Faint, "→").end(Tint::Changed, "false"),
        _ => node.end(Tint::Faint, "→").end(Tint::Bad, "error"),
    }
}
