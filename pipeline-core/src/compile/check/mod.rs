//! Checks that look across a catalog, one file each. What they find breaks no pipeline: it runs as the reference would
//! run it, and `lint` and `apply` tell what will come of it.
//!
//! To add a check is to add a file and a line in one of the two lists below. A check visits what it is given once, so
//! that compiling stays linear in the number of definitions.

mod aes_key;
mod by_index;
mod cascade_cycle;
mod data_source;
mod impossible_cast;
mod repeated_factors;
mod repeated_ids;
pub(super) mod site;
mod system_topic;
mod topic_name;
mod two_sources;
mod variables;

use std::collections::BTreeMap;

use super::Catalog;
use crate::model::{DataSource, Problems};
use site::Subject;

/// Runs all checks over a catalog; gives how many things they have visited.
pub(super) fn run(catalog: &Catalog, data_sources: &[DataSource], problems: &mut Problems) -> usize {
    let mut visits = 0;
    let by_id: BTreeMap<&str, &DataSource> = data_sources.iter().map(|source| (source.data_source_id.as_str(), source)).collect();
    for topic in catalog.topics() {
        visits += 1 + topic.factors.len();
        topic_name::check(topic, problems);
        repeated_factors::check(topic, problems);
        aes_key::check(topic, catalog, problems);
        data_source::check(topic, &by_id, problems);
    }
    for plan in catalog.pipelines() {
        let subject = Subject::new(plan, catalog);
        system_topic::check(&subject, problems);
        repeated_ids::check(&subject, problems);
        two_sources::check(&subject, problems);
        variables::check(&subject, problems);
        for site in subject.sites() {
            visits += 1;
            by_index::check(&subject, &site, problems);
            impossible_cast::check(&subject, &site, problems);
        }
    }
    visits + cascade_cycle::check(catalog, problems)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::compile::CatalogSource;
    use crate::model::{Pipeline, Topic};

    /// So many topics and pipelines; all pipelines are triggered by few topics and write all of the others in turn.
    fn generated(topics: usize, pipelines: usize) -> CatalogSource {
        let mut problems = Problems::default();
        let topics_read = (0..topics).filter_map(|number| {
            let factors = json!([{"factorId": "f", "name": "no", "type": "text", "indexGroup": "u-1"}]);
            Topic::read(&json!({"topicId": format!("t{number}"), "name": format!("topic_{number}"), "factors": factors}), &mut problems)
        });
        let topics_read: Vec<Topic> = topics_read.collect();
        let pipelines = (0..pipelines).filter_map(|number| {
            let to = format!("t{}", number % topics);
            let definition = json!({
                "pipelineId": format!("p{number}"), "name": format!("pipeline {number}"), "topicId": format!("t{}", number % 3), "type": "insert-or-merge",
                "enabled": true,
                "stages": [{"stageId": "s", "units": [{"unitId": "u", "do": [{
                    "actionId": "a", "type": "insert-or-merge-row", "topicId": to,
                    "mapping": [{"factorId": "f", "source": {"kind": "constant", "value": "{no}"}}],
                    "by": {"jointType": "and", "filters": [{
                        "left": {"kind": "topic", "topicId": to, "factorId": "f"}, "operator": "equals", "right": {"kind": "constant", "value": "{no}"},
                    }]},
                }]}]}],
            });
            Pipeline::read(&definition, &mut problems).map(|pipeline| (pipeline, String::new()).into())
        });
        let pipelines = pipelines.collect();
        assert!(problems.is_empty());
        CatalogSource { tenant_id: "1".to_owned(), topics: topics_read, pipelines, ..CatalogSource::default() }
    }

    #[test]
    fn ten_times_the_definitions_are_ten_times_the_work() {
        let visits = |topics, pipelines| {
            let mut problems = Problems::default();
            let catalog = Catalog::compile(generated(topics, pipelines), &mut problems);
            assert_eq!(catalog.pipelines().count(), pipelines);
            assert!(!problems.has_errors());
            run(&catalog, &[], &mut Problems::default())
        };
        let (few, many) = (visits(50, 200), visits(500, 2_000));
        assert!(many <= few * 11, "{few} visits for 50 x 200, {many} for 500 x 2000");
        assert!(many < 40_000, "{many}");
    }
}
