//! What every store of objects must do, whatever its cloud: functions over an empty bucket of it.

use std::collections::BTreeMap;

use nightowl::object_storage::{Bucket, ObjectError, ObjectStorage, Written};
use nightowl_core::error::{Coded as _, ErrorClass};

/// A bucket with the driver that reaches it.
#[derive(Debug)]
pub struct Store {
    /// The driver.
    pub objects: ObjectStorage,
    /// An empty bucket.
    pub bucket: Bucket,
}

impl Store {
    async fn put(&self, key: &str, content: &str) {
        self.objects.put(&self.bucket, key, content.as_bytes().to_vec(), &Written::default()).await.unwrap();
    }

    async fn content(&self, key: &str) -> Result<String, ObjectError> {
        let bytes = self.objects.get(&self.bucket, key, None).await?.bytes(1_000_000).await?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    async fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
        let found = self.objects.list(&self.bucket, prefix, after, limit).await.unwrap();
        found.into_iter().map(|info| info.key).collect()
    }
}

/// Everything, one after the other.
pub async fn everything(store: &Store) {
    what_is_written_is_read(store).await;
    keys_are_taken_as_they_stand(store).await;
    what_lies_beside_an_object_goes_with_it(store).await;
    objects_are_listed_by_their_keys(store).await;
    what_is_missing_is_told(store).await;
}

async fn what_is_written_is_read(store: &Store) {
    store.put("a.txt", "one").await;
    store.put("a.txt", "two").await;
    assert_eq!(store.content("a.txt").await.unwrap(), "two");
    let head = store.objects.head(&store.bucket, "a.txt").await.unwrap();
    assert_eq!((head.key.as_str(), head.size), ("a.txt", 3));
    let etag = head.etag.unwrap();
    assert!(!etag.is_empty() && !etag.contains('"'), "{etag}");
    store.objects.delete(&store.bucket, "a.txt").await.unwrap();
    store.objects.delete(&store.bucket, "a.txt").await.unwrap();
    assert!(matches!(store.content("a.txt").await, Err(ObjectError::NotFound { .. })));
    let large = "x".repeat(300_000);
    store.put("large", &large).await;
    assert_eq!(store.content("large").await.unwrap(), large);
    let fetched = store.objects.get(&store.bucket, "large", None).await.unwrap();
    assert_eq!(fetched.bytes(299_999).await.unwrap_err().code(), "limit-object");
    store.objects.delete(&store.bucket, "large").await.unwrap();
}

async fn keys_are_taken_as_they_stand(store: &Store) {
    let keys = ["in/day 1/order+1.json", "in/day%201", "in/ö/日.json", "in/a&b=c"];
    for key in keys {
        store.put(key, key).await;
    }
    for key in keys {
        assert_eq!(store.content(key).await.unwrap(), key);
    }
    assert!(matches!(store.content("in/day 1").await, Err(ObjectError::NotFound { .. })));
    for wrong in ["a//b", "/a", "a/../b"] {
        assert_eq!(store.content(wrong).await.unwrap_err().code(), "object-invalid", "{wrong}");
    }
    for key in keys {
        store.objects.delete(&store.bucket, key).await.unwrap();
    }
}

async fn what_lies_beside_an_object_goes_with_it(store: &Store) {
    let metadata: BTreeMap<String, String> = [("code", "raw_order"), ("triggertype", "merge")].map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let written = Written { content_type: Some("application/json".to_owned()), metadata };
    store.objects.put(&store.bucket, "m/one.json", b"{}".to_vec(), &written).await.unwrap();
    store.objects.copy(&store.bucket, "m/one.json", "done/one.json").await.unwrap();
    for key in ["m/one.json", "done/one.json"] {
        let found = store.objects.get(&store.bucket, key, None).await.unwrap();
        assert_eq!(found.content_type.as_deref(), Some("application/json"), "{key}");
        assert_eq!(found.metadata, written.metadata, "{key}");
        assert_eq!(found.bytes(10).await.unwrap(), b"{}");
        store.objects.delete(&store.bucket, key).await.unwrap();
    }
    assert_eq!(store.keys("", None, 10).await, Vec::<String>::new(), "nothing is left beside");
}

async fn objects_are_listed_by_their_keys(store: &Store) {
    for key in ["l/b", "l/a", "l/ab/c", "m/z"] {
        store.put(key, key).await;
    }
    assert_eq!(store.keys("", None, 10).await, ["l/a", "l/ab/c", "l/b", "m/z"]);
    assert_eq!(store.keys("l/a", None, 10).await, ["l/a", "l/ab/c"]);
    assert_eq!(store.keys("l/", Some("l/a"), 10).await, ["l/ab/c", "l/b"]);
    assert_eq!(store.keys("l/", None, 2).await, ["l/a", "l/ab/c"]);
    for key in store.keys("", None, 10).await {
        store.objects.delete(&store.bucket, &key).await.unwrap();
    }
}

async fn what_is_missing_is_told(store: &Store) {
    let error = store.objects.head(&store.bucket, "nowhere").await.unwrap_err();
    assert_eq!((error.code(), error.class()), ("object-not-found", ErrorClass::Reject));
    let error = store.objects.copy(&store.bucket, "nowhere", "elsewhere").await.unwrap_err();
    assert_eq!(error.code(), "object-not-found");
}
