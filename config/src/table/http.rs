//! The HTTP API and what administration may do (`surface.md §5, §19`, S12).

use super::Setting;
use crate::{alias::Alias, kind::Kind};

pub(super) const HTTP: &[Setting] = &[
    Setting::new("http.listen", Kind::Listen, "127.0.0.1:8800", "The address that `nightowl serve` listens on.").short("NIGHTOWL_LISTEN"),
    Setting::optional("http.base_path", Kind::Text, "A path that platforms put before ours; it is cut off.").aliases(&[Alias::same("HTTP_BASE_PATH")]),
    Setting::new("http.metrics_path", Kind::Text, "/metrics", "The path of the metrics.").aliases(&[Alias::same("PROMETHEUS_CONTEXT")]),
    Setting::new("http.cors", Kind::Bool, "true", "Answers the origins that are listed; none are by default.").aliases(&[Alias::same("CORS")]),
    Setting::new("http.cors_allowed_origins", Kind::Texts, "[]", "Origins that browsers may call from.").aliases(&[Alias::same("CORS_ALLOWED_ORIGINS")]),
    Setting::new("http.cors_allowed_methods", Kind::Texts, "*", "Methods that they may use.").aliases(&[Alias::same("CORS_ALLOWED_METHODS")]),
    Setting::new("http.cors_allowed_headers", Kind::Texts, "*", "Headers that they may send.").aliases(&[Alias::same("CORS_ALLOWED_HEADERS")]),
    Setting::new("http.cors_allow_credentials", Kind::Bool, "true", "Whether they may send credentials.").aliases(&[Alias::same("CORS_ALLOW_CREDENTIALS")]),
];

pub(super) const ADMIN: &[Setting] = &[
    Setting::new("admin.tuple_deletable", Kind::Bool, "false", "Serves the deletion of definitions.").aliases(&[Alias::same("TUPLE_DELETABLE")]),
    Setting::new("admin.create_monitor_topics", Kind::Bool, "true", "Makes the pipeline monitor topics with a tenant.")
        .aliases(&[Alias::same("CREATE_PIPELINE_MONITOR_TOPICS_ON_TENANT_CREATE")]),
    Setting::new("admin.create_dqc_topics", Kind::Bool, "false", "Makes the data quality topics with a tenant.")
        .aliases(&[Alias::same("CREATE_DQC_TOPICS_ON_TENANT_CREATE")]),
    Setting::new("admin.hide_data_source_password", Kind::Bool, "true", "Leaves passwords of data sources out of answers.")
        .aliases(&[Alias::same("HIDE_DATASOURCE_PWD")]),
    Setting::new("admin.truncate_topic_data", Kind::Bool, "true", "Serves the truncation of a topic's rows.").aliases(&[Alias::same("TRUNCATE_TOPIC_DATA")]),
];
