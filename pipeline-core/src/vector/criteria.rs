//! Cases of kind `storage-criteria`: a condition as the `by` of a topic, in the form of the log (values.md §6.5, §10.1).

use serde_json::json;

use super::case::Case;
use super::run::{Failure, regular, sound};
use super::surroundings::{Surroundings, place};
use crate::compile::criteria::CriteriaPlan;
use crate::compile::{Catalog, CatalogSource, PipelineContext, VariableTable};
use crate::model::{Condition, Joint, JointType, Problems, Reader, Topic};
use crate::value::Value;

/// The id of the trigger topic, which is another one than that of the criteria.
const TRIGGER_ID: &str = "2";

/// Compiles the condition for the topic of the case, evaluates what holds no column, and gives the intermediate form.
pub(super) fn run(case: &Case, around: &Surroundings) -> Result<Value, Failure> {
    let mut problems = Problems::default();
    let read = Reader::new(case.field("condition"), place(case), &mut problems).and_then(|mut reader| Condition::read(&mut reader));
    let (joint, single) = match sound(read, &problems)? {
        Condition::Joint(joint) => (joint, false),
        expression @ Condition::Expression(_) => (Joint { joint_type: JointType::And, filters: vec![expression] }, true),
    };
    let trigger = Topic::read(&json!({"topicId": TRIGGER_ID, "name": "trigger_x", "type": "raw"}), &mut problems);
    let topics = std::iter::once(around.topic.clone()).chain(trigger).collect();
    let source = CatalogSource { tenant_id: "1".to_owned(), topics, dates: around.dates.clone(), ..CatalogSource::default() };
    let catalog = Catalog::compile(source, &mut Problems::default());
    let mut variables = VariableTable::default();
    for name in around.variable_names() {
        variables.declare(name);
    }
    let missing = || case.wrong("topic", "can not be compiled");
    let topic = catalog.topic(&around.topic.topic_id).ok_or_else(missing)?;
    let context = PipelineContext { catalog: &catalog, topic: catalog.topic(TRIGGER_ID).ok_or_else(missing)?, variables: &variables };
    let plan = CriteriaPlan::compile(&joint, topic, &context, &place(case), &mut problems);
    let statement = sound(plan, &problems)?.evaluate(around, topic).map_err(regular)?;
    let shown = statement.find_by(topic, &around.dates);
    let only_child = || shown.as_object()?.get("children")?.as_array()?.first().cloned();
    Ok(if single { only_child().unwrap_or_default() } else { shown })
}
