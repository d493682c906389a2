//! What is done with the rows of a topic before they are stored, prepared once (engine.md §2.4, values.md §9).

use std::sync::Arc;

use crate::model::{Encryption, Factor, Place, Problems, Topic, TopicKind, TopicType};
use crate::value::{DateFormats, FactorFamily, Value, cast};

/// The topic of the monitor logs: it gets neither defaults nor an aid hierarchy.
const MONITOR_LOG: &str = "raw_pipeline_monitor_log";

/// Factors by the segments of their names, so that each nested object is visited once.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorTree<T> {
    /// The nodes of this level, in the order in which the factors are defined.
    pub nodes: Vec<FactorNode<T>>,
}

/// One segment of factor names.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorNode<T> {
    /// The segment.
    pub name: Arc<str>,
    /// What is done with the value at this very path, if a factor has it.
    pub own: Option<T>,
    /// What is done below.
    pub below: FactorTree<T>,
}

impl<T> Default for FactorTree<T> {
    fn default() -> Self {
        Self { nodes: Vec::new() }
    }
}

impl<T> FactorTree<T> {
    /// Whether nothing is done at all.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Adds what is done with a factor. Of equal names the last one counts.
    fn add(&mut self, name: &str, own: T) {
        let (first, following) = match name.split_once('.') {
            Some((first, following)) => (first, Some(following)),
            None => (name, None),
        };
        let place = self.nodes.iter().position(|node| &*node.name == first).unwrap_or_else(|| {
            self.nodes.push(FactorNode { name: first.into(), own: None, below: Self::default() });
            self.nodes.len() - 1
        });
        let Some(node) = self.nodes.get_mut(place) else { return };
        match following {
            Some(following) => node.below.add(following, own),
            None => node.own = Some(own),
        }
    }
}

/// Which kind of date a factor holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateTarget {
    /// A moment.
    DateTime,
    /// A day.
    Date,
    /// A time of day.
    Time,
}

/// A factor whose value is copied to the top of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlattenedFactor {
    /// The whole name: the key at the top.
    pub name: Arc<str>,
    /// Its segments: where the value is.
    pub path: Vec<Arc<str>>,
}

/// How the rows of a topic are prepared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PreparationPlan {
    /// What missing values become, cast already.
    pub defaults: FactorTree<Value>,
    /// Which texts become dates.
    pub dates: FactorTree<DateTarget>,
    /// Which values are protected, and how.
    pub encryption: FactorTree<Encryption>,
    /// What is copied to the top; raw topics only.
    pub flattened: Vec<FlattenedFactor>,
    /// Whether rows are documents.
    pub is_raw: bool,
    /// Whether it is a topic of the system, of which nothing is encrypted.
    pub is_system: bool,
    /// Whether it is the topic of the monitor logs.
    pub is_monitor_log: bool,
}

impl PreparationPlan {
    /// Compiles the preparation of a topic. A default that does not fit its factor is a warning, and left out (V-47).
    pub fn compile(topic: &Topic, dates: &DateFormats, problems: &mut Problems) -> Self {
        let mut plan = Self {
            is_raw: topic.topic_type == TopicType::Raw,
            is_system: topic.kind == TopicKind::System,
            is_monitor_log: topic.name == MONITOR_LOG,
            ..Self::default()
        };
        let place = Place::tuple("topic", &topic.name);
        for factor in topic.factors.iter().filter(|factor| !factor.name.is_empty()) {
            if let Some(value) = default_of(factor, dates, &place, problems) {
                plan.defaults.add(&factor.name, value);
            }
            if let Some(target) = date_of(factor) {
                plan.dates.add(&factor.name, target);
            }
            if factor.encrypt != Encryption::None {
                plan.encryption.add(&factor.name, factor.encrypt);
            }
            if factor.flatten && plan.is_raw {
                plan.flattened.push(FlattenedFactor { name: factor.name.as_str().into(), path: factor.name.split('.').map(Arc::from).collect() });
            }
        }
        plan
    }

    /// Whether any value is protected.
    pub fn encrypts(&self) -> bool {
        !self.encryption.is_empty() && !self.is_system
    }
}

/// The default of a factor, cast to its type.
fn default_of(factor: &Factor, dates: &DateFormats, topic: &Place, problems: &mut Problems) -> Option<Value> {
    let text = factor.default_value.as_deref()?;
    match cast(Value::from(text), factor.factor_type, dates) {
        Ok(value) => Some(value),
        Err(error) => {
            let place = topic.named("factor", &factor.name).key("defaultValue");
            problems.warning("definition-bad-default", &place, error.to_string(), format!("write a value that becomes {}", factor.factor_type));
            None
        }
    }
}

/// Which kind of date a factor holds, if it holds one.
const fn date_of(factor: &Factor) -> Option<DateTarget> {
    match FactorFamily::of(factor.factor_type) {
        FactorFamily::DateTime => Some(DateTarget::DateTime),
        FactorFamily::Date => Some(DateTarget::Date),
        FactorFamily::Time => Some(DateTarget::Time),
        _ => None,
    }
}
