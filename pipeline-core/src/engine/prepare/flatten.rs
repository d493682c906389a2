//! Values of flattened factors are copied to the top of the document (values.md §9.2).

use std::sync::Arc;

use crate::compile::PreparationPlan;
use crate::value::{Object, Value};

/// Copies the value of each flattened factor under its whole name; null where any step is missing or no object (V-36).
pub fn flatten(plan: &PreparationPlan, data: &mut Object) {
    for factor in &plan.flattened {
        let mut names = factor.path.iter();
        let mut value = names.next().and_then(|name| data.get(name));
        for name in names {
            value = value.and_then(Value::as_object).and_then(|object| object.get(name));
        }
        let copy = value.cloned().unwrap_or_default();
        data.insert(Arc::clone(&factor.name), copy);
    }
}
