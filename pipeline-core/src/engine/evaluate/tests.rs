//! Compilation and evaluation together: what is noted, what is recorded, what is not evaluated.

use std::sync::Arc;

use chrono::NaiveDateTime;
use serde_json::{Value as Json, json};

use super::{EvaluationRecorder, OperandRecord};
use crate::compile::{ConditionPlan, ParameterContext, ParameterPlan, TopicPlan, Topics};
use crate::model::{ComputeType, Condition, FactorType, Operator, Parameter, Place, Problems, Reader, Topic};
use crate::path::{Names, Scope};
use crate::value::{DateFormats, Object, Value, read_json};

/// A topic with the factors `x` and `l.m`, and a variable `v` in slot 0.
struct World {
    topic: TopicPlan,
    current: Object,
    variable: Option<Value>,
    origin: Option<Arc<str>>,
    dates: DateFormats,
}

impl World {
    fn new(current: &str) -> Self {
        let topic = json!({"topicId": "1", "name": "t", "type": "raw", "factors": [
            {"factorId": "1", "name": "x", "type": "number"}, {"factorId": "2", "name": "l.m", "type": "array"},
        ]});
        let topic = Topic::read(&topic, &mut Problems::default()).unwrap();
        Self {
            topic: TopicPlan::compile(&topic, "1", &DateFormats::default(), &mut Problems::default()),
            current: read_json(current, 10).unwrap().as_object().unwrap().clone(),
            variable: None,
            origin: None,
            dates: DateFormats::default(),
        }
    }

    fn context(&self) -> ParameterContext<'_> {
        ParameterContext { names: self, topics: self, dates: &self.dates }
    }

    fn parameter(&self, json: &Json) -> (Option<ParameterPlan>, Vec<&'static str>) {
        let mut problems = Problems::default();
        let place = Place::tuple("pipeline", "p");
        let parameter = Parameter::read(&mut Reader::new(json, place.clone(), &mut problems).unwrap()).unwrap();
        let plan = ParameterPlan::compile(&parameter, &self.context(), &place, &mut problems);
        (plan, problems.iter().map(|problem| problem.code).collect())
    }

    fn condition(&self, json: &Json) -> (Option<ConditionPlan>, Vec<&'static str>) {
        let mut problems = Problems::default();
        let place = Place::tuple("pipeline", "p");
        let condition = Condition::read(&mut Reader::new(json, place.clone(), &mut problems).unwrap()).unwrap();
        let plan = ConditionPlan::compile_condition(&condition, &self.context(), &place, &mut problems);
        (plan, problems.iter().map(|problem| problem.code).collect())
    }
}

impl Names for World {
    fn variable_slot(&self, name: &str) -> Option<usize> {
        (name == "v").then_some(0)
    }

    fn factor(&self, name: &str) -> Option<FactorType> {
        self.topic.factors.iter().find(|factor| &*factor.name == name).map(|factor| factor.factor_type)
    }
}

impl Topics for World {
    fn topic(&self, topic_id: &str) -> Option<&TopicPlan> {
        (topic_id == "1").then_some(&self.topic)
    }
}

impl Scope for World {
    fn variable(&self, _: usize) -> Option<&Value> {
        self.variable.as_ref()
    }

    fn origin(&self, _: usize) -> Option<&Arc<str>> {
        self.origin.as_ref()
    }

    fn current(&self) -> Option<&Object> {
        Some(&self.current)
    }

    fn previous(&self) -> Option<&Object> {
        None
    }

    fn is_array_factor(&self, path: &str) -> bool {
        self.factor(path) == Some(FactorType::Array)
    }

    fn now(&self) -> NaiveDateTime {
        NaiveDateTime::default()
    }

    fn next_id(&self) -> i64 {
        1
    }

    fn dates(&self) -> &DateFormats {
        &self.dates
    }
}

fn constant(text: &str) -> Json {
    json!({"kind": "constant", "value": text})
}

#[test]
fn every_mistake_is_noted_with_its_code() {
    let world = World::new("{}");
    for (parameter, code) in [
        (json!({"kind": "topic", "topicId": "2", "factorId": "1"}), "definition-topic-unknown"),
        (json!({"kind": "topic", "topicId": "1", "factorId": "9"}), "definition-factor-unknown"),
        (json!({"kind": "constant", "value": "{a.&foo}"}), "definition-unknown-function"),
        (json!({"kind": "variable", "variableName": "&now"}), "definition-unknown-function"),
        (json!({"kind": "variable", "variableName": " "}), "definition-missing"),
        (json!({"kind": "computed", "type": "none", "parameters": []}), "definition-no-computation"),
        (json!({"kind": "computed", "type": "add", "parameters": [constant("1")]}), "definition-parameter-count"),
        (json!({"kind": "computed", "type": "year-of", "parameters": [constant("1"), constant("2")]}), "definition-parameter-count"),
        (json!({"kind": "computed", "type": "add", "parameters": [null, constant("1")]}), "definition-null-parameter"),
        (json!({"kind": "computed", "type": "case-then", "parameters": [constant("1"), constant("2")]}), "definition-two-anyway-routes"),
    ] {
        let (plan, codes) = world.parameter(&parameter);
        assert_eq!((plan, codes.as_slice()), (None, [code].as_slice()), "{parameter}");
    }
}

#[test]
fn what_may_work_is_a_warning() {
    let world = World::new("{}");
    let (plan, codes) = world.parameter(&constant("{a.&firstRow(b:down)}"));
    assert!(plan.is_some());
    assert_eq!(codes, ["definition-first-row-direction"]);
    let (plan, codes) = world.condition(&json!({"left": constant("a"), "operator": "less", "right": constant("b{c}")}));
    assert!(plan.is_some());
    assert_eq!(codes, ["definition-ordered-texts"]);
}

#[test]
fn what_is_behind_the_deciding_filter_is_not_evaluated() {
    let world = World::new(r#"{"x": 1}"#);
    let fails = json!({"left": constant("a"), "operator": "less", "right": constant("b")});
    let holds = json!({"left": constant("{x}"), "operator": "equals", "right": constant("1")});
    let (plan, _) = world.condition(&json!({"jointType": "or", "filters": [holds, fails]}));
    let mut records: Vec<OperandRecord> = Vec::new();
    assert_eq!(plan.unwrap().evaluate_recording(&world, &mut records), Ok(true));
    assert_eq!(records, [OperandRecord { left: 1.into(), operator: Operator::Equals, right: Some("1".into()), result: Some(true) }]);
    let (plan, _) = world.condition(&json!({"jointType": "and", "filters": [holds, fails]}));
    let mut records: Vec<OperandRecord> = Vec::new();
    assert!(plan.unwrap().evaluate_recording(&world, &mut records).is_err());
    assert_eq!(records.last().unwrap().result, None);
}

#[test]
fn garbage_in_a_sum_is_told() {
    #[derive(Default)]
    struct Garbage(Vec<(ComputeType, Value)>);
    impl EvaluationRecorder for Garbage {
        fn compared(&mut self, _: OperandRecord) {}
        fn counted_as_zero(&mut self, computation: ComputeType, operand: &Value) {
            self.0.push((computation, operand.clone()));
        }
    }
    let world = World::new(r#"{"x": 1}"#);
    let (plan, _) = world.parameter(&json!({"kind": "computed", "type": "add", "parameters": [constant("{x}"), constant("xx"), constant("{none}")]}));
    let (plan, mut garbage) = (plan.unwrap(), Garbage::default());
    assert_eq!(plan.evaluate_recording(&world, &mut garbage).unwrap().into_owned(), Value::from(1));
    assert_eq!(garbage.0, [(ComputeType::Add, Value::from("xx"))]);
}

#[test]
fn values_that_are_found_are_not_copied() {
    let world = World::new(r#"{"x": {"y": "text"}}"#);
    let (plan, _) = world.parameter(&constant("{x.y}"));
    let plan = plan.unwrap();
    assert!(matches!(plan.evaluate(&world).unwrap(), std::borrow::Cow::Borrowed(_)));
}

#[test]
fn origins_are_resolved_when_something_is_copied() {
    let mut world = World::new("{}");
    let (plan, _) = world.parameter(&constant("{v.m}"));
    let plan = plan.unwrap();
    assert_eq!(plan.origin(&world).as_deref(), Some("v.m"));
    world.variable = Some(Value::Null);
    assert_eq!(plan.origin(&world), None);
    world.origin = Some("l".into());
    assert_eq!(plan.origin(&world).as_deref(), Some("l.m"));
    world.variable = Some(read_json(r#"{"k": 1}"#, 5).unwrap());
    assert_eq!(plan.evaluate(&world).unwrap().into_owned(), Value::array(vec![]), "a missing list below a copied variable is empty");
    let (null, _) = world.parameter(&json!({"kind": "constant", "value": null}));
    assert_eq!(null.unwrap().origin(&world), None);
}
