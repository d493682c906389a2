//! Pipelines that trigger each other in a circle: only the depth of the cascade is bounded (D-09).
//!
//! The graph has pipelines and events (a topic, and what happened to its row) as nodes, so that it has as many edges as
//! the definitions have writes, however many pipelines one topic has. Its strongly connected components are found in one
//! pass (Tarjan's algorithm, without recursion).

use std::collections::BTreeMap;

use crate::compile::{Catalog, PipelinePlan, code};
use crate::model::{Problems, TriggerType};

/// How many pipelines of a circle are named.
const MOST_NAMED: usize = 8;

/// Notes every circle once; gives how many nodes and edges were visited.
pub(super) fn check(catalog: &Catalog, problems: &mut Problems) -> usize {
    let pipelines: Vec<&PipelinePlan> = catalog.pipelines().filter(|plan| plan.enabled).map(|plan| &**plan).collect();
    let graph = Graph::of(&pipelines);
    let mut search = Search::new(&graph);
    for node in 0..graph.following.len() {
        search.from(node);
    }
    for circle in &search.circles {
        let named: Vec<&PipelinePlan> = circle.iter().filter_map(|node| pipelines.get(*node).copied()).collect();
        note(&named, problems);
    }
    search.visits
}

fn note(circle: &[&PipelinePlan], problems: &mut Problems) {
    let Some(first) = circle.first() else { return };
    let names: Vec<String> = circle.iter().take(MOST_NAMED).map(|plan| format!("\"{}\"", label(plan))).collect();
    let more = circle.len().checked_sub(MOST_NAMED).filter(|more| *more > 0).map_or_else(String::new, |more| format!(" and {more} more"));
    let reason = match circle.len() {
        1 => format!("pipeline {} triggers itself; only the depth of the cascade ends it", names.concat()),
        _ => format!("pipelines trigger each other in a circle, and only the depth of the cascade ends it: {}{more}", names.join(", ")),
    };
    problems.warning(code::CASCADE_CYCLE, &first.definition.place(), reason, "make sure that a condition ends it, or write another topic");
}

/// The name of a pipeline, else its id.
fn label(plan: &PipelinePlan) -> &str {
    let name = plan.definition.name.trim();
    if name.is_empty() { &plan.pipeline_id } else { name }
}

/// Pipelines come first, then events; each with the nodes that may follow.
struct Graph {
    following: Vec<Vec<usize>>,
}

impl Graph {
    fn of(pipelines: &[&PipelinePlan]) -> Self {
        let mut following: Vec<Vec<usize>> = vec![Vec::new(); pipelines.len()];
        let mut events: BTreeMap<(&str, &'static str), usize> = BTreeMap::new();
        for (node, plan) in pipelines.iter().enumerate() {
            for action in plan.definition.stages.iter().flat_map(|stage| &stage.units).flat_map(|unit| &unit.actions) {
                let Some(topic_id) = action.kind.topic_id() else { continue };
                for effect in action.kind.effects() {
                    let event = *events.entry((topic_id, effect.as_str())).or_insert_with(|| {
                        following.push(Vec::new());
                        following.len() - 1
                    });
                    if let Some(edges) = following.get_mut(node)
                        && edges.last() != Some(&event)
                    {
                        edges.push(event);
                    }
                }
            }
        }
        for (node, plan) in pipelines.iter().enumerate() {
            for trigger in [TriggerType::Insert, TriggerType::Merge, TriggerType::Delete] {
                let event = events.get(&(&*plan.topic_id, trigger.as_str())).filter(|_| plan.pipeline_type.runs_for(trigger));
                if let Some(edges) = event.and_then(|event| following.get_mut(*event)) {
                    edges.push(node);
                }
            }
        }
        Self { following }
    }
}

/// What is known of a node.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    /// When it was entered; 0 is never.
    entered: usize,
    /// The earliest node that can be reached from it and can reach it.
    lowest: usize,
    /// Whether it waits for its component to be complete.
    waits: bool,
}

/// A search in depth.
struct Search<'a> {
    graph: &'a Graph,
    marks: Vec<Mark>,
    waiting: Vec<usize>,
    /// The components that hold a circle: their nodes in ascending order, so that pipelines come first.
    circles: Vec<Vec<usize>>,
    entered: usize,
    visits: usize,
}

impl<'a> Search<'a> {
    fn new(graph: &'a Graph) -> Self {
        Self { graph, marks: vec![Mark::default(); graph.following.len()], waiting: Vec::new(), circles: Vec::new(), entered: 0, visits: 0 }
    }

    fn mark(&self, node: usize) -> Mark {
        self.marks.get(node).copied().unwrap_or_default()
    }

    fn lower(&mut self, node: usize, to: usize) {
        if let Some(mark) = self.marks.get_mut(node) {
            mark.lowest = mark.lowest.min(to);
        }
    }

    fn enter(&mut self, node: usize) {
        self.entered += 1;
        self.visits += 1;
        if let Some(mark) = self.marks.get_mut(node) {
            *mark = Mark { entered: self.entered, lowest: self.entered, waits: true };
        }
        self.waiting.push(node);
    }

    fn from(&mut self, start: usize) {
        if self.mark(start).entered > 0 {
            return;
        }
        self.enter(start);
        let mut path = vec![(start, 0)];
        while let Some((node, edge)) = path.pop() {
            let next = self.graph.following.get(node).and_then(|edges| edges.get(edge)).copied();
            let Some(next) = next else {
                self.leave(node);
                if let Some((before, _)) = path.last() {
                    self.lower(*before, self.mark(node).lowest);
                }
                continue;
            };
            self.visits += 1;
            path.push((node, edge + 1));
            let mark = self.mark(next);
            if mark.entered == 0 {
                self.enter(next);
                path.push((next, 0));
            } else if mark.waits {
                self.lower(node, mark.entered);
            }
        }
    }

    /// Takes a complete component off the nodes that wait. One of a single node is no circle: a pipeline that triggers
    /// itself is one with its event.
    fn leave(&mut self, node: usize) {
        let mark = self.mark(node);
        if mark.lowest != mark.entered {
            return;
        }
        let mut component = Vec::new();
        while let Some(member) = self.waiting.pop() {
            if let Some(mark) = self.marks.get_mut(member) {
                mark.waits = false;
            }
            component.push(member);
            if member == node {
                break;
            }
        }
        if component.len() > 1 {
            component.sort_unstable();
            self.circles.push(component);
        }
    }
}
