//! Every store of objects does the same (surface.md §17).

use nightowl::object_storage::{Access, AccessKeys, Bucket, Cloud, ObjectStorage};
use nightowl_config::{Loaded, Sources};
use nightowl_core::error::Coded as _;
use nightowl_tests::conformance::objects::{Store, everything};
use nightowl_tests::emulators;
use secrecy::SecretString;

fn driver(options: &[(&str, &str)]) -> ObjectStorage {
    let sources = options.iter().fold(Sources::default(), |sources, (key, value)| sources.option(key, value));
    ObjectStorage::of(Loaded::load(&sources).unwrap().settings())
}

fn keys() -> Access {
    Access::Keys(AccessKeys::new("test", "test", None))
}

#[tokio::test]
async fn memory() {
    everything(&Store { objects: driver(&[]), bucket: Bucket::new(Cloud::Memory, "m") }).await;
}

#[tokio::test]
async fn folders() {
    let folder = tempfile::tempdir().unwrap();
    let objects = driver(&[("storage.data_dir", folder.path().to_str().unwrap())]);
    everything(&Store { objects: objects.clone(), bucket: Bucket::new(Cloud::Local, "landing") }).await;
    assert!(folder.path().join("objects/landing").is_dir());
    for outside in ["../landing", "/etc"] {
        let error = objects.head(&Bucket::new(Cloud::Local, outside), "passwd").await.unwrap_err();
        assert!(error.code() == "object-invalid" && error.to_string().contains("storage.allow_paths"), "{error}");
    }
}

#[tokio::test]
async fn s3() {
    let Some(emulator) = emulators::aws() else { return };
    emulator.make_bucket("conformance");
    let bucket = Bucket { endpoint: Some(emulator.url()), ..Bucket::new(Cloud::Aws, "conformance") };
    let objects = driver(&[]).with_access(keys());
    let missing = Bucket { name: "no-such-bucket".to_owned(), ..bucket.clone() };
    everything(&Store { objects: objects.clone(), bucket }).await;
    assert_eq!(objects.head(&missing, "a").await.unwrap_err().code(), "object-not-found");
}

#[tokio::test]
async fn oss_by_its_s3_interface() {
    let Some(emulator) = emulators::aws() else { return };
    emulator.make_bucket("conformance-oss");
    let objects = driver(&[("driver.oss_endpoint", &emulator.url())]);
    // the keys of an invocation
    let objects = objects.with_access(Access::Invocation(AccessKeys::new("test", "test", Some("token"))));
    everything(&Store { objects, bucket: Bucket::new(Cloud::Alibaba, "conformance-oss") }).await;
}

#[tokio::test]
async fn azure_blob() {
    let Some(emulator) = emulators::azure() else { return };
    emulator.make_container("conformance");
    let objects = driver(&[]).with_access(Access::Connection(SecretString::from(emulator.azure_connection())));
    everything(&Store { objects: objects.clone(), bucket: Bucket::new(Cloud::Azure, "conformance") }).await;
    let wrong = emulator.azure_connection().replace("Eby8", "Eby9");
    let refused = driver(&[]).with_access(Access::Connection(SecretString::from(wrong)));
    let error = refused.head(&Bucket::new(Cloud::Azure, "conformance"), "a").await.unwrap_err();
    assert!(error.code() == "object-forbidden" && !format!("{error} {refused:?}").contains("Eby9"), "{error}");
}

#[tokio::test]
async fn a_store_that_is_away_is_tried_again_later() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let bucket = Bucket { endpoint: Some(format!("http://{free}")), ..Bucket::new(Cloud::Aws, "b") };
    let error = driver(&[]).with_access(keys()).head(&bucket, "a").await.unwrap_err();
    assert_eq!((error.code(), error.class()), ("object-unavailable", nightowl_core::error::ErrorClass::Retry), "{error}");
    assert!(error.to_string().contains(&free.to_string()), "{error}");
}
