//! Azure Blob: `AZURE_STORAGE_CONNECTION_STRING` or `AzureWebJobsStorage`, else `AZURE_STORAGE_ACCOUNT_NAME` with a key, a
//! shared access signature or a client's secret, else the platform's identity.

use std::sync::Arc;

use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::{ObjectStore, RetryConfig};
use secrecy::ExposeSecret as _;

use super::access::variable;
use super::connect::Connector;
use super::{Access, Bucket};

/// The account and key of every emulator (published).
const EMULATOR: (&str, &str) = ("devstoreaccount1", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==");
/// Where an emulator is, where nothing else is said.
const EMULATOR_ENDPOINT: &str = "http://127.0.0.1:10000/devstoreaccount1";

/// Opens a container.
pub(super) fn open(bucket: &Bucket, access: &Access, connector: Connector, retries: RetryConfig) -> object_store::Result<Arc<dyn ObjectStore>> {
    let builder = match access {
        Access::Connection(text) => Connection::read(text.expose_secret()).builder(),
        Access::AccountKey { account, key } => MicrosoftAzureBuilder::new().with_account(account).with_access_key(key.expose_secret()),
        Access::SharedAccess { account, signature } => {
            MicrosoftAzureBuilder::new().with_account(account).with_config(AzureConfigKey::SasKey, signature.expose_secret())
        }
        Access::Process | Access::Keys(_) | Access::Invocation(_) => match connection_string() {
            Some(text) => Connection::read(&text).builder(),
            None => of_process(bucket),
        },
    };
    let builder = match &bucket.endpoint {
        Some(endpoint) => builder.with_endpoint(endpoint.clone()),
        None => builder,
    };
    let builder = builder.with_container_name(&bucket.name).with_allow_http(true).with_retry(retries).with_http_connector(connector);
    Ok(Arc::new(builder.build()?))
}

fn connection_string() -> Option<String> {
    variable("AZURE_STORAGE_CONNECTION_STRING").or_else(|| variable("AzureWebJobsStorage"))
}

/// The account of the variables, else the one that the event names.
fn of_process(bucket: &Bucket) -> MicrosoftAzureBuilder {
    let builder = MicrosoftAzureBuilder::from_env();
    match (&bucket.account, variable("AZURE_STORAGE_ACCOUNT_NAME")) {
        (Some(account), None) => builder.with_account(account),
        _ => builder,
    }
}

/// The URL of the store that is asked.
pub(super) fn endpoint(bucket: &Bucket, access: &Access) -> String {
    let connection = match access {
        Access::Connection(text) => Some(text.expose_secret().to_owned()),
        Access::Process | Access::Keys(_) | Access::Invocation(_) => connection_string(),
        Access::AccountKey { .. } | Access::SharedAccess { .. } => None,
    };
    let account = match access {
        Access::AccountKey { account, .. } | Access::SharedAccess { account, .. } => Some(account.clone()),
        _ => variable("AZURE_STORAGE_ACCOUNT_NAME").or_else(|| bucket.account.clone()),
    };
    let of_connection = connection.and_then(|text| Connection::read(&text).endpoint());
    let given = bucket.endpoint.clone().or(of_connection);
    given.unwrap_or_else(|| format!("https://{}.blob.core.windows.net", account.unwrap_or_default()))
}

/// The parts of a connection string.
#[derive(Default)]
struct Connection<'a> {
    protocol: Option<&'a str>,
    account: Option<&'a str>,
    key: Option<&'a str>,
    endpoint: Option<&'a str>,
    suffix: Option<&'a str>,
    signature: Option<&'a str>,
    emulator: bool,
}

impl<'a> Connection<'a> {
    fn read(text: &'a str) -> Self {
        let mut parts = Self::default();
        for (name, value) in text.split(';').filter_map(|part| part.split_once('=')) {
            let value = Some(value.trim()).filter(|value| !value.is_empty());
            match name.trim().to_ascii_lowercase().as_str() {
                "defaultendpointsprotocol" => parts.protocol = value,
                "accountname" => parts.account = value,
                "accountkey" => parts.key = value,
                "blobendpoint" => parts.endpoint = value,
                "endpointsuffix" => parts.suffix = value,
                "sharedaccesssignature" => parts.signature = value,
                "usedevelopmentstorage" => parts.emulator = value.is_some_and(|value| value.eq_ignore_ascii_case("true")),
                _ => {}
            }
        }
        parts
    }

    fn endpoint(&self) -> Option<String> {
        if self.emulator {
            return Some(EMULATOR_ENDPOINT.to_owned());
        }
        let of_account =
            || self.account.map(|account| format!("{}://{account}.blob.{}", self.protocol.unwrap_or("https"), self.suffix.unwrap_or("core.windows.net")));
        self.endpoint.map(|endpoint| endpoint.trim_end_matches('/').to_owned()).or_else(of_account)
    }

    fn builder(&self) -> MicrosoftAzureBuilder {
        let (account, key) = if self.emulator { (Some(EMULATOR.0), Some(EMULATOR.1)) } else { (self.account, self.key) };
        let mut builder = MicrosoftAzureBuilder::new();
        // A connection string with a signature names no account; the endpoint does.
        let of_endpoint = self.endpoint.and_then(|endpoint| endpoint.split_once("://")).and_then(|(_, host)| host.split('.').next());
        if let Some(account) = account.or(of_endpoint) {
            builder = builder.with_account(account);
        }
        if let Some(endpoint) = self.endpoint() {
            builder = builder.with_endpoint(endpoint);
        }
        match (key, self.signature) {
            (Some(key), _) => builder.with_access_key(key),
            (None, Some(signature)) => builder.with_config(AzureConfigKey::SasKey, signature.trim_start_matches('?')),
            (None, None) => builder,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_string_names_the_store() {
        let endpoint = |text: &str| Connection::read(text).endpoint();
        assert_eq!(
            endpoint("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=k==;EndpointSuffix=core.example").as_deref(),
            Some("https://a.blob.core.example")
        );
        assert_eq!(endpoint("UseDevelopmentStorage=true").as_deref(), Some(EMULATOR_ENDPOINT));
        let given = "AccountName=a;AccountKey=k==;BlobEndpoint=http://127.0.0.1:9/a/;";
        assert_eq!(endpoint(given).as_deref(), Some("http://127.0.0.1:9/a"));
        assert_eq!(Connection::read(given).key, Some("k=="));
    }
}
