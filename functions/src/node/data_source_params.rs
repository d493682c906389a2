//! What the params of a server's data source add to its URL (storage.md §14.1).
//!
//! `schema` is where its tables are: the search path of PostgreSQL, the database of MySQL, in DDL as in statements (D14).
//! `ssl_ca`, `ssl_cert`, `ssl_key` name files; with a `ssl_ca` the server has to prove who it is, unless `ssl_mode` says
//! otherwise. `charset` and `client_encoding` need no attention: connections speak UTF-8 (MySQL: utf8mb4, D19), servers
//! convert. What a URL says itself goes before its params.

use nightowl_core::model::DataSource;

use super::data_source_url::encoded;

/// The params that matter to a connection.
#[derive(Debug, Default)]
pub(super) struct Params {
    /// Keys and values for the query of the URL.
    query: Vec<(&'static str, String)>,
    /// The database that goes before the one of the URL.
    database: Option<String>,
}

impl Params {
    /// The params of a data source for a scheme, or what can not be done.
    pub(super) fn of(source: &DataSource, scheme: &str) -> Result<Self, String> {
        if source.param("secret_type").is_some() {
            return Err("its credentials are in a secret manager (secret_type), which this version does not ask; use references like env:NAME".to_owned());
        }
        let mut params = Self::default();
        if scheme == "postgres" {
            params.add("options", source.param("options").map(str::to_owned));
            params.add("options[search_path]", source.param("schema").map(search_path));
            params.tls(source, ["sslmode", "sslrootcert", "sslcert", "sslkey"], "verify-full");
        } else {
            params.database = source.param("schema").map(str::to_owned);
            params.tls(source, ["ssl-mode", "ssl-ca", "ssl-cert", "ssl-key"], "VERIFY_IDENTITY");
        }
        Ok(params)
    }

    fn tls(&mut self, source: &DataSource, [mode, ca, cert, key]: [&'static str; 4], strictest: &str) {
        let authority = source.param("ssl_ca").map(str::to_owned);
        let given = source.param("ssl_mode").map(str::to_owned);
        self.add(mode, given.or_else(|| authority.is_some().then(|| strictest.to_owned())));
        self.add(ca, authority);
        self.add(cert, source.param("ssl_cert").map(str::to_owned));
        self.add(key, source.param("ssl_key").map(str::to_owned));
    }

    fn add(&mut self, key: &'static str, value: Option<String>) {
        self.query.extend(value.map(|value| (key, value)));
    }

    /// The URL of what comes behind `scheme://`: the params first, since of two the last one counts.
    pub(super) fn complete(&self, scheme: &str, rest: &str) -> String {
        let (place, given) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
        let mut url = match (&self.database, place.split_once('/')) {
            (Some(database), Some((authority, _))) => format!("{scheme}://{authority}/{}", encoded(database)),
            (Some(database), None) => format!("{scheme}://{place}/{}", encoded(database)),
            (None, _) => format!("{scheme}://{place}"),
        };
        let pairs = self.query.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value)));
        let query: Vec<String> = pairs.chain(given.map(str::to_owned)).collect();
        if !query.is_empty() {
            url.push('?');
            url.push_str(&query.join("&"));
        }
        url
    }
}

/// A schema as the one of the search path: in quotes, with blanks and backslashes escaped as the options of a connection
/// want them.
fn search_path(schema: &str) -> String {
    let mut path = String::from("\"");
    for letter in schema.chars() {
        match letter {
            '"' => path.push_str("\"\""),
            ' ' | '\\' => path.extend(['\\', letter]),
            _ => path.push(letter),
        }
    }
    path.push('"');
    path
}

#[cfg(test)]
mod tests {
    use nightowl_core::model::{Definitions, Problems};
    use serde_json::{Value as Json, json};

    use super::*;

    fn complete(kind: &str, params: &Json, scheme: &str, rest: &str) -> Result<String, String> {
        let mut problems = Problems::default();
        let document = json!({"dataSourceId": "1", "dataSourceType": kind, "params": params});
        let definitions = Definitions::read(&document, "test.json", &mut problems);
        assert!(!problems.has_errors(), "{problems:?}");
        Params::of(&definitions.data_sources[0], scheme).map(|params| params.complete(scheme, rest))
    }

    #[test]
    fn params_of_postgres() {
        let params = json!([{"name": "schema", "value": "own"}, {"name": "ssl_ca", "value": "/ca.pem"}, {"name": "client_encoding", "value": "utf8"}]);
        assert_eq!(
            complete("postgresql", &params, "postgres", "u:p@h:1/d").as_deref(),
            Ok("postgres://u:p@h:1/d?options%5Bsearch_path%5D=%22own%22&sslmode=verify-full&sslrootcert=%2Fca.pem")
        );
        let given = complete("postgresql", &json!([{"name": "ssl_mode", "value": "require"}]), "postgres", "h/d?sslmode=disable");
        assert_eq!(given.as_deref(), Ok("postgres://h/d?sslmode=require&sslmode=disable"), "what the URL says comes last");
    }

    #[test]
    fn params_of_mysql() {
        let params =
            json!([{"name": "schema", "value": "own"}, {"name": "charset", "value": "utf8"}, {"name": "ssl_cert", "value": "c"}, {"name": "x", "value": true}]);
        assert_eq!(complete("mysql", &params, "mysql", "u:p@h:1/d?a=b").as_deref(), Ok("mysql://u:p@h:1/own?ssl-cert=c&a=b"));
        assert_eq!(complete("mysql", &json!(null), "mysql", "h/d").as_deref(), Ok("mysql://h/d"));
    }

    #[test]
    fn secret_managers_are_not_asked() {
        assert!(complete("mysql", &json!([{"name": "secret_type", "value": "aws"}]), "mysql", "h/d").is_err());
        assert!(complete("mysql", &json!([{"name": "secret_type", "value": " "}]), "mysql", "h/d").is_ok());
    }
}
