//! Defaults for what is null or missing (values.md §9.1).

use std::sync::Arc;

use crate::compile::{FactorTree, PreparationPlan};
use crate::value::{Object, Value};

/// Puts defaults where values are null or missing. Raw topics have none while `ignore_on_raw` (`IGNORE_DEFAULT_ON_RAW`),
/// the topic of the monitor logs never. Missing parents are not created.
pub fn defaults(plan: &PreparationPlan, data: &mut Object, ignore_on_raw: bool) {
    if plan.is_monitor_log || (plan.is_raw && ignore_on_raw) {
        return;
    }
    fill(&plan.defaults, data);
}

fn fill(tree: &FactorTree<Value>, object: &mut Object) {
    for node in &tree.nodes {
        match object.get(&node.name) {
            None | Some(Value::Null) => {
                if let Some(default) = &node.own {
                    object.insert(Arc::clone(&node.name), default.clone());
                }
            }
            Some(Value::Object(_) | Value::Array(_)) if !node.below.is_empty() => match object.get_mut(&node.name) {
                Some(Value::Object(below)) => fill(&node.below, below),
                Some(Value::Array(items)) => {
                    for element in Arc::make_mut(items) {
                        if let Value::Object(below) = element {
                            fill(&node.below, below);
                        }
                    }
                }
                _ => {}
            },
            Some(_) => {}
        }
    }
}
