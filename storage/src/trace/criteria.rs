//! Which logs and triggers are asked for (surface.md §7).

use chrono::NaiveDateTime;
use nightowl_core::port::TriggerStatus;

use super::record::first_id_at;
use crate::sql::SqlValue;

/// Which logs are asked for. Everything that is `None` restricts nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogCriteria {
    /// The tenant.
    pub tenant_id: Option<String>,
    /// The trace id.
    pub trace_id: Option<String>,
    /// The trigger topic.
    pub topic_id: Option<String>,
    /// The pipeline.
    pub pipeline_id: Option<String>,
    /// The row that triggered it.
    pub data_id: Option<i64>,
    /// `DONE`, `ERROR` or `IGNORED`.
    pub status: Option<String>,
    /// Begun at or after this moment of the configured zone.
    pub start_date: Option<NaiveDateTime>,
    /// Begun at or before this moment of the configured zone.
    pub end_date: Option<NaiveDateTime>,
}

/// Which triggers are asked for (`nightowl traces`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TriggerCriteria {
    /// The tenant.
    pub tenant_id: Option<String>,
    /// How they stand.
    pub status: Option<TriggerStatus>,
    /// The trigger topic.
    pub topic_id: Option<String>,
    /// A pipeline that ran for them.
    pub pipeline_id: Option<String>,
    /// Come at or after this moment: milliseconds since 1970.
    pub since_unix_ms: Option<i64>,
    /// Come after this trigger: then the oldest are given first (`--follow`).
    pub after_trigger_id: Option<i64>,
}

/// Conditions with their values, joined by AND.
#[derive(Debug, Default)]
pub(super) struct Where {
    sql: String,
    pub(super) values: Vec<SqlValue>,
}

impl Where {
    fn and(&mut self, condition: &str, value: Option<SqlValue>) {
        let Some(value) = value else { return };
        self.and_all(condition, [value]);
    }

    fn and_all(&mut self, condition: &str, values: impl IntoIterator<Item = SqlValue>) {
        self.sql.push_str(if self.sql.is_empty() { " WHERE " } else { " AND " });
        self.sql.push_str(condition);
        self.values.extend(values);
    }

    /// The clause; empty where nothing is restricted.
    pub(super) fn sql(&self) -> &str {
        &self.sql
    }
}

impl LogCriteria {
    pub(super) fn to_where(&self) -> Where {
        let mut clause = Where::default();
        clause.and("{tenant_id} = ?", text(self.tenant_id.as_deref()));
        clause.and("{trace_id} = ?", text(self.trace_id.as_deref()));
        clause.and("{topic_id} = ?", text(self.topic_id.as_deref()));
        clause.and("{pipeline_id} = ?", text(self.pipeline_id.as_deref()));
        clause.and("{data_id} = ?", self.data_id.map(SqlValue::Integer));
        clause.and("{status} = ?", text(self.status.as_deref()));
        clause.and("{started_at} >= ?", self.start_date.map(SqlValue::DateTime));
        clause.and("{started_at} <= ?", self.end_date.map(SqlValue::DateTime));
        clause
    }
}

impl TriggerCriteria {
    pub(super) fn to_where(&self) -> Where {
        let mut clause = self.to_where_of_headers();
        let ran = "EXISTS (SELECT 1 FROM {nightowl_logs} WHERE {nightowl_logs}.{trigger_id} = {nightowl_triggers}.{trigger_id} \
                   AND {nightowl_logs}.{pipeline_id} = ?)";
        clause.and(ran, text(self.pipeline_id.as_deref()));
        clause
    }

    /// What headers have to meet: all but that the pipeline ran.
    fn to_where_of_headers(&self) -> Where {
        let mut clause = Where::default();
        clause.and("{tenant_id} = ?", text(self.tenant_id.as_deref()));
        clause.and("{status} = ?", text(self.status.map(TriggerStatus::as_str)));
        clause.and("{topic_id} = ?", text(self.topic_id.as_deref()));
        self.and_when(&mut clause);
        clause
    }

    /// As [`Self::to_where_of_headers`], for some triggers.
    pub(super) fn to_where_among(&self, trigger_ids: &[i64]) -> Where {
        let mut clause = self.to_where_of_headers();
        let places = vec!["?"; trigger_ids.len()].join(", ");
        clause.and_all(&format!("{{trigger_id}} IN ({places})"), trigger_ids.iter().copied().map(SqlValue::Integer));
        clause
    }

    /// What logs have to meet to tell that the pipeline ran, for triggers older than one.
    pub(super) fn to_where_of_runs(&self, before_trigger_id: Option<i64>) -> Where {
        let mut clause = Where::default();
        clause.and("{tenant_id} = ?", text(self.tenant_id.as_deref()));
        clause.and("{pipeline_id} = ?", text(self.pipeline_id.as_deref()));
        self.and_when(&mut clause);
        clause.and("{trigger_id} < ?", before_trigger_id.map(SqlValue::Integer));
        clause
    }

    fn and_when(&self, clause: &mut Where) {
        clause.and("{trigger_id} >= ?", self.since_unix_ms.map(|since| SqlValue::Integer(first_id_at(since))));
        clause.and("{trigger_id} > ?", self.after_trigger_id.map(SqlValue::Integer));
    }

    pub(super) const fn order(&self) -> &'static str {
        if self.after_trigger_id.is_some() { " ORDER BY {trigger_id}" } else { " ORDER BY {trigger_id} DESC" }
    }
}

/// A text that restricts; a blank one does not.
fn text(text: Option<&str>) -> Option<SqlValue> {
    text.filter(|text| !text.trim().is_empty()).map(|text| SqlValue::Text(text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_restrict_nothing() {
        let criteria = LogCriteria { tenant_id: Some("1".to_owned()), status: Some(" ".to_owned()), ..LogCriteria::default() };
        let clause = criteria.to_where();
        assert_eq!(clause.sql(), " WHERE {tenant_id} = ?");
        assert_eq!(clause.values.len(), 1);
        assert_eq!(LogCriteria::default().to_where().sql(), "");
    }
}
