//! The order of stages: as defined, or a DAG as soon as one stage says `dependsOn` (engine.md §3.11, rule 13).

use crate::model::{Pipeline, Problems};

/// The order in which stages run, and what each one may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageOrder {
    /// Positions of stages in the order of their runs: topological, ties in the order of definition.
    pub sequence: Vec<usize>,
    /// For each stage (by position) the stages that it depends on, directly or not. `None`: no stage says `dependsOn`,
    /// every stage sees everything before it.
    pub ancestors: Option<Vec<Vec<usize>>>,
}

impl StageOrder {
    /// Orders the stages of a pipeline and notes unknown ids and cycles.
    pub fn compile(pipeline: &Pipeline, problems: &mut Problems) -> Self {
        let stages = &pipeline.stages;
        if stages.iter().all(|stage| stage.depends_on.is_none()) {
            return Self { sequence: (0..stages.len()).collect(), ancestors: None };
        }
        let parents: Vec<Vec<usize>> = stages
            .iter()
            .enumerate()
            .map(|(index, stage)| match &stage.depends_on {
                None => index.checked_sub(1).into_iter().collect(),
                Some(ids) => ids.iter().filter_map(|id| find_stage(pipeline, index, id, problems)).collect(),
            })
            .collect();
        let sequence = topological(&parents);
        if sequence.len() < stages.len() {
            let waiting = (0..stages.len()).filter(|index| !sequence.contains(index));
            let names: Vec<&str> = waiting.filter_map(|index| stages.get(index)).map(|stage| stage.stage_id.as_str()).collect();
            problems.error(
                "definition-stage-cycle",
                &pipeline.place().key("stages"),
                format!("stages depend on each other in a cycle: {}", names.join(", ")),
                "take one of these dependsOn away",
            );
            return Self { sequence: (0..stages.len()).collect(), ancestors: None };
        }
        let mut ancestors: Vec<Vec<usize>> = vec![Vec::new(); stages.len()];
        for stage in &sequence {
            let mut seen: Vec<usize> = Vec::new();
            for parent in parents.get(*stage).into_iter().flatten() {
                seen.push(*parent);
                seen.extend(ancestors.get(*parent).into_iter().flatten());
            }
            seen.sort_by_key(|other| sequence.iter().position(|candidate| candidate == other));
            seen.dedup();
            if let Some(place) = ancestors.get_mut(*stage) {
                *place = seen;
            }
        }
        Self { sequence, ancestors: Some(ancestors) }
    }

    /// Whether two stages run in an order that the definition asks for.
    pub fn are_ordered(&self, left: usize, right: usize) -> bool {
        let Some(ancestors) = &self.ancestors else { return true };
        let before = |one: usize, other: usize| ancestors.get(other).is_some_and(|seen| seen.contains(&one));
        before(left, right) || before(right, left)
    }
}

fn find_stage(pipeline: &Pipeline, stage: usize, id: &str, problems: &mut Problems) -> Option<usize> {
    let found = pipeline.stages.iter().position(|candidate| candidate.stage_id == id);
    if found.is_none() {
        let name = pipeline.stages.get(stage).map_or("?", |stage| &stage.stage_id);
        problems.error(
            "definition-stage-unknown",
            &pipeline.place().named("stage", name).key("dependsOn"),
            format!("there is no stage \"{id}\""),
            "name the stageId of another stage of this pipeline",
        );
    }
    found
}

/// Topological order, ties in the order of definition; shorter than the input when there is a cycle.
fn topological(parents: &[Vec<usize>]) -> Vec<usize> {
    let mut sequence: Vec<usize> = Vec::with_capacity(parents.len());
    while sequence.len() < parents.len() {
        let next = parents.iter().enumerate().position(|(index, parents)| !sequence.contains(&index) && parents.iter().all(|parent| sequence.contains(parent)));
        match next {
            Some(index) => sequence.push(index),
            None => break,
        }
    }
    sequence
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(stages: &serde_json::Value) -> (StageOrder, Problems) {
        let mut problems = Problems::default();
        let pipeline = Pipeline::read(&json!({"pipelineId": "p", "topicId": "t", "stages": stages}), &mut problems).expect("a pipeline");
        (StageOrder::compile(&pipeline, &mut problems), problems)
    }

    #[test]
    fn without_depends_on_stages_run_as_defined() {
        let (order, problems) = order(&json!([{"stageId": "a"}, {"stageId": "b"}]));
        assert_eq!(order, StageOrder { sequence: vec![0, 1], ancestors: None });
        assert!(problems.is_empty());
    }

    #[test]
    fn a_dag_runs_topologically_with_ties_as_defined() {
        let (order, problems) = order(&json!([
            {"stageId": "a", "dependsOn": ["c"]}, {"stageId": "b", "dependsOn": []}, {"stageId": "c", "dependsOn": []}, {"stageId": "d"}
        ]));
        assert!(problems.is_empty());
        assert_eq!(order.sequence, vec![1, 2, 0, 3]);
        assert_eq!(order.ancestors.as_deref().and_then(|all| all.get(3)), Some(&vec![2]));
        assert!(order.are_ordered(0, 2));
        assert!(!order.are_ordered(0, 1));
    }

    #[test]
    fn cycles_and_unknown_stages_are_noted() {
        let (_, problems) = order(&json!([{"stageId": "a", "dependsOn": ["b"]}, {"stageId": "b", "dependsOn": ["a", "zz"]}]));
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, vec!["definition-stage-unknown", "definition-stage-cycle"]);
    }
}
