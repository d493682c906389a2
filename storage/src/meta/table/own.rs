//! The tables of ours in META (storage.md §15.6). Each row carries the number of its format.

use super::{Column, Table, big, id, index, int, json, long, moment, s, unique};

const FORMAT: Column = int("format").required().or("1");

const DEFINITIONS: Table = Table {
    name: "nightowl_definitions",
    columns: &[
        s("kind", 20).required(),
        id("tuple_id").required(),
        s("content_hash", 64).required(),
        json("content").required(),
        big("version"),
        moment("saved_at").required(),
        id("saved_by").required(),
        FORMAT,
    ],
    groups: &[],
    key: &["kind", "tuple_id", "content_hash"],
    indexes: &[],
};

/// What could not be delivered.
pub(crate) const DEAD_LETTERS: Table = Table {
    name: "nightowl_dead_letters",
    columns: &[
        big("dead_letter_id").required(),
        s("delivery_key", 64),
        s("kind", 20).required(),
        s("source", 255).required(),
        s("code", 64).required(),
        long("message").required(),
        moment("received_at").required(),
        id("trace_id"),
        id("tenant_id"),
        int("attempts").required(),
        long("content"),
        s("content_encoding", 20),
        json("attributes"),
        s("state", 20).required(),
        FORMAT,
    ],
    groups: &[],
    key: &["dead_letter_id"],
    indexes: &[unique(&["delivery_key"]), index(&["state"])],
};

const SECRETS: Table =
    Table { name: "nightowl_secrets", columns: &[s("name", 64).required(), long("value").required(), FORMAT], groups: &[], key: &["name"], indexes: &[] };

/// Who changed what.
pub(crate) const AUDIT: Table = Table {
    name: "nightowl_audit",
    columns: &[
        big("audit_id").required(),
        moment("at").required(),
        id("user_id").required(),
        s("action", 50).required(),
        s("tuple", 255).required(),
        s("hash_before", 64),
        s("hash_after", 64),
        FORMAT,
    ],
    groups: &[],
    key: &["audit_id"],
    indexes: &[index(&["user_id"])],
};

/// What the columns of tables that others made really hold; the default store is the data source without a name.
pub(crate) const ADOPTED: Table = Table {
    name: "nightowl_adopted",
    columns: &[id("data_source_id").required(), s("table_name", 100).required(), json("columns").required(), FORMAT],
    groups: &[],
    key: &["data_source_id", "table_name"],
    indexes: &[],
};

/// All of them, in the order in which they are made.
pub(crate) const OWN_TABLES: &[Table] = &[DEFINITIONS, DEAD_LETTERS, SECRETS, AUDIT, ADOPTED];
