//! `nightowl trace`: everything about a trace id as a tree (design.md §4).
//!
//! The input is `{"traceId", "triggers": [{"triggerId", "topic", "dataId", "triggerType", "status", "source", "at",
//! "error", "logs": […]}]}`. A log has Watchmen's shape (engine.md §5.1) and beside it `pipelineName`, `rolledBack` and,
//! at level `full`, `details`. What is missing is not shown.

use std::collections::VecDeque;

use serde_json::Value as Json;

use super::text::{Appearance, Tint, shortened, shown};
use super::tree::Node;
use super::{condition, find_by, row};

/// How many columns the element of a loop may take.
const ELEMENT: usize = 60;

/// A trace as a tree.
pub fn trace_tree(trace: &Json, appearance: Appearance) -> String {
    let mut out = String::new();
    let trace_id = text(trace, "traceId").unwrap_or("unknown");
    Node::new().text(Tint::Plain, "trace ").text(Tint::Strong, trace_id).write(appearance, &mut out);
    for trigger in items(trace, "triggers") {
        trigger_node(trigger).write(appearance, &mut out);
    }
    if items(trace, "triggers").next().is_none() {
        Node::new().text(Tint::Faint, "no trigger has this trace id").write(appearance, &mut out);
    }
    out
}

fn trigger_node(trigger: &Json) -> Node {
    let mut node = Node::new().text(Tint::Plain, "trigger ").text(Tint::Strong, text(trigger, "topic").unwrap_or("?"));
    for (before, key) in [(" ", "triggerType"), (" row ", "dataId"), (" from ", "source"), (" at ", "at")] {
        if let Some(value) = plain(trigger, key) {
            node = node.text(Tint::Plain, before).text(Tint::Plain, &value);
        }
    }
    node = with_status(node, trigger);
    node.children.extend(error(trigger));
    node.children.extend(items(trigger, "logs").map(run));
    if node.children.is_empty() {
        node.children.push(Node::new().text(Tint::Faint, "no pipeline ran"));
    }
    node
}

/// One run of a pipeline.
fn run(log: &Json) -> Node {
    let mut details = Details::of(log);
    let name = text(log, "pipelineName").unwrap_or("pipeline");
    let mut node = Node::new().text(Tint::Strong, name);
    if let Some(pipeline_id) = plain(log, "pipelineId") {
        node = node.text(Tint::Faint, &format!(" ({pipeline_id})"));
    }
    node = with_status(node, log);
    if log.get("rolledBack") == Some(&Json::Bool(true)) {
        node = ending(node, Tint::Bad, "rolled back");
    }
    node.children.extend(row::change("on ", log.get("oldValue"), log.get("newValue")));
    node.children.extend(prerequisite(log, &mut details));
    node.children.extend(items(log, "stages").map(|stage| stage_node(stage, &mut details)));
    node.children.extend(details.rest());
    node.children.extend(error(log));
    node
}

fn stage_node(stage: &Json, details: &mut Details<'_>) -> Node {
    let mut node = Node::new().text(Tint::Plain, "stage ").text(Tint::Strong, name_or_id(stage, "stageId"));
    node = with_status(node, stage);
    node.children.extend(prerequisite(stage, details));
    node.children.extend(items(stage, "units").map(|unit| unit_node(unit, details)));
    node.children.extend(error(stage));
    node
}

fn unit_node(unit: &Json, details: &mut Details<'_>) -> Node {
    let mut node = Node::new().text(Tint::Plain, "unit ").text(Tint::Strong, name_or_id(unit, "unitId"));
    if let Some(variable) = text(unit, "loopVariableName") {
        let element = unit.get("loopVariableValue").map_or_else(|| "null".to_owned(), shown);
        node = node.text(Tint::Plain, &format!(" with {variable} = {}", shortened(&element, ELEMENT)));
    }
    node = with_status(node, unit);
    node.children.extend(prerequisite(unit, details));
    node.children.extend(items(unit, "actions").map(|action| action_node(action, details)));
    node.children.extend(error(unit));
    node
}

fn action_node(action: &Json, details: &mut Details<'_>) -> Node {
    let own = details.of_action(action);
    let mut node = Node::new().text(Tint::Strong, text(action, "type").unwrap_or("action"));
    if let Some(topic) = topic_of(action, &own) {
        node = node.text(Tint::Plain, " ").text(Tint::Plain, &topic);
    }
    if let Some(variable) = action.get("definedAs").and_then(|definition| text(definition, "variableName")) {
        node = node.text(Tint::Plain, &format!(" as {variable}"));
    }
    for (sign, key, tint) in [("+", "insertCount", Tint::Good), ("~", "updateCount", Tint::Changed), ("-", "deleteCount", Tint::Bad)] {
        if let Some(count) = action.get(key).and_then(Json::as_u64).filter(|count| *count > 0) {
            node = node.end(tint, &format!("{sign}{count}"));
        }
    }
    node = with_status(node, action);
    let conditions = own.iter().filter(|detail| kind(detail) == "condition");
    node.children.extend(conditions.map(|detail| condition::tested(detail)));
    if node.children.is_empty() && is_conditional(action) {
        node.children.push(condition::known(action.get("prerequisite")));
    }
    if let Some(condition) = action.get("findBy").filter(|condition| !condition.is_null()) {
        node.children.push(Node::new().text(Tint::Faint, "by ").text(Tint::Plain, &find_by::one_line(condition)));
    }
    node.children.extend(own.iter().filter(|detail| kind(detail) == "statement").map(|detail| statement(detail)));
    node.children.extend(rows(action, &own));
    node.children.extend(error(action));
    node
}

/// What an action did to rows: as recorded, else as far as `touched` tells it.
fn rows(action: &Json, own: &[&Json]) -> Vec<Node> {
    let recorded = own.iter().filter(|detail| kind(detail) == "row");
    let recorded: Vec<Node> = recorded.filter_map(|detail| row::change("", detail.get("before"), detail.get("after"))).collect();
    if !recorded.is_empty() {
        return recorded;
    }
    let Some(data) = action.get("touched").and_then(|touched| touched.get("data")) else {
        return Vec::new();
    };
    let each = data.as_array().map_or_else(|| std::slice::from_ref(data), Vec::as_slice);
    let counted = |key: &str| action.get(key).and_then(Json::as_u64).is_some_and(|count| count > 0);
    if counted("deleteCount") {
        each.iter().filter_map(|row| row::change("", Some(row), None)).collect()
    } else if counted("insertCount") {
        each.iter().filter_map(|row| row::change("", None, Some(row))).collect()
    } else if counted("updateCount") {
        each.iter().map(row::after).collect()
    } else {
        vec![Node::new().text(Tint::Faint, "= ").text(Tint::Plain, &shown(data))]
    }
}

fn statement(detail: &Json) -> Node {
    let node = Node::new().text(Tint::Faint, "sql ").text(Tint::Plain, text(detail, "text").unwrap_or_default());
    match detail.get("values").and_then(Json::as_array).filter(|values| !values.is_empty()) {
        Some(values) => node.text(Tint::Faint, &format!(" ← {}", shown(&Json::Array(values.clone())))),
        None => node,
    }
}

/// The topic that an action works on, as far as something tells its name.
fn topic_of(action: &Json, own: &[&Json]) -> Option<String> {
    let recorded = own.iter().find_map(|detail| text(detail, "topic"));
    let named = recorded.or_else(|| action.get("findBy").and_then(find_by::entity));
    let defined = || action.get("definedAs").and_then(|definition| text(definition, "topicId"));
    named.map(str::to_owned).or_else(|| defined().map(|topic_id| format!("topic {topic_id}")))
}

/// The condition of a pipeline, stage or unit, with its operands where they were recorded.
fn prerequisite(node: &Json, details: &mut Details<'_>) -> Option<Node> {
    let not_met = node.get("prerequisite") == Some(&Json::Bool(false));
    if !is_conditional(node) && !not_met {
        return None;
    }
    Some(details.next_condition().map_or_else(|| condition::known(node.get("prerequisite")), condition::tested))
}

fn is_conditional(node: &Json) -> bool {
    let definition = node.get("prerequisiteDefinedAs");
    definition.is_some_and(|definition| definition.get("conditional") == Some(&Json::Bool(true)) && definition.get("on").is_some_and(|on| !on.is_null()))
}

/// The details of one run. Those of an action bear its uid, the others 0: conditions of the pipeline, its stages and units
/// in the order in which they were tested.
struct Details<'a> {
    conditions: VecDeque<&'a Json>,
    others: Vec<&'a Json>,
}

impl<'a> Details<'a> {
    fn of(log: &'a Json) -> Self {
        let is_own_condition = |detail: &&Json| kind(detail) == "condition" && action_of(detail).is_none();
        let (conditions, others): (Vec<&Json>, Vec<&Json>) = items(log, "details").partition(is_own_condition);
        Self { conditions: conditions.into(), others }
    }

    fn next_condition(&mut self) -> Option<&'a Json> {
        self.conditions.pop_front()
    }

    /// Takes the details of an action.
    fn of_action(&mut self, action: &Json) -> Vec<&'a Json> {
        let Some(uid) = plain(action, "uid") else {
            return Vec::new();
        };
        let (own, others) = self.others.iter().partition(|detail| action_of(detail).as_ref() == Some(&uid));
        self.others = others;
        own
    }

    /// What belongs to no node that was reached.
    fn rest(self) -> Vec<Node> {
        let others = self.others.into_iter().filter_map(|detail| match kind(detail) {
            "condition" => Some(condition::tested(detail)),
            "statement" => Some(statement(detail)),
            "row" => row::change(&format!("{} ", text(detail, "topic").unwrap_or_default()), detail.get("before"), detail.get("after")),
            _ => None,
        });
        self.conditions.into_iter().map(condition::tested).chain(others).collect()
    }
}

fn kind(detail: &Json) -> &str {
    text(detail, "kind").unwrap_or_default()
}

/// The action that a detail belongs to.
fn action_of(detail: &Json) -> Option<String> {
    plain(detail, "action").filter(|uid| uid != "0")
}

/// Status and milliseconds at the end of the line.
fn with_status(mut node: Node, of: &Json) -> Node {
    if let Some(status) = text(of, "status") {
        let tint = match status.to_ascii_lowercase().as_str() {
            "done" => Tint::Good,
            "error" => Tint::Bad,
            _ => Tint::Changed,
        };
        node = ending(node, tint, status);
    }
    match of.get("spentInMills").and_then(Json::as_i64) {
        Some(milliseconds) => ending(node, Tint::Faint, &format!("{milliseconds} ms")),
        None => node,
    }
}

fn ending(node: Node, tint: Tint, text: &str) -> Node {
    node.end(Tint::Faint, "·").end(tint, text)
}

fn error(of: &Json) -> Option<Node> {
    let error = of.get("error").filter(|error| !error.is_null())?;
    let message = error.as_str().map_or_else(|| shown(error), str::to_owned);
    Some(Node::new().text(Tint::Bad, "error ").text(Tint::Plain, message.trim()).wrapping())
}

fn name_or_id<'a>(node: &'a Json, id: &str) -> &'a str {
    text(node, "name").filter(|name| !name.trim().is_empty()).or_else(|| text(node, id)).unwrap_or("?")
}

fn text<'a>(node: &'a Json, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Json::as_str)
}

/// A text or a number as text.
fn plain(node: &Json, key: &str) -> Option<String> {
    match node.get(key) {
        Some(Json::String(text)) => Some(text.clone()),
        Some(Json::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

fn items<'a>(node: &'a Json, key: &str) -> impl Iterator<Item = &'a Json> {
    node.get(key).and_then(Json::as_array).into_iter().flatten()
}
