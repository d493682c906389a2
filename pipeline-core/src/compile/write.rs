//! What a write action maps (engine.md §3.8): factors to columns, sources to parameters, the shape of a new row.

use std::sync::Arc;

use super::{FixedColumn, ParameterPlan, PipelineContext, TopicPlan};
use crate::model::{AccumulateMode, AggregateArithmetic, FactorType, MappingFactor, Place, Problems, TopicKind};
use crate::value::Shape;

/// The mapping of a write action, ready to run.
#[derive(Debug)]
pub(crate) struct WritePlan {
    /// The written topic.
    pub topic: Arc<TopicPlan>,
    /// The mapped factors, each once.
    pub items: Vec<MappedFactor>,
    /// The names of a new row: the mapped factors, then the fixed columns.
    pub insert_shape: Arc<Shape>,
    /// How aggregates take a changed trigger.
    pub mode: AccumulateMode,
    /// Whether a factor is an average, so that `aggregate_assist_` is kept.
    pub averages: bool,
}

/// One mapped factor.
#[derive(Debug)]
pub(crate) struct MappedFactor {
    /// Its name.
    pub key: Arc<str>,
    /// Its column; a row that was read has it at this slot.
    pub column: usize,
    /// What it holds.
    pub factor_type: FactorType,
    /// How its value is put together with what is there.
    pub arithmetic: AggregateArithmetic,
    /// Where its value comes from.
    pub source: ParameterPlan,
    /// The key of its average's number in `aggregate_assist_`.
    pub assist_key: Arc<str>,
}

/// Notes that a synonym is written, which never happens (storage.md §12.1).
pub(crate) fn refuse_synonym(topic: &TopicPlan, place: &Place, problems: &mut Problems) {
    if topic.kind == TopicKind::Synonym {
        let reason = format!("topic \"{}\" is a synonym, which is never written", topic.name);
        problems.error("definition-synonym-written", &place.key("topicId"), reason, "write another topic");
    }
}

impl WritePlan {
    /// Compiles a mapping and notes what is wrong with it.
    pub(crate) fn compile(
        topic_id: &str,
        mapping: &[MappingFactor],
        mode: AccumulateMode,
        context: &PipelineContext<'_>,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Self> {
        let topic = context.target(topic_id, place, problems);
        if mapping.is_empty() {
            problems.error("definition-mapping-empty", &place.key("mapping"), "nothing is mapped", "map at least one factor");
        }
        let topic = topic?;
        refuse_synonym(&topic, place, problems);
        let mut items: Vec<MappedFactor> = Vec::with_capacity(mapping.len());
        let mut complete = true;
        for (index, factor) in mapping.iter().enumerate() {
            let place = place.element("mapping", index);
            match MappedFactor::compile(factor, &topic, context, &place, problems) {
                Some(item) => match items.iter_mut().find(|other| other.key == item.key) {
                    Some(earlier) => {
                        problems.warning(
                            "definition-factor-mapped-twice",
                            &place,
                            format!("factor \"{}\" is mapped before; the last mapping counts", item.key),
                            "map it once",
                        );
                        *earlier = item;
                    }
                    None => items.push(item),
                },
                None => complete = false,
            }
        }
        let averages = items.iter().any(|item| item.arithmetic == AggregateArithmetic::Avg);
        let fixed = [
            Some(FixedColumn::Id),
            topic.is_versioned().then_some(FixedColumn::Version),
            averages.then_some(FixedColumn::AggregateAssist),
            Some(FixedColumn::TenantId),
            Some(FixedColumn::InsertTime),
            Some(FixedColumn::UpdateTime),
        ];
        let names = items.iter().map(|item| Arc::clone(&item.key)).chain(fixed.into_iter().flatten().filter_map(|fixed| topic.key_of(fixed)));
        let insert_shape = Arc::new(Shape::new(names.collect::<Vec<_>>()));
        complete.then_some(Self { topic, items, insert_shape, mode, averages })
    }
}

impl MappedFactor {
    fn compile(factor: &MappingFactor, topic: &Arc<TopicPlan>, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let source = match &factor.source {
            Some(source) => ParameterPlan::compile(source, &context.parameters(), &place.key("source"), problems),
            None => {
                problems.error("definition-missing", &place.key("source"), "is missing", "give a parameter");
                None
            }
        };
        let target = topic.factor(&factor.factor_id);
        if target.is_none() {
            let reason = format!("topic \"{}\" has no factor \"{}\"", topic.name, factor.factor_id);
            problems.error("definition-factor-unknown", &place.key("factorId"), reason, "give the id of a factor of the written topic");
        }
        let target = target?;
        if target.column.is_none() {
            let reason = format!("factor \"{}\" has no column", target.name);
            problems.error("definition-factor-without-column", &place.key("factorId"), reason, "map a factor that is a column of its own");
        }
        if factor.arithmetic == AggregateArithmetic::Avg && !topic.is_versioned() {
            let reason = format!("an average needs aggregate_assist_, which topic \"{}\" of type {} does not have", topic.name, topic.topic_type);
            problems.error("definition-average-without-assist", &place.key("arithmetic"), reason, "make the topic an aggregate, time or ratio topic (D-13)");
            return None;
        }
        Some(Self {
            key: Arc::clone(&target.name),
            column: target.column?,
            factor_type: target.factor_type,
            arithmetic: factor.arithmetic,
            source: source?,
            assist_key: format!("{}.avg_count", target.name).into(),
        })
    }
}
