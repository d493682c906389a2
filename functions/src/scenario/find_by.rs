//! `findBy` compared loosely: the reference's own dump of a condition is informative (scenarios/README.md, "Logs").

use serde_json::{Value as Json, json};

/// Whether two conditions ask for the same: the same columns, operators and values, where a value is the same as a number
/// and as a text, a joint of one child is its child, and the order of children does not count.
pub(super) fn same(one: &Json, other: &Json) -> bool {
    essence(one) == essence(other)
}

/// What a condition says, without what is only a way of saying it.
fn essence(condition: &Json) -> Json {
    let children = condition.get("children").and_then(Json::as_array);
    if let Some(children) = children {
        let mut children: Vec<Json> = children.iter().map(essence).collect();
        if children.len() == 1 {
            return children.pop().unwrap_or_default();
        }
        children.sort_by_cached_key(Json::to_string);
        return json!([condition.get("conjunction"), children]);
    }
    if condition.get("operator").is_some() && condition.get("left").is_some() {
        return json!([operand(condition.get("left")), condition.get("operator"), operand(condition.get("right"))]);
    }
    operand(Some(condition))
}

/// A column by its names, a computation by its operator and elements, anything else by its text.
fn operand(operand_or_value: Option<&Json>) -> Json {
    let Some(value) = operand_or_value else {
        return Json::Null;
    };
    match value {
        Json::Object(members) if members.contains_key("columnName") => {
            json!({"column": [members.get("entityName"), members.get("columnName")]})
        }
        Json::Object(members) if members.contains_key("elements") => {
            let elements = members.get("elements").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
            let elements: Vec<Json> = elements.iter().map(essence).collect();
            json!({"operator": members.get("operator"), "elements": elements})
        }
        Json::Array(items) => {
            let items: Vec<Json> = items.iter().map(essence).collect();
            match items.iter().map(Json::as_str).collect::<Option<Vec<_>>>() {
                Some(texts) => Json::String(texts.join(",")),
                None => Json::Array(items),
            }
        }
        Json::Number(_) | Json::Bool(_) => Json::String(value.to_string()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equals(column: &str, value: &Json) -> Json {
        json!({"left": {"synonym": false, "entityName": "t", "columnName": column}, "operator": "equals", "right": value})
    }

    #[test]
    fn ways_of_saying_the_same_are_the_same() {
        let one = json!({"conjunction": "and", "children": [equals("a", &json!(5)), equals("b", &json!("x"))]});
        let other = json!({"conjunction": "and", "children": [equals("b", &json!("x")), equals("a", &json!("5"))]});
        assert!(same(&one, &other));
        assert!(same(&json!({"conjunction": "or", "children": [equals("a", &json!(1))]}), &equals("a", &json!(1))));
        assert!(same(&equals("a", &json!("1,2")), &equals("a", &json!([1, 2]))));
    }

    #[test]
    fn another_question_is_another_one() {
        let one = json!({"conjunction": "and", "children": [equals("a", &json!(5)), equals("b", &json!("x"))]});
        let or = json!({"conjunction": "or", "children": [equals("a", &json!(5)), equals("b", &json!("x"))]});
        assert!(!same(&one, &or));
        assert!(!same(&equals("a", &json!(5)), &equals("b", &json!(5))));
        assert!(!same(&equals("a", &json!(5)), &equals("a", &json!(6))));
        assert!(!same(&equals("a", &Json::Null), &equals("a", &json!(""))));
        let mut less = equals("a", &json!(5));
        less["operator"] = json!("less-than");
        assert!(!same(&equals("a", &json!(5)), &less));
    }
}
