//! Where an installation under test keeps its tables: files of a folder, or schemas (PostgreSQL) or databases (MySQL) of
//! its own on a server, which are removed at its end.

use std::path::PathBuf;

use nightowl_core::model::DataSourceType;
use nightowl_core::port::StoreError;
use nightowl_storage::{Store, StoreOptions};

/// A server's database under which places are made.
#[derive(Debug)]
pub(crate) struct ServerPlaces {
    url: String,
    prefix: String,
    made: Vec<String>,
}

impl ServerPlaces {
    /// Places whose names begin with `prefix`.
    pub(crate) fn new(url: &str, prefix: &str) -> Self {
        let prefix = prefix.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect::<String>();
        Self { url: url.to_owned(), prefix, made: Vec::new() }
    }

    fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }

    /// The kind of data source of these places.
    pub(super) fn data_source_type(&self) -> DataSourceType {
        if self.is_postgres() { DataSourceType::PostgreSql } else { DataSourceType::MySql }
    }

    /// Makes a place and gives its URL.
    pub(crate) async fn make(&mut self, symbol: &str) -> Result<String, StoreError> {
        let symbol: String = symbol.chars().filter(char::is_ascii_alphanumeric).take(20).map(|letter| letter.to_ascii_lowercase()).collect();
        let name = format!("nightowl_{}_{}_{symbol}", self.prefix, self.made.len());
        let (head, query) = self.url.split_once('?').map_or((self.url.as_str(), None), |(head, query)| (head, Some(query)));
        let (statement, url) = if self.is_postgres() {
            let query = query.map_or_else(String::new, |query| format!("{query}&"));
            (format!("CREATE SCHEMA \"{name}\""), format!("{head}?{query}options=-csearch_path%3D{name}"))
        } else {
            let query = query.map_or_else(String::new, |query| format!("?{query}"));
            let server = head.rsplit_once('/').map_or(head, |(server, _)| server);
            (format!("CREATE DATABASE `{name}` CHARACTER SET utf8mb4"), format!("{server}/{name}{query}"))
        };
        // It is noted before it is made: what is not there is no trouble to remove.
        self.made.push(name);
        self.execute(vec![statement]).await?;
        Ok(url)
    }

    /// Removes all places.
    pub(crate) async fn remove(&mut self) -> Result<(), StoreError> {
        let postgres = self.is_postgres();
        let names = std::mem::take(&mut self.made);
        let statement =
            |name: &String| if postgres { format!("DROP SCHEMA IF EXISTS \"{name}\" CASCADE") } else { format!("DROP DATABASE IF EXISTS `{name}`") };
        self.execute(names.iter().map(statement).collect()).await
    }

    async fn execute(&self, statements: Vec<String>) -> Result<(), StoreError> {
        let store = Store::open(&self.url, &StoreOptions::default())?;
        let done = store.write(move |session| {
            Box::pin(async move {
                for statement in statements {
                    session.execute(&statement, &[]).await?;
                }
                Ok(())
            })
        });
        let done: Result<(), StoreError> = done.await?;
        store.close().await?;
        done
    }
}

/// Where an installation under test is opened.
#[derive(Debug, Clone, Default)]
pub struct InstallationPlace {
    /// A server's URL; files of a folder of its own where there is none.
    pub server: Option<String>,
    /// Whether what was made is left there.
    pub keep: bool,
}

impl InstallationPlace {
    /// The server's places, for an installation in a folder.
    pub(super) fn places(&self, folder: &tempfile::TempDir) -> Option<ServerPlaces> {
        let prefix = folder.path().file_name().map(|name| name.to_string_lossy().trim_start_matches("nightowl-").to_owned()).unwrap_or_default();
        self.server.as_deref().map(|url| ServerPlaces::new(url, &prefix))
    }
}

/// A file that holds a URL, and the reference to it: so that no password comes into META.
pub(super) fn referred(folder: &tempfile::TempDir, symbol: &str, url: &str) -> std::io::Result<String> {
    let file: PathBuf = folder.path().join(format!("{symbol}.url"));
    std::fs::write(&file, url)?;
    Ok(format!("file:{}", file.display()))
}
