//! An explanation as a tree for people.

use std::fmt::Display;

use nightowl_core::compile::explain::{ExplainedAction, ExplainedStage, ExplainedUnit, Explanation};

/// The whole text.
pub(super) fn text(explanation: &Explanation) -> String {
    let mut out = String::new();
    let state = if explanation.enabled { "" } else { ", switched off" };
    let condition = if explanation.conditional { ", under a condition" } else { "" };
    line(&mut out, "", format!("pipeline \"{}\" ({})", explanation.name, explanation.pipeline_id));
    line(&mut out, "", format!("runs for {} on {}{condition}{state}", explanation.pipeline_type, explanation.topic));
    for problem in &explanation.problems {
        line(&mut out, "", problem);
    }
    for (position, stage) in explanation.stages.iter().enumerate() {
        let last = position + 1 == explanation.stages.len();
        let (branch, below) = branch(last);
        line(&mut out, branch, stage_line(stage, &explanation.stages));
        units(&mut out, &stage.units, below);
    }
    if !explanation.variables.is_empty() {
        line(&mut out, "", format!("variables: {}", explanation.variables.join(", ")));
    }
    triggers(&mut out, explanation);
    line(&mut out, "", format!("round trips of a run, conflicts aside: at most {}", explanation.round_trips));
    match &explanation.cascade_round_trips {
        Some(trips) => line(&mut out, "", format!("with all that follows: at most {trips}")),
        None => line(&mut out, "", format!("with all that follows: no bound, a circle of {}", quoted(&explanation.circle))),
    }
    out
}

fn line(out: &mut String, indent: &str, text: impl Display) {
    out.push_str(indent);
    out.push_str(&text.to_string());
    out.push('\n');
}

/// How an element begins, and what stands before what is below it.
const fn branch(last: bool) -> (&'static str, &'static str) {
    if last { ("└─ ", "   ") } else { ("├─ ", "│  ") }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

fn label<'a>(name: Option<&'a str>, id: &'a str) -> &'a str {
    name.filter(|name| !name.trim().is_empty()).unwrap_or(id)
}

fn stage_line(stage: &ExplainedStage, all: &[ExplainedStage]) -> String {
    let condition = if stage.conditional { ", under a condition" } else { "" };
    let name_of = |id: &String| {
        let named = all.iter().find(|other| other.stage_id == *id);
        named.map_or_else(|| id.clone(), |other| label(other.name.as_deref(), id).to_owned())
    };
    let before: Vec<String> = stage.depends_on.iter().map(name_of).collect();
    let after = if before.is_empty() { String::new() } else { format!(", after {}", quoted(&before)) };
    format!("stage \"{}\"{after}{condition}", label(stage.name.as_deref(), &stage.stage_id))
}

fn units(out: &mut String, units: &[ExplainedUnit], above: &str) {
    for (position, unit) in units.iter().enumerate() {
        let (branch, below) = branch(position + 1 == units.len());
        let condition = if unit.conditional { ", under a condition" } else { "" };
        let looped = unit.loop_over.as_ref().map_or_else(String::new, |name| format!(", for each element of {name}"));
        line(out, above, format!("{branch}unit \"{}\"{looped}{condition}", label(unit.name.as_deref(), &unit.unit_id)));
        for (position, action) in unit.actions.iter().enumerate() {
            let last = position + 1 == unit.actions.len();
            actions(out, action, last, &format!("{above}{below}"));
        }
    }
}

fn actions(out: &mut String, action: &ExplainedAction, last: bool, above: &str) {
    let (branch, below) = branch(last);
    let topic = action.topic.as_ref().map_or_else(String::new, |topic| format!(" {topic}"));
    let variable = action.variable.as_ref().map_or_else(String::new, |variable| format!(" into {variable}"));
    let conflict = if action.on_conflict > 0 { format!(", {} more on a conflict", action.on_conflict) } else { String::new() };
    line(out, above, format!("{branch}{} \"{}\"{topic}{variable} [{}{conflict}]", action.kind, action.action_id, action.round_trips));
    let indent = format!("{above}{below}   ");
    if let Some(index) = &action.index {
        let one = if index.finds_one { ", at most one row" } else { "" };
        line(out, &indent, format!("index {} ({}){one}", index.name, index.columns.join(", ")));
    } else if action.full_scan {
        line(out, &indent, "no index: every row is looked at");
    }
    for statement in &action.statements {
        line(out, &indent, statement);
    }
}

fn triggers(out: &mut String, explanation: &Explanation) {
    for event in &explanation.triggers {
        let names: Vec<String> = event.pipelines.iter().map(|(id, name)| format!("\"{name}\" ({id})")).collect();
        let following = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        line(out, "", format!("{} of {} triggers {following}", event.trigger_type, event.topic));
    }
}
