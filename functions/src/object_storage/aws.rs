//! S3, and every store that speaks like it: `AWS_ENDPOINT_URL` (or `AWS_ENDPOINT_URL_S3`) names another one.
//! Credentials and region are the process's: `AWS_ACCESS_KEY_ID` and its kin, a web identity, the platform's role.

use std::sync::Arc;

use object_store::aws::AmazonS3Builder;
use object_store::{ObjectStore, RetryConfig, StaticCredentialProvider};

use super::access::{credential, variable};
use super::connect::Connector;
use super::{Access, Bucket};

/// Opens a bucket, by the path of its URL.
pub(super) fn open(bucket: &Bucket, access: &Access, connector: Connector, retries: RetryConfig) -> object_store::Result<Arc<dyn ObjectStore>> {
    let mut builder = AmazonS3Builder::from_env();
    if let Some(endpoint) = bucket.endpoint.clone().or_else(|| variable("AWS_ENDPOINT_URL_S3")) {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some(region) = &bucket.region {
        builder = builder.with_region(region);
    }
    if let Access::Keys(keys) = access {
        builder = builder.with_credentials(Arc::new(StaticCredentialProvider::new(credential(keys))));
    }
    let builder = builder.with_bucket_name(&bucket.name).with_allow_http(true).with_retry(retries).with_http_connector(connector);
    Ok(Arc::new(builder.build()?))
}

/// The URL of the store that is asked.
pub(super) fn endpoint(bucket: &Bucket) -> String {
    let given = bucket.endpoint.clone().or_else(|| variable("AWS_ENDPOINT_URL_S3")).or_else(|| variable("AWS_ENDPOINT_URL"));
    given.unwrap_or_else(|| {
        let region = bucket.region.clone().or_else(|| variable("AWS_REGION")).or_else(|| variable("AWS_DEFAULT_REGION"));
        format!("https://s3.{}.amazonaws.com", region.as_deref().unwrap_or("us-east-1"))
    })
}
