//! The URL of a data source (storage.md §14.1). References (`env:NAME`, `file:/path`) are resolved here, when the store is
//! opened; what they stand for is neither kept nor shown.

use std::path::{Component, Path, PathBuf};

use nightowl_config::Settings;
use nightowl_core::model::{DataSource, DataSourceType};
use nightowl_storage::meta::PasswordSeal;
use secrecy::ExposeSecret as _;

use super::NodeError;
use super::data_source_params::Params;

/// What it takes to find a data source.
#[derive(Debug)]
pub(super) struct Addresses {
    /// The data directory: paths begin there.
    pub(super) data_dir: PathBuf,
    /// Others that are allowed (`storage.allow_paths`).
    pub(super) allowed: Vec<PathBuf>,
    /// Opens passwords that are stored sealed (`storage.data_source_aes_key`).
    pub(super) seal: Option<PasswordSeal>,
}

impl Addresses {
    /// Those of the settings.
    pub(super) fn of(settings: &Settings) -> Result<Self, NodeError> {
        Ok(Self {
            data_dir: settings.storage.data_dir.clone(),
            allowed: settings.storage.allow_paths.iter().map(PathBuf::from).collect(),
            seal: password_seal(settings)?,
        })
    }

    /// The URL of a data source, or why it has none.
    pub(super) fn url_of(&self, source: &DataSource) -> Result<String, String> {
        match source.data_source_type {
            DataSourceType::Sqlite => self.file(source),
            DataSourceType::PostgreSql => server(source, "postgres", &["postgres", "postgresql"], "5432", self.seal.as_ref()),
            DataSourceType::MySql | DataSourceType::MariaDb => server(source, "mysql", &["mysql", "mariadb"], "3306", self.seal.as_ref()),
            other => Err(format!("type {other} can not be opened by this version; use sqlite, postgresql or mysql")),
        }
    }

    fn file(&self, source: &DataSource) -> Result<String, String> {
        let url = resolved(source.url.as_deref(), "url")?.ok_or("it has no url; give sqlite://path")?;
        let path = url.strip_prefix("sqlite://").ok_or("its url does not begin with sqlite://")?;
        let path = Path::new(path);
        let full = if path.is_absolute() { path.to_path_buf() } else { self.data_dir.join(path) };
        let escapes = full.components().any(|part| matches!(part, Component::ParentDir));
        let allowed = full.starts_with(&self.data_dir) || self.allowed.iter().any(|folder| full.starts_with(folder));
        if escapes || !allowed {
            return Err("its file lies outside of the data directory; list its folder in storage.allow_paths".to_owned());
        }
        Ok(format!("sqlite://{}", full.display()))
    }
}

/// What seals and opens passwords of data sources (storage.md §14.3); without a key there is none.
pub(super) fn password_seal(settings: &Settings) -> Result<Option<PasswordSeal>, NodeError> {
    let Some(key) = &settings.storage.data_source_aes_key else { return Ok(None) };
    let iv = settings.storage.data_source_aes_iv.as_ref().map(|iv| iv.expose_secret());
    let seal = PasswordSeal::new(key.expose_secret(), iv);
    seal.map(Some).map_err(|error| NodeError::Setting { key: "storage.data_source_aes_key", reason: error.to_string() })
}

/// A server's URL: the one that is given, else put together.
fn server(source: &DataSource, scheme: &str, schemes: &[&str], port: &str, seal: Option<&PasswordSeal>) -> Result<String, String> {
    let params = Params::of(source, scheme)?;
    if let Some(url) = resolved(source.url.as_deref(), "url")? {
        let (given, rest) = url.split_once("://").ok_or_else(|| format!("its url does not begin with {scheme}://"))?;
        // The reference names its driver behind a plus sign.
        let given = given.split('+').next().unwrap_or_default();
        return if schemes.contains(&given) { Ok(params.complete(scheme, rest)) } else { Err(format!("its url does not begin with {scheme}://")) };
    }
    let host = source.host.as_deref().filter(|host| !host.trim().is_empty()).ok_or("it has neither url nor host")?;
    let name = source.name.as_deref().filter(|name| !name.trim().is_empty()).ok_or("it has neither url nor name")?;
    let mut credentials = String::new();
    if let Some(user) = resolved(source.username.as_deref(), "username")? {
        credentials = encoded(&user);
        if let Some(password) = resolved(source.password.as_deref(), "password")? {
            credentials = format!("{credentials}:{}", encoded(&opened(password, seal)?));
        }
        credentials.push('@');
    }
    let port = source.port.as_deref().filter(|port| !port.trim().is_empty()).unwrap_or(port);
    Ok(params.complete(scheme, &format!("{credentials}{}:{}/{}", host.trim(), port.trim(), encoded(name.trim()))))
}

/// A password in clear; an error never holds it.
pub(super) fn opened(password: String, seal: Option<&PasswordSeal>) -> Result<String, String> {
    match seal {
        _ if !PasswordSeal::is_sealed(&password) => Ok(password),
        Some(seal) => seal.open(&password).map_err(|error| format!("its password can not be used: {error}")),
        None => Err("its password is sealed and there is no key; set storage.data_source_aes_key, or use a reference like env:NAME".to_owned()),
    }
}

/// A text, or what it refers to; blank is nothing. An error says which reference leads nowhere, never what is behind one.
pub(super) fn resolved(text: Option<&str>, what: &str) -> Result<Option<String>, String> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if let Some(name) = text.strip_prefix("env:") {
        return std::env::var(name).map(Some).map_err(|_| format!("its {what} refers to the variable {name}, which is not set"));
    }
    if let Some(path) = text.strip_prefix("file:") {
        let content =
            std::fs::read_to_string(path).map_err(|error| format!("its {what} refers to the file {path}, which can not be read ({})", error.kind()))?;
        return Ok(Some(content.trim_end_matches(['\r', '\n']).to_owned()));
    }
    Ok(Some(text.to_owned()))
}

/// A part of a URL: everything but letters, digits and `-._~` by its bytes.
pub(super) fn encoded(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(data_source_type: DataSourceType) -> DataSource {
        DataSource {
            data_source_id: "1".to_owned(),
            data_source_code: "own".to_owned(),
            data_source_type,
            host: Some("db".to_owned()),
            port: None,
            username: Some("u@ser".to_owned()),
            password: Some("p:w/d".to_owned()),
            name: Some("watchmen".to_owned()),
            url: None,
            params: Vec::new(),
            tenant_id: None,
        }
    }

    fn url_of(source: &DataSource) -> Result<String, String> {
        addresses(None).url_of(source)
    }

    fn addresses(seal: Option<PasswordSeal>) -> Addresses {
        Addresses { data_dir: "/data".into(), allowed: Vec::new(), seal }
    }

    #[test]
    fn urls_are_put_together_from_parts() {
        assert_eq!(url_of(&source(DataSourceType::PostgreSql)).as_deref(), Ok("postgres://u%40ser:p%3Aw%2Fd@db:5432/watchmen"));
        assert_eq!(url_of(&source(DataSourceType::MariaDb)).as_deref(), Ok("mysql://u%40ser:p%3Aw%2Fd@db:3306/watchmen"));
    }

    #[test]
    fn a_url_wins_and_drivers_of_the_reference_are_dropped() {
        let given = DataSource { url: Some("mysql+pymysql://u:p@h/d".to_owned()), ..source(DataSourceType::MySql) };
        assert_eq!(url_of(&given).as_deref(), Ok("mysql://u:p@h/d"));
        assert!(url_of(&DataSource { data_source_type: DataSourceType::PostgreSql, ..given }).is_err());
    }

    #[test]
    fn references_are_resolved_and_never_shown() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "secret\n").expect("written");
        let password = Some(format!("file:{}", file.path().display()));
        let url = url_of(&DataSource { password, ..source(DataSourceType::PostgreSql) }).expect("a url");
        assert_eq!(url, "postgres://u%40ser:secret@db:5432/watchmen");
        let away = url_of(&DataSource { password: Some("env:NIGHTOWL_TEST_NOT_SET".to_owned()), ..source(DataSourceType::PostgreSql) });
        assert_eq!(away, Err("its password refers to the variable NIGHTOWL_TEST_NOT_SET, which is not set".to_owned()));
    }

    #[test]
    fn sealed_passwords_are_opened_by_their_key_only() {
        let seal = |key: &str| PasswordSeal::new(key, None).expect("a key");
        let key = "0123456789abcdef0123456789abcdef";
        let sealed = DataSource { password: seal(key).seal("p:w/d").ok(), ..source(DataSourceType::PostgreSql) };
        assert_eq!(addresses(Some(seal(key))).url_of(&sealed).as_deref(), Ok("postgres://u%40ser:p%3Aw%2Fd@db:5432/watchmen"));
        let other = addresses(Some(seal("another key of exactly 32 bytes!"))).url_of(&sealed).expect_err("another key");
        assert!(other.contains("sealed with another key"), "{other}");
        assert!(url_of(&sealed).expect_err("no key").contains("storage.data_source_aes_key"));
        let of_reference = DataSource { password: Some("{AES}zZR8kHo=".to_owned()), ..source(DataSourceType::PostgreSql) };
        let published = PasswordSeal::new("hWmZq4t7w9z$C&F)J@NcRfUjXn2r5u8x", Some("J@NcRfUjXn2r5u8x")).expect("a pair");
        assert_eq!(addresses(Some(published)).url_of(&of_reference).as_deref(), Ok("postgres://u%40ser:hello@db:5432/watchmen"));
    }

    #[test]
    fn files_stay_in_their_folders() {
        let of = |url: &str| url_of(&DataSource { url: Some(url.to_owned()), ..source(DataSourceType::Sqlite) });
        assert_eq!(of("sqlite://a.db").as_deref(), Ok("sqlite:///data/a.db"));
        assert!(of("sqlite://../a.db").is_err());
        assert!(of("sqlite:///etc/a.db").is_err());
    }
}
