//! The walk of a row along the names of its factors (values.md §1.4, V-36).

use std::sync::Arc;

use crate::compile::FactorTree;
use crate::value::{Object, Value};

/// Applies `change` to each value that is neither null, object nor list and stands where a factor is. Objects are walked
/// into, lists by their elements that are objects; everything else on the way is skipped.
pub(super) fn walk<T, E>(tree: &FactorTree<T>, object: &mut Object, change: &mut dyn FnMut(&T, &mut Value) -> Result<(), E>) -> Result<(), E> {
    for node in &tree.nodes {
        let wanted = match object.get(&node.name) {
            None | Some(Value::Null) => false,
            Some(Value::Object(_) | Value::Array(_)) => !node.below.is_empty(),
            Some(_) => node.own.is_some(),
        };
        if !wanted {
            continue;
        }
        match object.get_mut(&node.name) {
            Some(Value::Object(below)) => walk(&node.below, below, change)?,
            Some(Value::Array(items)) => {
                for element in Arc::make_mut(items) {
                    if let Value::Object(below) = element {
                        walk(&node.below, below, change)?;
                    }
                }
            }
            Some(value) => {
                if let Some(own) = &node.own {
                    change(own, value)?;
                }
            }
            None => {}
        }
    }
    Ok(())
}
