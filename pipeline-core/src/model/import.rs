//! Everything that a definition file can hold: single tuples, lists, and the MixImport document (surface.md §9.2, §21).

use serde_json::Value as Json;

use super::wire_enum::wire_enum;
use super::{Encryption, EnumDefinition, Pipeline, Place, Problems, Reader, Topic, UserGroup};
use crate::value::encryption::{AesKey, AesKeyError};

wire_enum! {
    /// The implementation that an external writer uses (engine.md §6).
    ExternalWriterType {
        /// REST.
        Standard = "standard-writer",
        /// A stub, as in the reference.
        ElasticSearch = "elastic-search-writer",
        /// Kafka.
        Kafka = "kafka-writer",
        /// AWS SQS.
        Sqs = "sqs-writer",
        /// Alibaba MNS.
        Mns = "mns-writer",
        /// One object per message.
        ObjectStorage = "object-storage-writer",
    }
}

wire_enum! {
    /// The kind of database of a data source (storage.md §14.1).
    DataSourceType {
        /// MySQL or MariaDB.
        MySql = "mysql",
        /// Alias of MySQL.
        MariaDb = "mariadb",
        /// PostgreSQL.
        PostgreSql = "postgresql",
        /// SQLite.
        Sqlite = "sqlite",
        /// Kept, not opened.
        Oracle = "oracle",
        /// Kept, not opened.
        MongoDb = "mongodb",
        /// Kept, not opened.
        MsSql = "mssql",
        /// Opened as PostgreSQL by the reference; kept.
        Snowflake = "snowflake",
        /// Alibaba object storage.
        Oss = "oss",
        /// Kept, not opened.
        DynamoDb = "dynamodb",
        /// AWS object storage.
        S3 = "s3",
        /// Azure object storage.
        Adls = "adls",
        /// Kept, not opened.
        Dsql = "dsql",
    }
}

impl DataSourceType {
    /// Whether it is a store of objects: its topics are only written (storage.md §18).
    pub const fn is_object_store(self) -> bool {
        matches!(self, Self::Oss | Self::S3 | Self::Adls)
    }

    /// Whether topics can lie on it: the others are kept, and never opened (storage.md §14.1).
    pub const fn can_be_opened(self) -> bool {
        matches!(self, Self::MySql | Self::MariaDb | Self::PostgreSql | Self::Sqlite | Self::Oss | Self::S3 | Self::Adls)
    }
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub tenant_id: String,
    /// Its name.
    pub name: String,
}

/// A user as a file defines it.
#[derive(Clone, PartialEq, Eq)]
pub struct UserDefinition {
    /// Its id; blank when it is to be made.
    pub user_id: String,
    /// Its name, unique across tenants.
    pub name: String,
    /// For people.
    pub nick_name: Option<String>,
    /// A clear password, or a hash; never printed.
    pub password: Option<String>,
    /// Whether it may sign in.
    pub is_active: bool,
    /// `console`, `admin` or `superadmin`.
    pub role: String,
    /// The tenant that owns it.
    pub tenant_id: Option<String>,
}

impl std::fmt::Debug for UserDefinition {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("UserDefinition").field("user_id", &self.user_id).field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

/// A data source tuple.
#[derive(Clone, PartialEq, Eq)]
pub struct DataSource {
    /// Its id.
    pub data_source_id: String,
    /// Its code.
    pub data_source_code: String,
    /// The kind of database.
    pub data_source_type: DataSourceType,
    /// Host name.
    pub host: Option<String>,
    /// Port, as text.
    pub port: Option<String>,
    /// User, or a reference (`env:NAME`, `file:/path`).
    pub username: Option<String>,
    /// Password, or a reference; never printed.
    pub password: Option<String>,
    /// Database.
    pub name: Option<String>,
    /// Wins over host and port.
    pub url: Option<String>,
    /// What else belongs to the connection (storage.md §14.1), in the order of the definition.
    pub params: Vec<DataSourceParam>,
    /// The tenant that owns it.
    pub tenant_id: Option<String>,
}

impl DataSource {
    /// A param as text; a blank one is none.
    pub fn param(&self, name: &str) -> Option<&str> {
        let named = self.params.iter().find(|param| param.name == name)?;
        match &named.value {
            ParamValue::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            ParamValue::Flag(flag) => Some(if *flag { "true" } else { "false" }),
        }
    }
}

/// A param of a data source. Some hold secrets, so it does not print its value.
#[derive(Clone, PartialEq, Eq)]
pub struct DataSourceParam {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: ParamValue,
}

/// The value of a param.
#[derive(Clone, PartialEq, Eq)]
pub enum ParamValue {
    /// A text.
    Text(String),
    /// True or false.
    Flag(bool),
}

impl DataSourceParam {
    /// Reads `{name, value}`; a number is its text. `None` where that is not its shape.
    pub fn from_json(json: &Json) -> Option<Self> {
        let value = match json.get("value")? {
            Json::String(text) => ParamValue::Text(text.clone()),
            Json::Bool(flag) => ParamValue::Flag(*flag),
            Json::Number(number) => ParamValue::Text(number.to_string()),
            Json::Null => ParamValue::Text(String::new()),
            _ => return None,
        };
        Some(Self { name: json.get("name")?.as_str()?.trim().to_owned(), value })
    }

    /// The same as JSON.
    pub fn to_json(&self) -> Json {
        let value = match &self.value {
            ParamValue::Text(text) => Json::String(text.clone()),
            ParamValue::Flag(flag) => Json::Bool(*flag),
        };
        serde_json::json!({"name": self.name, "value": value})
    }
}

impl std::fmt::Debug for DataSourceParam {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("DataSourceParam").field("name", &self.name).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ParamValue {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("ParamValue(…)")
    }
}

impl std::fmt::Debug for DataSource {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("DataSource").field("data_source_id", &self.data_source_id).field("data_source_type", &self.data_source_type).finish_non_exhaustive()
    }
}

/// An external writer tuple.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalWriterDefinition {
    /// Its id.
    pub writer_id: String,
    /// Its code.
    pub writer_code: String,
    /// Its name.
    pub name: Option<String>,
    /// The implementation.
    pub writer_type: ExternalWriterType,
    /// The token that is sent, or a reference; never printed.
    pub pat: Option<String>,
    /// Where to.
    pub url: Option<String>,
    /// The tenant that owns it.
    pub tenant_id: Option<String>,
}

impl std::fmt::Debug for ExternalWriterDefinition {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ExternalWriterDefinition").field("writer_id", &self.writer_id).field("writer_type", &self.writer_type).finish_non_exhaustive()
    }
}

/// A key store tuple: what a tenant encrypts its factors with.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyStoreDefinition {
    /// The tenant that owns it.
    pub tenant_id: Option<String>,
    /// The encryption method.
    pub key_type: String,
    /// Its parameters; never printed.
    pub params: Json,
}

impl KeyStoreDefinition {
    /// The key that it holds (engine.md §2.5); `None` for other methods, which need none.
    ///
    /// # Errors
    /// [`AesKeyError`] where key or vector are missing or have another length than 32 and 16.
    pub fn aes_key(&self) -> Option<Result<AesKey, AesKeyError>> {
        let param = |name: &str| self.params.get(name).and_then(Json::as_str).unwrap_or_default();
        (self.key_type == Encryption::Aes.as_str()).then(|| AesKey::new(param("key"), param("iv")))
    }
}

impl std::fmt::Debug for KeyStoreDefinition {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("KeyStoreDefinition").field("tenant_id", &self.tenant_id).field("key_type", &self.key_type).finish_non_exhaustive()
    }
}

/// What one or more definition files hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Definitions {
    /// Tenants.
    pub tenants: Vec<Tenant>,
    /// Users.
    pub users: Vec<UserDefinition>,
    /// User groups.
    pub user_groups: Vec<UserGroup>,
    /// Data sources.
    pub data_sources: Vec<DataSource>,
    /// Key stores.
    pub key_stores: Vec<KeyStoreDefinition>,
    /// Enumerations.
    pub enums: Vec<EnumDefinition>,
    /// External writers.
    pub external_writers: Vec<ExternalWriterDefinition>,
    /// Topics.
    pub topics: Vec<Topic>,
    /// Pipelines.
    pub pipelines: Vec<Pipeline>,
}

/// The lists of a MixImport document that we handle, with the key of each tuple's id.
const KNOWN_LISTS: &[&str] = &["tenants", "users", "userGroups", "dataSources", "keyStores", "enums", "externalWriters", "topics", "pipelines"];
/// The lists of a Watchmen export that have nothing to do with pipelines: they are ignored with a warning.
const OTHER_LISTS: &[&str] = &["spaces", "connectedSpaces", "indicators", "buckets", "monitorRules", "subjects", "reports", "dashboards", "catalogs"];

impl Definitions {
    /// Reads a document: a single tuple, a list of tuples, or a MixImport document. `origin` names it in problems.
    pub fn read(json: &Json, origin: &str, problems: &mut Problems) -> Self {
        let mut definitions = Self::default();
        match json {
            Json::Array(items) => {
                for item in items {
                    definitions.read_tuple(item, origin, problems);
                }
            }
            Json::Object(object) if KNOWN_LISTS.iter().chain(OTHER_LISTS).any(|key| object.get(*key).is_some_and(Json::is_array)) => {
                for (key, value) in object {
                    definitions.read_list(key, value, origin, problems);
                }
            }
            other => definitions.read_tuple(other, origin, problems),
        }
        definitions
    }

    /// Takes over what another document holds.
    pub fn extend(&mut self, other: Self) {
        self.tenants.extend(other.tenants);
        self.users.extend(other.users);
        self.user_groups.extend(other.user_groups);
        self.data_sources.extend(other.data_sources);
        self.key_stores.extend(other.key_stores);
        self.enums.extend(other.enums);
        self.external_writers.extend(other.external_writers);
        self.topics.extend(other.topics);
        self.pipelines.extend(other.pipelines);
    }

    /// How many tuples there are.
    pub fn len(&self) -> usize {
        self.tenants.len()
            + self.users.len()
            + self.user_groups.len()
            + self.data_sources.len()
            + self.key_stores.len()
            + self.enums.len()
            + self.external_writers.len()
            + self.topics.len()
            + self.pipelines.len()
    }

    /// Whether there is no tuple.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read_list(&mut self, key: &str, value: &Json, origin: &str, problems: &mut Problems) {
        match value {
            Json::Array(items) if KNOWN_LISTS.contains(&key) => {
                for item in items {
                    self.read_tuple(item, origin, problems);
                }
            }
            Json::Array(items) if !items.is_empty() => {
                problems.warning("definition-list-ignored", &Place::tuple("file", origin).key(key), "this list is not used here", "it is left out");
            }
            _ => {}
        }
    }

    fn read_tuple(&mut self, json: &Json, origin: &str, problems: &mut Problems) {
        let has = |key: &str| json.get(key).is_some();
        if has("pipelineId") || (has("stages") && has("topicId")) {
            self.pipelines.extend(Pipeline::read(json, problems));
        } else if has("topicId") || has("factors") {
            self.topics.extend(Topic::read(json, problems));
        } else if has("dataSourceId") || has("dataSourceType") {
            self.data_sources.extend(read_data_source(json, problems));
        } else if has("writerId") || has("writerCode") {
            self.external_writers.extend(read_external_writer(json, problems));
        } else if has("enumId") || (has("items") && has("name")) {
            self.enums.extend(EnumDefinition::read(json, label(json, "enumId"), problems));
        } else if has("userGroupId") || has("userIds") {
            self.user_groups.extend(UserGroup::read(json, label(json, "userGroupId"), problems));
        } else if has("keyType") {
            self.key_stores.extend(read_key_store(json, problems));
        } else if has("userId") || (has("role") && has("name")) {
            self.users.extend(read_user(json, problems));
        } else if has("tenantId") && has("name") {
            self.tenants.extend(read_tenant(json, problems));
        } else {
            problems.error(
                "definition-not-recognised",
                &Place::tuple("file", origin),
                "this is no definition",
                "write a topic, pipeline, data source, external writer, key store, enum, user, user group or tenant of Watchmen, a list of them, or a MixImport document",
            );
        }
    }
}

/// The label of a tuple in problems: its name, else its id.
fn label<'a>(json: &'a Json, id_key: &str) -> &'a str {
    json.get("name").or_else(|| json.get(id_key)).and_then(Json::as_str).unwrap_or("?")
}

fn read_tenant(json: &Json, problems: &mut Problems) -> Option<Tenant> {
    let mut reader = Reader::new(json, Place::tuple("tenant", label(json, "tenantId")), problems)?;
    Some(Tenant { tenant_id: reader.required("tenantId"), name: reader.required("name") })
}

fn read_user(json: &Json, problems: &mut Problems) -> Option<UserDefinition> {
    let mut reader = Reader::new(json, Place::tuple("user", label(json, "userId")), problems)?;
    Some(UserDefinition {
        user_id: reader.filled("userId").unwrap_or_default(),
        name: reader.required("name"),
        nick_name: reader.text("nickName"),
        password: reader.filled("password"),
        is_active: reader.flag("isActive").unwrap_or(true),
        role: reader.filled("role").unwrap_or_else(|| "console".to_owned()),
        tenant_id: reader.filled("tenantId"),
    })
}

fn read_data_source(json: &Json, problems: &mut Problems) -> Option<DataSource> {
    let mut reader = Reader::new(json, Place::tuple("data source", label(json, "dataSourceId")), problems)?;
    Some(DataSource {
        data_source_id: reader.required("dataSourceId"),
        data_source_code: reader.filled("dataSourceCode").unwrap_or_default(),
        data_source_type: reader.choice("dataSourceType")?,
        host: reader.filled("host"),
        port: reader.filled("port"),
        username: reader.filled("username"),
        password: reader.filled("password"),
        name: reader.filled("name"),
        url: reader.filled("url"),
        params: read_params(&mut reader),
        tenant_id: reader.filled("tenantId"),
    })
}

/// The params of a data source; one that has another shape is a mistake.
fn read_params(reader: &mut Reader<'_>) -> Vec<DataSourceParam> {
    let Some(params) = reader.raw("params") else { return Vec::new() };
    let read: Option<Vec<DataSourceParam>> = params.as_array().and_then(|params| params.iter().map(DataSourceParam::from_json).collect());
    read.unwrap_or_else(|| {
        let (place, remedy) = (reader.at("params"), "write a list of objects with name and value, which is a text or a boolean");
        reader.problems().error("definition-wrong-kind", &place, "is no list of {name, value}", remedy);
        Vec::new()
    })
}

fn read_external_writer(json: &Json, problems: &mut Problems) -> Option<ExternalWriterDefinition> {
    let mut reader = Reader::new(json, Place::tuple("external writer", label(json, "writerId")), problems)?;
    Some(ExternalWriterDefinition {
        writer_id: reader.required("writerId"),
        writer_code: reader.filled("writerCode").unwrap_or_default(),
        name: reader.text("name"),
        writer_type: reader.choice("type").unwrap_or(ExternalWriterType::Standard),
        pat: reader.filled("pat"),
        url: reader.filled("url"),
        tenant_id: reader.filled("tenantId"),
    })
}

fn read_key_store(json: &Json, problems: &mut Problems) -> Option<KeyStoreDefinition> {
    let mut reader = Reader::new(json, Place::tuple("key store", label(json, "keyType")), problems)?;
    let key_store = KeyStoreDefinition {
        tenant_id: reader.filled("tenantId"),
        key_type: reader.required("keyType"),
        params: reader.raw("params").cloned().unwrap_or_default(),
    };
    if let Some(Err(error)) = key_store.aes_key() {
        let place = Place::tuple("key store", &key_store.key_type).key("params");
        problems.error("definition-key-unusable", &place, error.to_string(), "give key with 32 and iv with 16 characters");
    }
    Some(key_store)
}
