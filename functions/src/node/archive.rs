//! Data sources that are stores of objects: where the rows of their topics lie, and at which keys (storage.md §14.1, §18).

use std::sync::Arc;

use nightowl_config::Settings;
use nightowl_core::model::{DataSource, DataSourceType};
use nightowl_core::value::{Object, Value, text_form};
use nightowl_storage::meta::PasswordSeal;
use secrecy::SecretString;

use super::NodeError;
use super::data_source_url::{opened, password_seal, resolved};
use crate::object_storage::{Access, AccessKeys, Bucket, Cloud, ObjectStorage, ObjectUrl};

/// The row's id, and when it was written: what keys are made of.
const ID: &str = "id_";
const WRITTEN_AT: &str = "insert_time_";
/// What the URL of a folder begins with.
const FOLDER: &str = "file://";
/// The storage class of a store that speaks like S3.
const S3_COMPATIBLE: &str = "oos";

/// What it takes to find stores of objects.
#[derive(Debug, Clone)]
pub(super) struct Archives {
    /// The driver.
    pub(super) objects: ObjectStorage,
    /// Opens passwords that are stored sealed.
    seal: Option<Arc<PasswordSeal>>,
    /// Whether keys in OSS begin with the day (`storage.object_date_directory`).
    dated: bool,
    /// Whether keys of a data source are left aside for the platform's role (`storage.object_platform_role`).
    platform_role: bool,
}

/// Where the rows of a data source's topics lie.
#[derive(Debug, Clone)]
pub(super) struct ArchivePlace {
    /// The bucket.
    pub(super) bucket: Bucket,
    /// Its credentials.
    pub(super) access: Access,
    prefix: String,
    shape: KeyShape,
}

/// How keys are put together.
#[derive(Debug, Clone, PartialEq, Eq)]
enum KeyShape {
    /// `topic/id`, or `topic/` and a pattern.
    S3 { pattern: Option<String> },
    /// `topic/id.json`, where wanted behind the day.
    Oss { dated: bool },
    /// `topic/id`.
    Adls,
}

impl Archives {
    /// Those of the settings.
    pub(super) fn of(settings: &Settings, objects: ObjectStorage) -> Result<Self, NodeError> {
        Ok(Self {
            objects,
            seal: password_seal(settings)?.map(Arc::new),
            dated: settings.storage.object_date_directory,
            platform_role: settings.storage.object_platform_role,
        })
    }

    /// The place of a data source; the error says what it lacks.
    pub(super) fn place_of(&self, source: &DataSource) -> Result<ArchivePlace, String> {
        if source.param("secret_type").is_some() {
            return Err("its credentials are in a secret manager (secret_type), which this version does not ask; use references like env:NAME".to_owned());
        }
        let filled = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let (cloud, shape) = match source.data_source_type {
            DataSourceType::Oss => (Cloud::Alibaba, KeyShape::Oss { dated: self.dated }),
            DataSourceType::Adls => (Cloud::Azure, KeyShape::Adls),
            _ => (Cloud::Aws, KeyShape::S3 { pattern: source.param("filename").map(str::to_owned) }),
        };
        let prefix = source.param("s3_prefix").unwrap_or_default().trim_matches('/').to_owned();
        let access = self.access(source, cloud)?;
        // `file://folder` is a folder; with one slash it is a reference to a file that holds the URL.
        let is_folder = |url: &&str| url.trim().starts_with(FOLDER);
        let given = source.url.as_deref().filter(is_folder).map(str::to_owned);
        if let Some(url) = given.map_or_else(|| resolved(source.url.as_deref(), "url"), |url| Ok(Some(url)))? {
            let url = ObjectUrl::parse(&url, None).map_err(|error| error.to_string())?;
            let prefix = [url.prefix, prefix].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
            return Ok(ArchivePlace { bucket: url.bucket, access, prefix, shape });
        }
        let name = filled(&source.name).ok_or("it has neither url nor name, which is the bucket")?;
        let mut bucket = Bucket::new(cloud, name);
        let host = filled(&source.host);
        match cloud {
            Cloud::Aws if source.param("storage_class") == Some(S3_COMPATIBLE) => {
                bucket.endpoint = Some(with_scheme(&host.ok_or("it has no host, which is the store's endpoint")?));
                bucket.region = source.param("region_name").map(str::to_owned);
            }
            Cloud::Aws => bucket.region = host.or_else(|| source.param("region_name").map(str::to_owned)),
            Cloud::Azure => bucket.endpoint = host.map(|host| with_scheme(&host)),
            _ => bucket.endpoint = host,
        }
        Ok(ArchivePlace { bucket, access, prefix, shape })
    }

    fn access(&self, source: &DataSource, cloud: Cloud) -> Result<Access, String> {
        let user = resolved(source.username.as_deref(), "username")?;
        if cloud == Cloud::Azure {
            let param = |name: &str| resolved(source.param(name), name);
            return Ok(match (user, source.param("auth_type")) {
                (Some(account), Some("key")) => Access::AccountKey { account, key: secret(param("account_key")?, "account_key")? },
                (Some(account), Some("sas")) => Access::SharedAccess { account, signature: secret(param("sas_token")?, "sas_token")? },
                _ => Access::Process,
            });
        }
        let password = resolved(source.password.as_deref(), "password")?;
        Ok(match (user, password) {
            (Some(id), Some(password)) if !self.platform_role => Access::Keys(AccessKeys::new(&id, &opened(password, self.seal.as_deref())?, None)),
            _ => Access::Process,
        })
    }
}

fn secret(text: Option<String>, param: &str) -> Result<SecretString, String> {
    text.map(SecretString::from).ok_or_else(|| format!("its auth_type needs the param {param}"))
}

fn with_scheme(host: &str) -> String {
    if host.contains("://") { host.to_owned() } else { format!("https://{host}") }
}

impl ArchivePlace {
    /// The key of a row of a topic. It depends on the row alone, so that writing it twice changes nothing: times of patterns
    /// are those at which the row was written.
    pub(super) fn key(&self, topic: &str, row: &Object) -> Result<String, String> {
        let id = column(row, ID)?;
        let key = match &self.shape {
            KeyShape::S3 { pattern: Some(pattern) } => format!("{topic}/{}", filled_in(pattern, row)?),
            KeyShape::S3 { pattern: None } | KeyShape::Adls => format!("{topic}/{id}"),
            KeyShape::Oss { dated: true } => filled_in("${year}/${month}/${day}/", row)? + &format!("{topic}/{id}.json"),
            KeyShape::Oss { dated: false } => format!("{topic}/{id}.json"),
        };
        Ok(if self.prefix.is_empty() { key } else { format!("{}/{key}", self.prefix) })
    }
}

/// A pattern with `${column}` and `${year}` … `${sec}` filled in.
fn filled_in(pattern: &str, row: &Object) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once("${") {
        let (name, after) = behind.split_once('}').ok_or_else(|| format!("its param filename has a brace that is left open: \"{pattern}\""))?;
        text.push_str(before);
        text.push_str(&part(name.trim(), row)?);
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

fn part(name: &str, row: &Object) -> Result<String, String> {
    let format = match name {
        "year" => "%Y",
        "month" => "%m",
        "day" => "%d",
        "hour" => "%H",
        "minute" => "%M",
        "sec" => "%S",
        column_name => return column(row, column_name),
    };
    match row.get(WRITTEN_AT) {
        Some(Value::DateTime(moment)) => Ok(moment.format(format).to_string()),
        _ => Err(format!("the row has no {WRITTEN_AT}")),
    }
}

fn column(row: &Object, name: &str) -> Result<String, String> {
    let value = row.get(name).ok_or_else(|| format!("its topic has no column \"{name}\", which its key is made of"))?;
    match text_form(value) {
        text if value.is_null() || text.trim().is_empty() => Err(format!("column \"{name}\", which its key is made of, is empty")),
        text => Ok(text.into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Object {
        let moment = chrono::NaiveDate::from_ymd_opt(2026, 2, 1).and_then(|day| day.and_hms_opt(8, 7, 41)).expect("a moment");
        [("id_", Value::from(77)), ("no", Value::from("A-1")), ("none", Value::Null), ("insert_time_", Value::DateTime(moment))].into_iter().collect()
    }

    fn key(prefix: &str, shape: KeyShape) -> Result<String, String> {
        ArchivePlace { bucket: Bucket::new(Cloud::Memory, "b"), access: Access::Process, prefix: prefix.to_owned(), shape }.key("orders", &row())
    }

    #[test]
    fn keys_are_made_of_the_row() {
        let pattern = |text: &str| KeyShape::S3 { pattern: Some(text.to_owned()) };
        assert_eq!(key("", KeyShape::S3 { pattern: None }).as_deref(), Ok("orders/77"));
        assert_eq!(key("in/raw", KeyShape::S3 { pattern: None }).as_deref(), Ok("in/raw/orders/77"));
        let of_time = "${year}/${month}/${day}/${hour}${minute}${sec}-${no}.json";
        assert_eq!(key("p", pattern(of_time)).as_deref(), Ok("p/orders/2026/02/01/080741-A-1.json"));
        assert_eq!(key("", KeyShape::Oss { dated: false }).as_deref(), Ok("orders/77.json"));
        assert_eq!(key("", KeyShape::Oss { dated: true }).as_deref(), Ok("2026/02/01/orders/77.json"));
        assert_eq!(key("", KeyShape::Adls).as_deref(), Ok("orders/77"));
        assert!(key("", pattern("${unknown}")).is_err() && key("", pattern("${none}")).is_err() && key("", pattern("${no")).is_err());
    }
}
