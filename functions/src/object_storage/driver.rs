//! The driver: stores that are open, and what is done with their objects.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::StreamExt as _;
use nightowl_config::{DriverName, Settings};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{Attribute, AttributeValue, Attributes, GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutOptions};

use super::local::Folders;
use super::trouble::{Trouble, noting};
use super::{Access, Bucket, Cloud, Fetched, ObjectError, ObjectInfo, Written, sidecar};

/// The most buckets that are kept open.
const OPEN: usize = 256;

/// Reads and writes objects. Handles are cheap to clone.
#[derive(Debug, Clone)]
pub struct ObjectStorage {
    shared: Arc<Shared>,
    /// With which credentials; with others than those of the process nothing is kept open.
    access: Access,
}

#[derive(Debug)]
struct Shared {
    /// The store that every event's objects are in, where the setting names one.
    driver: Option<Cloud>,
    default_bucket: Option<String>,
    #[cfg_attr(not(feature = "alibaba"), expect(dead_code, reason = "only OSS has it"))]
    oss_endpoint: Option<String>,
    folders: Folders,
    open: Mutex<HashMap<Bucket, Arc<dyn ObjectStore>>>,
}

impl ObjectStorage {
    /// The driver of the settings. Nothing is opened yet.
    pub fn of(settings: &Settings) -> Self {
        let driver = settings.driver.object_storage.map(|name| match name {
            DriverName::Aws => Cloud::Aws,
            DriverName::Alibaba => Cloud::Alibaba,
            DriverName::Azure => Cloud::Azure,
            DriverName::Local => Cloud::Local,
            DriverName::Memory => Cloud::Memory,
        });
        let folders = Folders::new(&settings.storage.data_dir, settings.storage.allow_paths.iter().map(PathBuf::from));
        let shared = Shared {
            driver,
            default_bucket: settings.driver.object_bucket.clone(),
            oss_endpoint: settings.driver.oss_endpoint.clone(),
            folders,
            open: Mutex::default(),
        };
        Self { shared: Arc::new(shared), access: Access::Process }
    }

    /// The same with other credentials.
    #[must_use]
    pub fn with_access(&self, access: Access) -> Self {
        Self { shared: Arc::clone(&self.shared), access }
    }

    /// The bucket that is used where a URL names none.
    pub fn default_bucket(&self) -> Option<&str> {
        self.shared.default_bucket.as_deref()
    }

    /// Whose store the objects of an event are in: the setting's, else the one of the event's own cloud.
    pub fn cloud_of(&self, own: Cloud) -> Cloud {
        self.shared.driver.unwrap_or(own)
    }

    /// Opens an object.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`] and its kin.
    pub async fn get(&self, bucket: &Bucket, key: &str, version: Option<&str>) -> Result<Fetched, ObjectError> {
        let doing = format!("read object \"{key}\" of {}", bucket.told());
        let store = self.store(bucket)?;
        let options = GetOptions { version: version.map(str::to_owned), ..GetOptions::default() };
        let (got, trouble) = noting(store.get_opts(&path(key, &doing)?, options)).await;
        let got = got.map_err(|error| Trouble::told(trouble, &error, &doing))?;
        let mut written = written(&got.attributes);
        if bucket.cloud == Cloud::Local {
            written = sidecar(&store, key).await;
        }
        let info = info(&got.meta);
        Ok(Fetched { info, content_type: written.content_type, metadata: written.metadata, doing, stream: got.into_stream() })
    }

    /// Writes an object, over one of that key; gives its ETag, where the store tells it.
    ///
    /// # Errors
    /// [`ObjectError::Forbidden`] and its kin.
    pub async fn put(&self, bucket: &Bucket, key: &str, bytes: Vec<u8>, written: &Written) -> Result<Option<String>, ObjectError> {
        let doing = format!("write object \"{key}\" of {}", bucket.told());
        let store = self.store(bucket)?;
        let mut options = PutOptions::default();
        if bucket.cloud == Cloud::Local {
            refuse_sidecar(key, &doing)?;
            // First, so that no object is ever seen without it.
            if let Some(beside) = sidecar::bytes_of(written) {
                let (put, _) = noting(store.put(&path(&sidecar::key_of(key), &doing)?, beside.into())).await;
                put.map_err(|error| Trouble::told(None, &error, &doing))?;
            }
        } else {
            options.attributes = attributes(written);
        }
        let (put, trouble) = noting(store.put_opts(&path(key, &doing)?, bytes.into(), options)).await;
        let put = put.map_err(|error| Trouble::told(trouble, &error, &doing))?;
        Ok(put.e_tag.as_deref().map(unquoted))
    }

    /// What is known of an object.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`] and its kin.
    pub async fn head(&self, bucket: &Bucket, key: &str) -> Result<ObjectInfo, ObjectError> {
        let doing = format!("look at object \"{key}\" of {}", bucket.told());
        let store = self.store(bucket)?;
        let (found, trouble) = noting(store.head(&path(key, &doing)?)).await;
        found.map(|meta| info(&meta)).map_err(|error| Trouble::told(trouble, &error, &doing))
    }

    /// Deletes an object. One that is not there is deleted already.
    ///
    /// # Errors
    /// [`ObjectError::Forbidden`] and its kin.
    pub async fn delete(&self, bucket: &Bucket, key: &str) -> Result<(), ObjectError> {
        let doing = format!("delete object \"{key}\" of {}", bucket.told());
        let store = self.store(bucket)?;
        for key in std::iter::once(key.to_owned()).chain((bucket.cloud == Cloud::Local).then(|| sidecar::key_of(key))) {
            let (gone, trouble) = noting(store.delete(&path(&key, &doing)?)).await;
            match gone.map_err(|error| Trouble::told(trouble, &error, &doing)) {
                Ok(()) | Err(ObjectError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Copies an object within its bucket, with what is stored beside it.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`] and its kin.
    pub async fn copy(&self, bucket: &Bucket, from: &str, to: &str) -> Result<(), ObjectError> {
        let doing = format!("copy object \"{from}\" of {} to \"{to}\"", bucket.told());
        let store = self.store(bucket)?;
        if bucket.cloud == Cloud::Local {
            refuse_sidecar(to, &doing)?;
            let (beside, _) = noting(store.copy(&path(&sidecar::key_of(from), &doing)?, &path(&sidecar::key_of(to), &doing)?)).await;
            match beside.map_err(|error| Trouble::told(None, &error, &doing)) {
                Ok(()) | Err(ObjectError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let (copied, trouble) = noting(store.copy(&path(from, &doing)?, &path(to, &doing)?)).await;
        copied.map_err(|error| Trouble::told(trouble, &error, &doing))
    }

    /// The objects whose keys begin with `prefix` and come behind `after`, in the order of their keys, at most `limit`.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`] for the bucket, and its kin.
    pub async fn list(&self, bucket: &Bucket, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<ObjectInfo>, ObjectError> {
        let doing = format!("list the objects of {}", bucket.told());
        let store = self.store(bucket)?;
        // The library knows whole parts of keys only.
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let folder = path(folder, &doing)?;
        let offset = path(after.unwrap_or_default(), &doing)?;
        let mut found = store.list_with_offset(Some(&folder), &offset);
        let mut objects = Vec::new();
        loop {
            let (next, trouble) = noting(found.next()).await;
            let Some(next) = next else { break };
            let meta = next.map_err(|error| Trouble::told(trouble, &error, &doing))?;
            let key = meta.location.as_ref();
            let is_beside = bucket.cloud == Cloud::Local && sidecar::is_one(key);
            if key.starts_with(prefix) && !is_beside {
                objects.push(info(&meta));
            }
            // Folders list in no order, so all is read of them.
            if objects.len() >= limit && bucket.cloud != Cloud::Local {
                break;
            }
        }
        objects.sort_by(|one, other| one.key.cmp(&other.key));
        objects.truncate(limit);
        Ok(objects)
    }

    /// The host and port that are asked for a bucket; `None` where nobody is.
    pub fn host_of(&self, bucket: &Bucket) -> Option<(String, u16)> {
        let endpoint = self.endpoint_of(bucket)?;
        let (scheme, rest) = endpoint.split_once("://")?;
        let authority = rest.split('/').next().unwrap_or_default();
        let default = if scheme == "https" { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().unwrap_or(default)),
            _ => (authority, default),
        };
        Some((host.trim_start_matches('[').trim_end_matches(']').to_owned(), port))
    }

    fn endpoint_of(&self, bucket: &Bucket) -> Option<String> {
        match bucket.cloud {
            #[cfg(feature = "aws")]
            Cloud::Aws => Some(super::aws::endpoint(bucket)),
            #[cfg(feature = "alibaba")]
            Cloud::Alibaba => Some(super::alibaba::endpoint(bucket, self.shared.oss_endpoint.as_deref())),
            #[cfg(feature = "azure")]
            Cloud::Azure => Some(super::azure::endpoint(bucket, &self.access)),
            _ => None,
        }
    }

    /// The store of a bucket: open already, or opened now.
    fn store(&self, bucket: &Bucket) -> Result<Arc<dyn ObjectStore>, ObjectError> {
        bucket.check()?;
        let is_own = match &self.access {
            Access::Process => false,
            Access::Invocation(_) => bucket.cloud == Cloud::Alibaba,
            // Folders and memory want no credentials, and memory is one and the same for everybody.
            _ => !matches!(bucket.cloud, Cloud::Local | Cloud::Memory),
        };
        if is_own {
            return self.open(bucket);
        }
        let known = self.shared.open.lock().ok().and_then(|open| open.get(bucket).cloned());
        if let Some(store) = known {
            return Ok(store);
        }
        let store = self.open(bucket)?;
        if let Ok(mut open) = self.shared.open.lock() {
            // Whoever was first is used by all: memory is one and the same for everybody.
            if let Some(first) = open.get(bucket) {
                return Ok(Arc::clone(first));
            }
            if open.len() < OPEN || bucket.cloud == Cloud::Memory {
                open.insert(bucket.clone(), Arc::clone(&store));
            }
        }
        Ok(store)
    }

    fn open(&self, bucket: &Bucket) -> Result<Arc<dyn ObjectStore>, ObjectError> {
        let doing = || format!("open {}", bucket.told());
        let told = |error: object_store::Error| Trouble::told(None, &error, &doing());
        match bucket.cloud {
            Cloud::Local => self.shared.folders.open(bucket),
            Cloud::Memory => Ok(Arc::new(InMemory::new())),
            #[cfg(feature = "aws")]
            Cloud::Aws => super::aws::open(bucket, &self.access, super::connect::Connector, super::connect::retries()).map_err(told),
            #[cfg(feature = "alibaba")]
            Cloud::Alibaba => {
                let endpoint = self.shared.oss_endpoint.as_deref();
                super::alibaba::open(bucket, &self.access, endpoint, super::connect::Connector, super::connect::retries()).map_err(told)
            }
            #[cfg(feature = "azure")]
            Cloud::Azure => super::azure::open(bucket, &self.access, super::connect::Connector, super::connect::retries()).map_err(told),
            #[cfg(not(all(feature = "aws", feature = "alibaba", feature = "azure")))]
            cloud => {
                let _unused = told;
                Err(ObjectError::NoDriver { cloud })
            }
        }
    }
}

/// A key as the library has it: as it stands.
fn path(key: &str, doing: &str) -> Result<Path, ObjectError> {
    let wrong = || ObjectError::Invalid { doing: doing.to_owned(), reason: "the key has empty parts, or parts that are dots".to_owned() };
    let path = Path::parse(key).map_err(|_| wrong())?;
    // A slash at an end would be lost, and another object be meant.
    if path.as_ref() == key { Ok(path) } else { Err(wrong()) }
}

fn refuse_sidecar(key: &str, doing: &str) -> Result<(), ObjectError> {
    if !sidecar::is_one(key) {
        return Ok(());
    }
    Err(ObjectError::Invalid { doing: doing.to_owned(), reason: "in folders such keys are of what lies beside objects; choose another one".to_owned() })
}

/// What lies beside a file.
async fn sidecar(store: &Arc<dyn ObjectStore>, key: &str) -> Written {
    let Ok(path) = Path::parse(sidecar::key_of(key)) else { return Written::default() };
    match store.get(&path).await {
        Ok(got) if got.meta.size <= sidecar::BYTES => got.bytes().await.map(|bytes: Bytes| sidecar::read(&bytes)).unwrap_or_default(),
        _ => Written::default(),
    }
}

fn info(meta: &ObjectMeta) -> ObjectInfo {
    ObjectInfo {
        key: meta.location.to_string(),
        size: meta.size,
        etag: meta.e_tag.as_deref().map(unquoted),
        version: meta.version.clone(),
        modified: meta.last_modified,
    }
}

fn unquoted(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}

fn written(attributes: &Attributes) -> Written {
    let mut written = Written::default();
    for (attribute, value) in attributes {
        match attribute {
            Attribute::ContentType => written.content_type = Some(value.to_string()),
            Attribute::Metadata(name) => {
                written.metadata.insert(name.to_ascii_lowercase(), value.to_string());
            }
            _ => {}
        }
    }
    written
}

fn attributes(written: &Written) -> Attributes {
    let mut attributes = Attributes::new();
    if let Some(content_type) = &written.content_type {
        attributes.insert(Attribute::ContentType, AttributeValue::from(content_type.clone()));
    }
    for (name, value) in &written.metadata {
        attributes.insert(Attribute::Metadata(name.clone().into()), AttributeValue::from(value.clone()));
    }
    attributes
}
