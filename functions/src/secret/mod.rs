//! Secrets by reference (surface.md §17): variables, files, and what a cloud keeps. Their text is read when it is needed, and
//! is in no setting, no trace and no log.

#[cfg(feature = "aws")]
mod aws;

use std::path::{Path, PathBuf};

use secrecy::SecretString;

/// The largest file of a secret, in bytes.
const FILE_BYTES: u64 = 64 * 1024;

/// Where a secret is. It can be shown: it names the secret, and is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretReference {
    /// A variable of the process.
    Variable(String),
    /// A file.
    File(PathBuf),
    /// AWS Secrets Manager: an ARN, or a name in the region of the environment.
    Aws(String),
}

/// Reads secrets, and keeps those of a cloud for a while.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    #[cfg(feature = "aws")]
    aws: aws::SecretsManager,
}

impl SecretReference {
    /// A reference as `patSecret` writes it: `env:NAME`, `file:/path`, the ARN of a secret of AWS Secrets Manager or its name.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some(name) = text.strip_prefix("env:") {
            return Ok(Self::Variable(name.to_owned()));
        }
        if let Some(path) = text.strip_prefix("file:") {
            return Ok(Self::File(path.into()));
        }
        let is_of_aws = text.starts_with("arn:") && text.contains(":secretsmanager:");
        if !is_of_aws && text.contains(':') {
            return Err("it is none of env:NAME, file:/path, the ARN of a secret of AWS Secrets Manager, its name".to_owned());
        }
        if cfg!(feature = "aws") {
            Ok(Self::Aws(text.to_owned()))
        } else {
            Err("it names a secret of AWS Secrets Manager, and this build has no feature aws".to_owned())
        }
    }
}

impl Secrets {
    /// The text of a secret. An error names the reference, never a secret.
    pub(crate) async fn get(&self, reference: &SecretReference) -> Result<SecretString, String> {
        match reference {
            SecretReference::Variable(name) => std::env::var(name).map(SecretString::from).map_err(|_| format!("variable {name} is not set")),
            SecretReference::File(path) => read_file(path).await.map_err(|reason| format!("file {} can not be read: {reason}", path.display())),
            SecretReference::Aws(name) => self.of_aws(name).await,
        }
    }

    #[cfg(feature = "aws")]
    async fn of_aws(&self, name: &str) -> Result<SecretString, String> {
        self.aws.get(name).await.map_err(|error| format!("secret {name} can not be read: {error}"))
    }

    #[cfg(not(feature = "aws"))]
    async fn of_aws(&self, name: &str) -> Result<SecretString, String> {
        Err(format!("secret {name} can not be read: this build has no feature aws"))
    }
}

async fn read_file(path: &Path) -> Result<SecretString, String> {
    let size = tokio::fs::metadata(path).await.map_err(|error| error.kind().to_string())?.len();
    if size > FILE_BYTES {
        return Err(format!("it has more than {FILE_BYTES} bytes"));
    }
    tokio::fs::read_to_string(path).await.map(SecretString::from).map_err(|error| error.kind().to_string())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[tokio::test]
    async fn variables_and_files_are_read_when_they_are_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let secrets = Secrets::default();
        let reference = SecretReference::parse(&format!("file:{}", file.display())).unwrap();
        assert!(secrets.get(&reference).await.unwrap_err().contains("can not be read"));
        for text in ["first", "second"] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(secrets.get(&reference).await.unwrap().expose_secret(), text);
        }
        std::fs::write(&file, "x".repeat(70_000)).unwrap();
        assert!(secrets.get(&reference).await.unwrap_err().contains("more than 65536 bytes"));
        let variable = SecretReference::parse("env:CARGO_PKG_NAME").unwrap();
        assert_eq!(secrets.get(&variable).await.unwrap().expose_secret(), "nightowl");
    }

    #[test]
    fn a_reference_is_one_of_four() {
        assert_eq!(SecretReference::parse("env:A"), Ok(SecretReference::Variable("A".to_owned())));
        for wrong in ["acs:kms:cn:1:secret/a", "https://a.vault.azure.net/secrets/b", "arn:aws:s3:::a"] {
            assert!(SecretReference::parse(wrong).is_err(), "{wrong}");
        }
        let arn = "arn:aws:secretsmanager:eu-central-1:1:secret:loader-a1";
        assert_eq!(SecretReference::parse(arn).is_ok(), cfg!(feature = "aws"));
    }
}
