//! Statements as texts, before they run (`nightowl explain`).

use std::sync::Arc;

use nightowl_core::compile::TopicPlan;
use nightowl_core::port::{Aggregate, Query, StatementTexts, StoreError};

use super::unit_of_work::guard;
use super::{Dialect, OnConflict, PlanStatements, rows};

/// The statements of a dialect.
#[derive(Debug, Clone, Copy)]
pub struct DialectTexts {
    dialect: &'static dyn Dialect,
}

impl DialectTexts {
    /// Statements as they are sent to this dialect.
    pub const fn new(dialect: &'static dyn Dialect) -> Self {
        Self { dialect }
    }

    fn of(self, topic: &TopicPlan) -> Arc<PlanStatements> {
        self.dialect.statements().of(topic, self.dialect)
    }
}

impl StatementTexts for DialectTexts {
    fn select(&self, query: &Query<'_>) -> Result<String, StoreError> {
        Ok(rows::select(query, &self.of(query.topic), self.dialect)?.sql)
    }

    fn aggregate(&self, query: &Query<'_>, aggregate: Aggregate) -> Result<String, StoreError> {
        Ok(rows::select_aggregate(query, aggregate, &self.of(query.topic), self.dialect)?.0.sql)
    }

    fn insert(&self, topic: &TopicPlan) -> String {
        let clause = match self.dialect.on_conflict() {
            OnConflict::StatementFails => "",
            OnConflict::Clause(clause) => clause,
        };
        format!("{}{clause}", self.of(topic).insert)
    }

    fn update(&self, topic: &TopicPlan) -> String {
        let statements = self.of(topic);
        if topic.is_versioned() { statements.update_versioned.clone() } else { statements.update.clone() }
    }

    fn guard(&self) -> Option<String> {
        guard(self.dialect)
    }

    fn delete(&self, topic: &TopicPlan) -> String {
        let statements = self.of(topic);
        if topic.is_versioned() { statements.delete_versioned.clone() } else { statements.delete.clone() }
    }
}
