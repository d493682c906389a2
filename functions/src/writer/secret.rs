//! The token of a writer: as it stands, or a reference `env:NAME`, `file:/path` that is read at every call, so that a
//! rotated token is used at once (engine.md §6).

use secrecy::{ExposeSecret, SecretString};

/// The largest file of a token, in bytes.
const FILE_BYTES: u64 = 64 * 1024;
/// Variables of ours hold secrets of the installation, which no writer of a tenant may send away.
const OWN_VARIABLES: &str = "NIGHTOWL_";

/// The token that a definition's `pat` stands for; `None` where it is blank. An error names the reference, never a token.
pub(super) async fn token(pat: Option<&str>) -> Result<Option<SecretString>, String> {
    let Some(pat) = pat.map(str::trim).filter(|pat| !pat.is_empty()) else { return Ok(None) };
    let text = if let Some(name) = pat.strip_prefix("env:") {
        if name.to_ascii_uppercase().starts_with(OWN_VARIABLES) {
            return Err(format!("pat refers to variable {name}, and variables of Nightowl itself are not given away"));
        }
        std::env::var(name).map_err(|_| format!("pat refers to variable {name}, which is not set"))?
    } else if let Some(path) = pat.strip_prefix("file:") {
        read_file(path).await.map_err(|reason| format!("pat refers to file {path}: {reason}"))?
    } else {
        pat.to_owned()
    };
    let text = SecretString::from(text);
    if text.expose_secret().trim().is_empty() {
        return Err("pat refers to a token that is empty".to_owned());
    }
    Ok(Some(SecretString::from(text.expose_secret().trim())))
}

async fn read_file(path: &str) -> Result<String, String> {
    let size = tokio::fs::metadata(path).await.map_err(|error| error.kind().to_string())?.len();
    if size > FILE_BYTES {
        return Err(format!("it has more than {FILE_BYTES} bytes"));
    }
    tokio::fs::read_to_string(path).await.map_err(|error| error.kind().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn references_are_read_and_own_variables_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "from-file\n").unwrap();
        let shown = |token: Result<Option<SecretString>, String>| token.map(|token| token.map(|token| token.expose_secret().to_owned()));
        assert_eq!(shown(token(Some(" plain ")).await), Ok(Some("plain".to_owned())));
        assert_eq!(shown(token(Some(&format!("file:{}", file.display()))).await), Ok(Some("from-file".to_owned())));
        assert_eq!(shown(token(Some("  ")).await), Ok(None));
        assert_eq!(shown(token(Some("env:CARGO_PKG_NAME")).await), Ok(Some("nightowl".to_owned())));
        assert!(token(Some("env:NIGHTOWL_PAT")).await.is_err());
        assert!(token(Some("file:/nowhere")).await.is_err());
    }
}
