//! The aid hierarchy: every object of a document gets an id and the ids of its ancestors (values.md §9.3, engine.md §2.4).

use std::sync::Arc;

use super::Ids;
use crate::compile::PreparationPlan;
use crate::value::{Object, Value};

/// The key of an object's own id.
const ME: &str = "aid_me";
/// The key of the id of the outermost object.
const ROOT: &str = "aid_root";

/// A key with the id of the object that holds it. The pairing is the reference's: existing models read it.
type Ancestor = (Arc<str>, i64);

/// Gives every object of a raw document its `aid_…` keys, overwriting what is there.
pub fn aid(plan: &PreparationPlan, data: &mut Object, ids: &mut Ids<'_>) {
    if !plan.is_raw || plan.is_monitor_log {
        return;
    }
    Aid { ids, me: ME.into() }.visit(data, &[], &[]);
}

struct Aid<'a, 'i> {
    ids: &'a mut Ids<'i>,
    me: Arc<str>,
}

impl Aid<'_, '_> {
    /// Numbers an object before what it holds, in the order of its keys. All elements of a list have the same links.
    fn visit(&mut self, object: &mut Object, ancestors: &[Ancestor], links: &[Ancestor]) {
        let me = self.ids.next_id();
        object.insert(Arc::clone(&self.me), Value::from(me));
        for (name, id) in links {
            object.insert(Arc::clone(name), Value::from(*id));
        }
        for (key, value) in object.iter_mut().filter(|(_, value)| holds_object(value)) {
            let mut below = ancestors.to_vec();
            below.push((Arc::clone(key), me));
            let links = links_of(&below);
            self.visit_value(value, &below, &links);
        }
    }

    fn visit_value(&mut self, value: &mut Value, ancestors: &[Ancestor], links: &[Ancestor]) {
        match value {
            Value::Object(object) => self.visit(object, ancestors, links),
            Value::Array(items) if items.iter().any(holds_object) => {
                for item in Arc::make_mut(items) {
                    self.visit_value(item, ancestors, links);
                }
            }
            _ => {}
        }
    }
}

/// Whether there is an object in a value.
fn holds_object(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(items) => items.iter().any(holds_object),
        _ => false,
    }
}

/// The keys under which an object finds the ids of its ancestors. A name that comes again gets the distance; one that is
/// the object's own is left out.
fn links_of(ancestors: &[Ancestor]) -> Vec<Ancestor> {
    let mut links: Vec<Ancestor> = Vec::with_capacity(ancestors.len());
    for (place, (key, id)) in ancestors.iter().enumerate() {
        let mut name = if place == 0 { ROOT.to_owned() } else { format!("aid_{key}") };
        if links.iter().any(|(used, _)| **used == *name) {
            name = format!("{name}_{}", ancestors.len() - place);
        }
        if name != ME {
            links.push((name.into(), *id));
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::port::{IdSource, IdSourceError};
    use crate::value::{JsonStyle, json_text, read_json};

    #[derive(Debug)]
    struct Counter(AtomicI64);

    impl IdSource for Counter {
        fn next_id(&self) -> Result<i64, IdSourceError> {
            Ok(self.0.fetch_add(1, Ordering::Relaxed))
        }
    }

    fn aided(text: &str) -> String {
        let Value::Object(mut object) = read_json(text, 20).unwrap() else { panic!("{text}") };
        let counter = Counter(AtomicI64::new(1));
        let plan = PreparationPlan { is_raw: true, ..PreparationPlan::default() };
        aid(&plan, &mut object, &mut Ids::new(&counter));
        json_text(&Value::Object(object), JsonStyle::Document)
    }

    #[test]
    fn names_are_of_the_child_and_ids_of_its_parent() {
        assert_eq!(
            aided(r#"{"items":[{"s":[{"k":1}]}]}"#),
            r#"{"items":[{"s":[{"k":1,"aid_me":3,"aid_root":1,"aid_s":2}],"aid_me":2,"aid_root":1}],"aid_me":1}"#
        );
        let deep = aided(r#"{"a":{"b":{"c":{"b":{"e":{"x":1}}}}}}"#);
        assert!(deep.contains(r#"{"x":1,"aid_me":6,"aid_root":1,"aid_b":2,"aid_c":3,"aid_b_2":4,"aid_e":5}"#), "{deep}");
    }

    #[test]
    fn a_key_called_me_does_not_take_the_own_id() {
        assert_eq!(aided(r#"{"a":{"me":{}}}"#), r#"{"a":{"me":{"aid_me":3,"aid_root":1},"aid_me":2,"aid_root":1},"aid_me":1}"#);
    }
}
