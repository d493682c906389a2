//! META: the tuples of all tenants in the default store (storage.md §15, §16, §20).
//!
//! The tables and columns are the reference's, so that an existing Watchmen database can be used; what is ours beside
//! them begins with `nightowl_`, or is a nullable column. Everything here works on a [`SqlSession`](crate::sql::SqlSession)
//! of whatever dialect. Functions that change tuples do not begin a transaction: who calls them says, by [`begin`] and
//! [`finish`], what belongs together.

mod adopted;
pub mod apply;
mod bootstrap;
mod catalog;
mod content;
mod data_sources;
mod ddl;
pub mod dead_letters;
mod definitions;
mod enums;
mod error;
mod external_writers;
mod history;
mod key_stores;
mod password_seal;
mod pats;
mod pipelines;
mod ports;
mod row;
mod schema;
mod sql;
mod table;
mod tenants;
mod topics;
mod tuple;
mod user_groups;
mod users;

pub use adopted::note_real_columns;
pub use bootstrap::{FIRST_ADMIN_NAME, FIRST_TENANT_ID, FirstStart, SUPER_ADMIN_NAME, SUPER_ADMIN_TENANT_ID, Started, is_empty, is_started, start};
pub use content::{canonical, content_hash};
pub use definitions::{ChangeToken, Hashed, TenantDefinitions, change_token, load_tenant, tenant_ids};
pub use enums::items_of_enum;
pub use error::MetaError;
pub use history::{KeptDefinition, find_definition, list_definitions};
pub use password_seal::{PasswordSeal, SealError};
pub use pats::{PatKey, PatOwner, find_pats, insert_pat, list_pats, note_use_of_pat, rehash_pat, revoke_pat};
pub use ports::AuthStore;
pub use schema::{SchemaChange, apply_schema, plan_schema};
pub(crate) use sql::render;
pub use sql::{begin, finish};
pub use tuple::{DefinitionKind, Edit, Expected, MetaTuple, Stored, create, delete, find, find_by_name, is_faked, list, list_all, save, update};
