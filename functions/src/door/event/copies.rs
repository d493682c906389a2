//! Where a copy of every dead letter goes, beside the table (`event.dead_letter`, surface.md §15.5).

use std::path::PathBuf;
#[cfg(any(feature = "aws", feature = "alibaba"))]
use std::sync::Arc;
#[cfg(any(feature = "aws", feature = "alibaba"))]
use std::time::Duration;

use serde_json::Value as Json;

#[cfg(any(feature = "aws", feature = "alibaba"))]
use crate::messaging::{Message, MessagingDriver};
use crate::node::NodeError;
use crate::object_storage::{ObjectStorage, ObjectUrl, Written};
#[cfg(any(feature = "aws", feature = "alibaba"))]
use crate::outbound::{AllowedHosts, Client};

/// How long a queue may take to answer.
#[cfg(any(feature = "aws", feature = "alibaba"))]
const TIMEOUT: Duration = Duration::from_secs(10);
const KEY: &str = "event.dead_letter";

/// Where copies go.
#[derive(Debug, Clone)]
pub(super) enum Copies {
    /// Nowhere.
    None,
    /// To the log of the process.
    Log,
    /// To files of a folder.
    Folder(PathBuf),
    /// To objects of a store.
    Objects {
        /// The stores.
        objects: ObjectStorage,
        /// Below which key of which.
        place: ObjectUrl,
    },
    /// To a queue.
    #[cfg(any(feature = "aws", feature = "alibaba"))]
    Queue {
        /// Whose queue it is.
        driver: Arc<dyn MessagingDriver>,
        /// Its URL.
        url: String,
    },
}

impl Copies {
    /// Those of the setting.
    pub(super) fn parse(setting: &str, objects: &ObjectStorage) -> Result<Self, NodeError> {
        let setting = setting.trim();
        let (scheme, place) = setting.split_once(':').unwrap_or((setting, ""));
        match (scheme, place) {
            ("" | "table", "") => Ok(Self::None),
            ("log", "") => Ok(Self::Log),
            ("file", folder) if !folder.is_empty() => Ok(Self::Folder(folder.into())),
            ("sqs", url) if !url.is_empty() => sqs(url),
            ("mns", queue) if !queue.is_empty() => mns(queue),
            (_, place) if place.starts_with("//") => {
                let place = ObjectUrl::parse(setting, objects.default_bucket()).map_err(|error| wrong(&error.to_string()))?;
                Ok(Self::Objects { objects: objects.clone(), place })
            }
            _ => Err(wrong("it is none of table, log, file:<folder>, sqs:<url of the queue>, mns:<queue or its url>, s3://…, oss://…, blob://…")),
        }
    }

    /// Whether there are any.
    pub(super) const fn are_made(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Makes a copy. One that can not be made is told of; the letter itself is kept.
    pub(super) async fn make(&self, dead_letter_id: i64, trace_id: Option<&str>, document: &Json) {
        let made = match self {
            Self::None => Ok(()),
            Self::Log => {
                tracing::error!(dead_letter_id, trace_id, "dead letter: {document}");
                Ok(())
            }
            Self::Folder(folder) => {
                let path = folder.join(format!("{dead_letter_id}.json"));
                tokio::fs::write(&path, document.to_string()).await.map_err(|error| format!("{}: {error}", path.display()))
            }
            Self::Objects { objects, place } => {
                let written = Written { content_type: Some("application/json".to_owned()), ..Written::default() };
                let (key, bytes) = (place.key(&format!("{dead_letter_id}.json")), document.to_string().into_bytes());
                objects.put(&place.bucket, &key, bytes, &written).await.map(|_| ()).map_err(|error| error.to_string())
            }
            #[cfg(any(feature = "aws", feature = "alibaba"))]
            Self::Queue { driver, url } => {
                let (body, id) = (document.to_string(), dead_letter_id.to_string());
                let message = Message { body: &body, trace_id, idempotency_key: &id, group: "dead-letters" };
                driver.send(url, &message, None).await.map(|_| ()).map_err(|error| error.to_string())
            }
        };
        if let Err(reason) = made {
            tracing::error!(dead_letter_id, trace_id, "the copy of a dead letter can not be made: {reason}");
        }
    }
}

fn wrong(reason: &str) -> NodeError {
    NodeError::Setting { key: KEY, reason: reason.to_owned() }
}

#[cfg(feature = "aws")]
fn sqs(url: &str) -> Result<Copies, NodeError> {
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(wrong("sqs: is not followed by the url of a queue"));
    }
    let driver = Arc::new(crate::messaging::Sqs::new(Client::new(AllowedHosts::all(), TIMEOUT)));
    Ok(Copies::Queue { driver, url: url.to_owned() })
}

#[cfg(not(feature = "aws"))]
fn sqs(_: &str) -> Result<Copies, NodeError> {
    Err(wrong("sqs: needs a build with the feature aws"))
}

/// A queue by its URL, or by its name in the account and region of the function.
#[cfg(feature = "alibaba")]
fn mns(queue: &str) -> Result<Copies, NodeError> {
    let url = if queue.contains("://") {
        queue.to_owned()
    } else {
        let read = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let (Some(account), Some(region)) = (read("FC_ACCOUNT_ID"), read("FC_REGION")) else {
            return Err(wrong("mns: is followed by a name, which outside of Function Compute is not enough; give the url of the queue"));
        };
        format!("https://{account}.mns.{region}.aliyuncs.com/queues/{queue}")
    };
    let driver = Arc::new(crate::messaging::Mns::new(Client::new(AllowedHosts::all(), TIMEOUT)));
    Ok(Copies::Queue { driver, url })
}

#[cfg(not(feature = "alibaba"))]
fn mns(_: &str) -> Result<Copies, NodeError> {
    Err(wrong("mns: needs a build with the feature alibaba"))
}

#[cfg(test)]
mod tests {
    use nightowl_config::{Loaded, Sources};

    use super::*;

    fn parse(setting: &str) -> Result<Copies, NodeError> {
        let loaded = Loaded::load(&Sources::default()).unwrap();
        Copies::parse(setting, &ObjectStorage::of(loaded.settings()))
    }

    #[test]
    fn a_destination_is_one_of_few() {
        for right in
            ["table", "", "log", "file:/var/dead", "sqs:https://sqs.eu-central-1.amazonaws.com/1/dead", "mns:https://1.mns.cn.aliyuncs.com/queues/dead"]
        {
            assert!(parse(right).is_ok(), "{right}");
        }
        for wrong in ["file:", "sqs:dead", "mns:dead", "elsewhere", "log:x"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_folder_holds_a_file_for_each() {
        let folder = tempfile::tempdir().unwrap();
        let copies = parse(&format!("file:{}", folder.path().display())).unwrap();
        copies.make(7, None, &serde_json::json!({"a": 1})).await;
        assert_eq!(std::fs::read_to_string(folder.path().join("7.json")).unwrap(), "{\"a\":1}");
    }
}
