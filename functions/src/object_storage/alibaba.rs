//! Alibaba OSS, by the S3 form of its interface. Credentials are those of the invocation (surface.md §16.3), else
//! `ALIBABA_CLOUD_ACCESS_KEY_ID` and its kin.

use std::net::IpAddr;
use std::sync::Arc;

use object_store::aws::AmazonS3Builder;
use object_store::{ObjectStore, RetryConfig, StaticCredentialProvider};

use super::access::{credential, variable};
use super::connect::Connector;
use super::{Access, AccessKeys, Bucket};

/// What names of regions begin with where they name a client's region (surface.md §17).
const CLIENT_REGION: &str = "oss-";
/// Where nothing says it.
const REGION: &str = "cn-hangzhou";

/// Opens a bucket. `endpoint` is the setting `driver.oss_endpoint`.
pub(super) fn open(
    bucket: &Bucket,
    access: &Access,
    endpoint: Option<&str>,
    connector: Connector,
    retries: RetryConfig,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    let endpoint = self::endpoint(bucket, endpoint);
    let (scheme, host) = endpoint.split_once("://").unwrap_or(("https", &endpoint));
    let builder = AmazonS3Builder::new().with_region(format!("{CLIENT_REGION}{}", region(bucket))).with_bucket_name(&bucket.name);
    // OSS wants the bucket in the host; an address has no room for it.
    let builder = if has_room(host) {
        builder.with_virtual_hosted_style_request(true).with_endpoint(format!("{scheme}://{}.{host}", bucket.name))
    } else {
        builder.with_endpoint(&endpoint)
    };
    let builder = match keys(access) {
        Some(keys) => builder.with_credentials(Arc::new(StaticCredentialProvider::new(credential(&keys)))),
        None => builder.with_skip_signature(true),
    };
    Ok(Arc::new(builder.with_allow_http(true).with_retry(retries).with_http_connector(connector).build()?))
}

fn keys(access: &Access) -> Option<AccessKeys> {
    if let Access::Keys(keys) | Access::Invocation(keys) = access {
        return Some(keys.clone());
    }
    let id = variable("ALIBABA_CLOUD_ACCESS_KEY_ID").or_else(|| variable("OSS_ACCESS_KEY_ID"))?;
    let secret = variable("ALIBABA_CLOUD_ACCESS_KEY_SECRET").or_else(|| variable("OSS_ACCESS_KEY_SECRET"))?;
    Some(AccessKeys::new(&id, &secret, variable("ALIBABA_CLOUD_SECURITY_TOKEN").as_deref()))
}

/// The region without what clients put before it.
fn region(bucket: &Bucket) -> String {
    let given = bucket.region.clone().or_else(|| variable("FC_REGION")).or_else(|| variable("OSS_REGION"));
    let region = given.unwrap_or_else(|| REGION.to_owned());
    region.strip_prefix(CLIENT_REGION).unwrap_or(&region).to_owned()
}

/// The URL of the store: the bucket's own, the setting's, else the region's, inside of the platform the internal one.
pub(super) fn endpoint(bucket: &Bucket, setting: Option<&str>) -> String {
    let given = bucket.endpoint.as_deref().or(setting).map(str::trim).filter(|endpoint| !endpoint.is_empty());
    match given {
        Some(endpoint) if endpoint.contains("://") => endpoint.trim_end_matches('/').to_owned(),
        Some(endpoint) => format!("https://{}", endpoint.trim_end_matches('/')),
        None => {
            let inside = if variable("FC_FUNCTION_NAME").is_some() { "-internal" } else { "" };
            format!("https://{CLIENT_REGION}{}{inside}.aliyuncs.com", region(bucket))
        }
    }
}

/// Whether a host can have the bucket before it: a name with dots can.
fn has_room(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.contains('.') && name.parse::<IpAddr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object_storage::Cloud;

    #[test]
    fn the_region_gives_the_endpoint() {
        let of = |region: &str, setting: Option<&str>| endpoint(&Bucket { region: Some(region.to_owned()), ..Bucket::new(Cloud::Alibaba, "b") }, setting);
        assert_eq!(of("ap-south-1", None), "https://oss-ap-south-1.aliyuncs.com");
        assert_eq!(of("oss-ap-south-1", None), "https://oss-ap-south-1.aliyuncs.com");
        assert_eq!(of("x", Some("oss-cn-shanghai.aliyuncs.com/")), "https://oss-cn-shanghai.aliyuncs.com");
        assert_eq!(of("x", Some("http://127.0.0.1:9")), "http://127.0.0.1:9");
        assert!(has_room("oss-cn-shanghai.aliyuncs.com") && !has_room("127.0.0.1:9") && !has_room("localhost:9") && !has_room("[::1]:9"));
    }
}
