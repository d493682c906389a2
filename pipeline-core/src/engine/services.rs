//! What every part of a trigger's run uses: clock, ids, keys, preparation.

use std::sync::Arc;

use super::prepare::{self, Ids};
use super::{Atomicity, EngineSettings, TraceLevel};
use crate::compile::{Catalog, FixedColumn, TopicPlan};
use crate::model::{Encryption, TopicKind, TopicType};
use crate::port::{Clock, IdSource};
use crate::value::{Object, Value, ValueError};

/// The services of one trigger.
#[derive(Debug)]
pub(crate) struct Services<'a> {
    pub clock: &'a dyn Clock,
    pub ids: &'a dyn IdSource,
    pub settings: &'a EngineSettings,
    pub catalog: &'a Catalog,
    /// Whether logs are built at all (`trace.level` is not `off`).
    pub keeps_logs: bool,
}

impl<'a> Services<'a> {
    /// The services of a trigger that runs with these definitions.
    pub(crate) fn new(clock: &'a dyn Clock, ids: &'a dyn IdSource, settings: &'a EngineSettings, catalog: &'a Catalog) -> Self {
        Self { clock, ids, settings, catalog, keeps_logs: settings.trace_level > TraceLevel::Off }
    }

    /// Prepares the data of a trigger: defaults, dates, encryption, aid hierarchy, flattening (engine.md §2.4).
    pub(crate) fn prepare_trigger(&self, topic: &TopicPlan, data: &mut Object, ids: &mut Ids<'_>) -> Result<(), ValueError> {
        let plan = &topic.preparation;
        prepare::defaults(plan, data, self.settings.ignore_default_on_raw);
        prepare::dates(plan, data, &self.settings.dates, self.settings.abandon_date_time_on_parse_fail);
        self.encrypt(topic, data)?;
        prepare::aid(plan, data, ids);
        prepare::flatten(plan, data);
        Ok(())
    }

    /// Prepares a row that an action writes: defaults, dates, encryption (engine.md §3.8). For a row that was read,
    /// `changed` holds it as it was and the mapped factors: only what the mapping or a default produced is encrypted
    /// (D-15).
    pub(crate) fn prepare_written(&self, topic: &TopicPlan, row: &mut Object, changed: Option<(&Object, &[Arc<str>])>) -> Result<(), ValueError> {
        let plan = &topic.preparation;
        prepare::defaults(plan, row, self.settings.ignore_default_on_raw);
        prepare::dates(plan, row, &self.settings.dates, self.settings.abandon_date_time_on_parse_fail);
        let Some((original, mapped)) = changed else { return self.encrypt(topic, row) };
        if !plan.encrypts() || topic.kind == TopicKind::System {
            return Ok(());
        }
        let is_new = |name: &Arc<str>| mapped.contains(name) || original.get(name).is_none_or(Value::is_null);
        let mut produced: Object =
            row.iter().filter(|(name, value)| is_new(name) && !value.is_null()).map(|(name, value)| (Arc::clone(name), value.clone())).collect();
        self.encrypt(topic, &mut produced)?;
        for (name, value) in produced.iter() {
            row.insert(Arc::clone(name), value.clone());
        }
        Ok(())
    }

    /// A row as reads give it: decrypted where the setting says so (storage.md §12.1).
    pub(crate) fn readable(&self, topic: &TopicPlan, mut row: Object) -> Result<Object, ValueError> {
        if self.settings.decrypt_factor_value && topic.kind != TopicKind::System {
            for factor in topic.factors.iter().filter(|factor| factor.encrypt != Encryption::None) {
                if let Some(value) = row.get_mut(&factor.name) {
                    *value = crate::value::encryption::decrypt(factor.encrypt, value, self.catalog.aes_key())?;
                }
            }
        }
        // A row of a raw synonym comes twice: by factor, and whole, as the document of a raw topic does.
        if topic.kind == TopicKind::Synonym && topic.topic_type == TopicType::Raw {
            let document = Value::Object(row.clone());
            row.insert(FixedColumn::Data.name(), document);
        }
        Ok(row)
    }

    /// Whether each action commits by itself.
    pub(crate) fn commits_each_action(&self) -> bool {
        self.settings.atomicity == Atomicity::Action
    }

    fn encrypt(&self, topic: &TopicPlan, data: &mut Object) -> Result<(), ValueError> {
        if topic.kind == TopicKind::System {
            return Ok(());
        }
        prepare::encryption(&topic.preparation, data, self.catalog.aes_key(), &self.settings.dates)
    }
}
