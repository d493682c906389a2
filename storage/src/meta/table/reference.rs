//! The reference's tables, with its names (storage.md §13.5, §15.3).

use super::{Column, Group, Index, Table, flag, id, index, int, json, s, small, ts, unique};

const AUDITED: &[Group] = &[Group::Audit, Group::Version];
const TENANT_AUDITED: &[Group] = &[Group::Tenant, Group::Audit, Group::Version];

/// Tenants.
pub(crate) const TENANTS: Table = Table {
    name: "tenants",
    columns: &[id("tenant_id").required(), s("name", 50), flag("enable_ai").or("0")],
    groups: AUDITED,
    key: &["tenant_id"],
    indexes: &[],
};

/// Users; a name is unique across tenants.
pub(crate) const USERS: Table = Table {
    name: "users",
    columns: &[
        id("user_id").required(),
        s("name", 50),
        s("nickname", 50),
        s("password", 255),
        s("email", 100),
        flag("is_active").required(),
        json("group_ids"),
        s("role", 20).required(),
    ],
    groups: TENANT_AUDITED,
    key: &["user_id"],
    indexes: &[unique(&["name"]), index(&["role"])],
};

/// User groups.
pub(crate) const USER_GROUPS: Table = Table {
    name: "user_groups",
    columns: &[
        id("user_group_id").required(),
        s("name", 50).required(),
        s("description", 1024),
        json("user_ids"),
        json("space_ids"),
        json("objective_ids"),
        json("convergence_ids"),
    ],
    groups: TENANT_AUDITED,
    key: &["user_group_id"],
    indexes: &[index(&["name"])],
};

/// Personal access tokens; four columns are ours (surface.md §2.4).
pub(crate) const PATS: Table = Table {
    name: "pats",
    columns: &[
        id("pat_id").required(),
        s("token", 255).required(),
        id("user_id").required(),
        s("username", 50),
        s("note", 255),
        ts("expired"),
        json("permissions"),
        ts("created_at").required(),
        s("key_id", 20).ours(),
        ts("last_used_at").ours(),
        ts("revoked_at").ours(),
        id("created_by").ours(),
    ],
    groups: &[Group::Tenant],
    key: &["pat_id"],
    indexes: &[index(&["token"]), index(&["user_id"]), index(&["username"]), unique(&["key_id"])],
};

/// Data sources. The password's column is longer than the reference's, so that a sealed one fits (storage.md D17).
pub(crate) const DATA_SOURCES: Table = Table {
    name: "data_sources",
    columns: &[
        id("data_source_id").required(),
        s("data_source_code", 50).required(),
        s("data_source_type", 20).required(),
        s("host", 100),
        s("port", 5),
        s("username", 50),
        s("password", 255),
        s("name", 50),
        s("url", 255),
        json("params"),
    ],
    groups: TENANT_AUDITED,
    key: &["data_source_id"],
    indexes: &[index(&["data_source_code"]), index(&["data_source_type"])],
};

/// External writers.
pub(crate) const EXTERNAL_WRITERS: Table = Table {
    name: "external_writers",
    columns: &[id("writer_id").required(), s("writer_code", 50).required(), s("name", 255), s("type", 50).required(), s("pat", 255), s("url", 255)],
    groups: TENANT_AUDITED,
    key: &["writer_id"],
    indexes: &[index(&["writer_code"]), index(&["type"]), unique(&["writer_code", "tenant_id"])],
};

/// Key stores: per-tenant parameters of the encryption of factors.
pub(crate) const KEY_STORES: Table = Table {
    name: "key_stores",
    columns: &[id("tenant_id").required(), s("key_type", 20).required(), json("params").required(), ts("created_at").required(), id("created_by").required()],
    groups: &[],
    key: &["tenant_id", "key_type"],
    indexes: &[],
};

/// Enumerations.
pub(crate) const ENUMS: Table = Table {
    name: "enums",
    columns: &[id("enum_id").required(), s("name", 50).required(), s("description", 1024), id("parent_enum_id")],
    groups: TENANT_AUDITED,
    key: &["enum_id"],
    indexes: &[index(&["name"])],
};

/// Their items, a row each.
pub(crate) const ENUM_ITEMS: Table = Table {
    name: "enum_items",
    columns: &[id("item_id").required(), s("code", 200).required(), s("label", 1000), s("parent_code", 50), s("replace_code", 50), id("enum_id")],
    groups: &[Group::Tenant],
    key: &["item_id"],
    indexes: &[index(&["code"]), index(&["enum_id"])],
};

/// Topics.
pub(crate) const TOPICS: Table = Table {
    name: "topics",
    columns: &[
        id("topic_id").required(),
        s("name", 64),
        s("description", 1024),
        s("type", 20).required(),
        s("kind", 20).required(),
        id("data_source_id"),
        json("factors"),
    ],
    groups: TENANT_AUDITED,
    key: &["topic_id"],
    indexes: &[index(&["name"]), index(&["type"]), index(&["kind"]), index(&["data_source_id"]), unique(&["name", "tenant_id"])],
};

/// Pipelines.
pub(crate) const PIPELINES: Table = Table {
    name: "pipelines",
    columns: &[
        id("pipeline_id").required(),
        id("topic_id").required(),
        s("name", 128),
        s("type", 20).required(),
        flag("prerequisite_enabled"),
        json("prerequisite_on"),
        json("stages"),
        flag("enabled"),
        flag("validated"),
    ],
    groups: TENANT_AUDITED,
    key: &["pipeline_id"],
    indexes: &[index(&["name"]), index(&["type"]), index(&["enabled"]), index(&["validated"])],
};

/// Leases on worker ids as older Watchmen processes take them (storage.md §13.4).
const SNOWFLAKE_COMPETITIVE_WORKERS: Table = Table {
    name: "snowflake_competitive_workers",
    columns: &[
        s("ip", 100),
        s("process_id", 60),
        int("data_center_id").required(),
        int("worker_id").required(),
        ts("registered_at").required(),
        ts("last_beat_at").required(),
    ],
    groups: &[],
    key: &["data_center_id", "worker_id"],
    indexes: &[],
};

/// Leases on worker ids; the token is ours (storage.md §13.5).
const SNOWFLAKE_WORKERS: Table = Table {
    name: "snowflake_workers",
    columns: &[
        small("data_center_id").required(),
        small("worker_id").required(),
        ts("registered_at").required(),
        ts("last_beat_at").required(),
        flag("locked").required(),
        LEASE_TOKEN,
    ],
    groups: &[],
    key: &["data_center_id", "worker_id"],
    indexes: &[],
};

const LEASE_TOKEN: Column = id("lease_token").ours();

/// The history of topics and pipelines (storage.md §16).
pub(crate) const OPERATIONS: Table = Table {
    name: "operations",
    columns: &[
        id("record_id").required(),
        s("operation_type", 20).required(),
        s("tuple_type", 20).required(),
        s("tuple_key", 20).required(),
        s("tuple_id", 100).required(),
        json("content"),
        s("version_num", 50).required(),
    ],
    groups: &[Group::Tenant, Group::Audit],
    key: &["record_id"],
    indexes: NONE,
};

/// The package version of each tenant.
pub(crate) const PACKAGE_VERSIONS: Table = Table {
    name: "package_versions",
    columns: &[id("version_id").required(), s("previous_version", 20).required(), s("current_version", 20).required()],
    groups: &[Group::Tenant, Group::Audit],
    key: &["version_id"],
    indexes: NONE,
};

const NONE: &[Index] = &[];

/// All of them, in the order in which they are made.
pub(crate) const REFERENCE_TABLES: &[Table] = &[
    TENANTS,
    USERS,
    USER_GROUPS,
    PATS,
    DATA_SOURCES,
    EXTERNAL_WRITERS,
    KEY_STORES,
    ENUMS,
    ENUM_ITEMS,
    TOPICS,
    PIPELINES,
    SNOWFLAKE_COMPETITIVE_WORKERS,
    SNOWFLAKE_WORKERS,
    OPERATIONS,
    PACKAGE_VERSIONS,
];
