//! AWS Secrets Manager.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde_json::{Value as Json, json};

use crate::cloud::aws::{self, Call};
use crate::cloud::{CloudError, Credentials, Meaning, Pauses};
use crate::outbound::{AllowedHosts, Client};

/// How long a secret is kept before it is asked for again: a rotated one is used that soon.
const KEPT: Duration = Duration::from_secs(60);
/// How many are kept.
const KEPT_SECRETS: usize = 1000;
/// The member that is the secret where its text is a JSON object.
const MEMBER: &str = "pat";
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of an answer: a secret of 64 KiB with what stands around it.
const ANSWER_BYTES: usize = 160 * 1024;
/// Where another endpoint is named, as AWS's own tools have it.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL"];

/// Reads secrets of Secrets Manager, and keeps them for a while.
#[derive(Debug)]
pub(super) struct SecretsManager {
    client: Client,
    kept: Mutex<HashMap<String, (Instant, SecretString)>>,
}

impl Default for SecretsManager {
    fn default() -> Self {
        Self { client: Client::new(AllowedHosts::all(), TIMEOUT).reading(ANSWER_BYTES), kept: Mutex::default() }
    }
}

impl SecretsManager {
    /// The text of a secret, by its ARN or name; of a JSON object its member `pat`.
    pub(super) async fn get(&self, name: &str) -> Result<SecretString, CloudError> {
        if let Some(known) = self.known(name) {
            return Ok(known);
        }
        let secret = self.ask(name).await?;
        if let Ok(mut kept) = self.kept.lock() {
            if kept.len() >= KEPT_SECRETS {
                kept.clear();
            }
            kept.insert(name.to_owned(), (Instant::now(), secret.clone()));
        }
        Ok(secret)
    }

    fn known(&self, name: &str) -> Option<SecretString> {
        let kept = self.kept.lock().ok()?;
        kept.get(name).filter(|(since, _)| since.elapsed() < KEPT).map(|(_, secret)| secret.clone())
    }

    async fn ask(&self, name: &str) -> Result<SecretString, CloudError> {
        let region = region_of(name).or_else(aws::region);
        let region = region.ok_or_else(|| CloudError::new(Meaning::Forbidden, "neither its ARN nor AWS_REGION says in which region it is"))?;
        let call = Call {
            url: &endpoint(&region),
            region: &region,
            service: "secretsmanager",
            target: "secretsmanager.GetSecretValue",
            json: "1.1",
            body: json!({"SecretId": name}).to_string(),
        };
        let mut pauses = Pauses::default();
        let answer = loop {
            let credentials = Credentials::of_environment(&aws::VARIABLES)?;
            match aws::call(&self.client, &credentials, &call).await {
                Err(error) if error.passes() => match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(error),
                },
                done => break done?,
            }
        };
        let text = answer.get("SecretString").and_then(Json::as_str);
        text.map(secret_of).ok_or_else(|| CloudError::new(Meaning::Invalid, "it holds bytes, and no text"))
    }
}

fn secret_of(text: &str) -> SecretString {
    let document: Option<Json> = serde_json::from_str(text).ok();
    let member = document.as_ref().and_then(|document| document.get(MEMBER)?.as_str());
    SecretString::from(member.unwrap_or(text))
}

fn region_of(name: &str) -> Option<String> {
    name.strip_prefix("arn:")?.split(':').nth(2).filter(|region| !region.is_empty()).map(str::to_owned)
}

fn endpoint(region: &str) -> String {
    let named = ENDPOINTS.iter().find_map(|name| std::env::var(name).ok().filter(|url| !url.trim().is_empty()));
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    named.map_or_else(|| format!("https://secretsmanager.{region}.{domain}/"), |url| format!("{}/", url.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_secret_is_its_text_or_a_member_of_it() {
        let of = |text: &str| secret_of(text).expose_secret().to_owned();
        assert_eq!(of("ntwl_a"), "ntwl_a");
        assert_eq!(of(r#"{"pat": "ntwl_a", "user": "x"}"#), "ntwl_a");
        assert_eq!(of(r#"{"token": "ntwl_a"}"#), r#"{"token": "ntwl_a"}"#);
    }

    #[test]
    fn an_arn_names_its_region() {
        assert_eq!(region_of("arn:aws:secretsmanager:eu-central-1:1:secret:a").as_deref(), Some("eu-central-1"));
        assert_eq!(region_of("loader"), None);
    }
}
