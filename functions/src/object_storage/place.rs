//! Where objects lie: clouds, buckets, and the URLs that name them.

use super::ObjectError;

/// Whose store a bucket is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cloud {
    /// S3, and every store that speaks like it.
    Aws,
    /// Alibaba OSS.
    Alibaba,
    /// Azure Blob.
    Azure,
    /// Folders of this machine.
    Local,
    /// Nothing but memory.
    Memory,
}

/// A bucket, a container, or the folder that stands for one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bucket {
    /// Whose it is.
    pub cloud: Cloud,
    /// Its name; of [`Cloud::Local`] a path.
    pub name: String,
    /// Its region, where that is known.
    pub region: Option<String>,
    /// Its account, of Azure, where that is known.
    pub account: Option<String>,
    /// The URL of its store, where it is not the cloud's own.
    pub endpoint: Option<String>,
}

/// What a URL names: a bucket, and what the keys of its objects begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectUrl {
    /// The bucket.
    pub bucket: Bucket,
    /// What keys begin with; no slash at either end.
    pub prefix: String,
}

/// The schemes of URLs, and whose store they mean.
const SCHEMES: [(&str, Cloud); 5] =
    [("s3://", Cloud::Aws), ("oss://", Cloud::Alibaba), ("az://", Cloud::Azure), ("blob://", Cloud::Azure), ("memory://", Cloud::Memory)];
/// What the URL of a folder begins with.
const FILE: &str = "file:";

impl Cloud {
    /// Its name in settings and errors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Alibaba => "alibaba",
            Self::Azure => "azure",
            Self::Local => "local",
            Self::Memory => "memory",
        }
    }
}

impl Bucket {
    /// A bucket of which no more is known.
    pub fn new(cloud: Cloud, name: impl Into<String>) -> Self {
        Self { cloud, name: name.into(), region: None, account: None, endpoint: None }
    }

    /// In words, for errors.
    pub(super) fn told(&self) -> String {
        format!("{} bucket \"{}\"", self.cloud.as_str(), self.name)
    }

    /// Refuses a name that could mean something else in a URL or a path.
    pub(super) fn check(&self) -> Result<(), ObjectError> {
        let sound = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
        let named = self.cloud == Cloud::Local || (self.name.chars().all(sound) && !self.name.contains(".."));
        if self.name.is_empty() || !named {
            let reason = format!("\"{}\" is no name of a bucket; such names have letters, digits, dots and dashes", self.name);
            return Err(ObjectError::Invalid { doing: "find a bucket".to_owned(), reason });
        }
        Ok(())
    }
}

impl ObjectUrl {
    /// The place that a URL names: `s3://bucket/prefix`, `oss://…`, `az://container/prefix` (also `blob://`), `file:/folder`,
    /// `memory://…`. Where it names no bucket (`s3:///prefix`), it is `default_bucket`.
    ///
    /// # Errors
    /// [`ObjectError::Invalid`], without what stands behind the scheme.
    pub fn parse(url: &str, default_bucket: Option<&str>) -> Result<Self, ObjectError> {
        let wrong = |reason: &str| ObjectError::Invalid { doing: "read the URL of an object store".to_owned(), reason: reason.to_owned() };
        let url = url.trim();
        if let Some(path) = url.strip_prefix(FILE) {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(wrong("it names no folder; write file:/folder"));
            }
            return Ok(Self { bucket: Bucket::new(Cloud::Local, path), prefix: String::new() });
        }
        let found = SCHEMES.iter().find_map(|(scheme, cloud)| url.strip_prefix(scheme).map(|rest| (rest, *cloud)));
        let (rest, cloud) = found.ok_or_else(|| wrong("it begins with none of s3://, oss://, az://, file:"))?;
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let name = if name.is_empty() { default_bucket.unwrap_or_default() } else { name };
        let bucket = Bucket::new(cloud, name);
        bucket.check()?;
        Ok(Self { bucket, prefix: prefix.trim_matches('/').to_owned() })
    }

    /// The key of an object below the prefix.
    pub fn key(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", self.prefix) }
    }
}
