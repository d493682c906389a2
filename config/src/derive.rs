//! Values that follow from others: the data directory, the default store's URL, the worker id.

use std::path::PathBuf;

use serde_json::Value;

use crate::{
    error::Problem,
    ignored::Ignored,
    layer::{Held, HeldByKey, Layer},
    sources::{Origin, Sources},
};

/// Completes the values that hold.
pub(crate) fn complete(held: &mut HeldByKey, sources: &Sources, ignored: &mut Vec<Ignored>, problems: &mut Vec<Problem>) {
    data_directory(held, sources);
    store_url(held, problems);
    worker_id(held, ignored);
    profile(held);
}

/// The longest invocation of the profile `qinling` where nothing is said, in seconds (`surface.md §18`).
const QINLING_SECONDS: u64 = 5;

/// What a profile gives where nobody says it.
fn profile(held: &mut HeldByKey) {
    let unsaid = held.get("function.timeout_seconds").is_none_or(|timeout| timeout.layer == Layer::Default);
    if unsaid && text(held, "function.profile").as_deref() == Some("qinling") {
        put(held, "function.timeout_seconds", Value::from(QINLING_SECONDS), Origin::Default, Layer::Default);
    }
}

fn data_directory(held: &mut HeldByKey, sources: &Sources) {
    if text(held, "storage.data_dir").is_none() {
        let folder = user_data_folder(sources).join("nightowl");
        put(held, "storage.data_dir", Value::String(folder.display().to_string()), Origin::Default, Layer::Default);
    }
}

/// The platform's folder for a user's data; the working directory where the environment names no home.
fn user_data_folder(sources: &Sources) -> PathBuf {
    let folder = |name: &str| sources.environment.get(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let found = if cfg!(windows) {
        folder("LOCALAPPDATA").or_else(|| folder("APPDATA"))
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        folder("XDG_DATA_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/share")))
    };
    found.unwrap_or_else(|| PathBuf::from("."))
}

/// The default store (`storage.md §14.6, §19`): `storage.url`; else `META_STORAGE_*` when its type is set; else a
/// SQLite file. A type set by a variable wins over an URL in the file, as every variable does (`engine.md §8`).
fn store_url(held: &mut HeldByKey, problems: &mut Vec<Problem>) {
    let url_layer = held.get("storage.url").map_or(Layer::Default, |url| url.layer);
    let kind = held.get("meta_storage.type").filter(|kind| kind.value.is_some()).cloned();
    match kind {
        Some(kind) if url_layer == Layer::Default || (url_layer == Layer::File && kind.layer > Layer::File) => match meta_url(held, &kind) {
            Ok(url) => put(held, "storage.url", Value::String(url), kind.origin, kind.layer),
            Err(problem) => problems.push(problem),
        },
        _ if url_layer == Layer::Default => {
            let folder = PathBuf::from(text(held, "storage.data_dir").unwrap_or_default());
            let url = format!("sqlite://{}", folder.join("nightowl.db").display());
            put(held, "storage.url", Value::String(url), Origin::Default, Layer::Default);
        }
        _ => {}
    }
}

fn meta_url(held: &HeldByKey, kind: &Held) -> Result<String, Problem> {
    let named = kind.value.as_ref().and_then(Value::as_str).unwrap_or_default().trim().to_ascii_lowercase();
    let (scheme, default_port) = match named.as_str() {
        "mysql" => ("mysql", 3306),
        "postgresql" => ("postgres", 5432),
        _ => {
            return Err(Problem::NotSupported {
                key: "meta_storage.type",
                value: named,
                origin: kind.origin.clone(),
                remedy: "set mysql or postgresql, or give the store's URL in NIGHTOWL_STORAGE".to_owned(),
            });
        }
    };
    let part = |name: &str| percent(&text(held, name).unwrap_or_default());
    let port = value(held, "meta_storage.port").and_then(Value::as_u64).unwrap_or(default_port);
    let place = format!(
        "{scheme}://{}:{}@{}:{port}/{}",
        part("meta_storage.user_name"),
        part("meta_storage.password"),
        text(held, "meta_storage.host").unwrap_or_default(),
        part("meta_storage.name"),
    );
    let parameters = if scheme == "mysql" { tls_parameters(held) } else { Vec::new() };
    Ok(if parameters.is_empty() { place } else { format!("{place}?{}", parameters.join("&")) })
}

fn tls_parameters(held: &HeldByKey) -> Vec<String> {
    if value(held, "meta_storage.ssl").and_then(Value::as_bool) != Some(true) {
        return Vec::new();
    }
    let paths = [("ssl-ca", "meta_storage.ssl_ca"), ("ssl-cert", "meta_storage.ssl_client_cert"), ("ssl-key", "meta_storage.ssl_client_key")];
    let given = paths.into_iter().filter_map(|(name, key)| Some(format!("{name}={}", percent(&text(held, key)?))));
    let mode = if text(held, "meta_storage.ssl_ca").is_some() { "ssl-mode=VERIFY_CA" } else { "ssl-mode=REQUIRED" };
    [mode.to_owned()].into_iter().chain(given).collect()
}

/// The reference reads its worker id only where no lease is taken; there 0 is the default (`storage.md §13.3`).
fn worker_id(held: &mut HeldByKey, ignored: &mut Vec<Ignored>) {
    let leases = held.get("snowflake.competitive_workers").cloned();
    let takes_leases = leases.as_ref().and_then(|leases| leases.value.as_ref()).and_then(Value::as_bool) != Some(false);
    let Some(worker) = held.get_mut("snowflake.worker_id") else {
        return;
    };
    match (&worker.origin, leases) {
        (Origin::Variable(name), _) if takes_leases && name.ends_with("SNOWFLAKE_WORKER_ID") => {
            let reason = "it counts only with SNOWFLAKE_COMPETITIVE_WORKERS=false; snowflake.worker_id fixes an id";
            ignored.push(Ignored { name: name.clone(), reason });
            *worker = Held { value: None, origin: Origin::Default, layer: Layer::Default };
        }
        (_, Some(leases)) if !takes_leases && worker.value.is_none() => {
            *worker = Held { value: Some(Value::from(0)), origin: leases.origin, layer: leases.layer };
        }
        _ => {}
    }
}

fn value<'a>(held: &'a HeldByKey, key: &str) -> Option<&'a Value> {
    held.get(key).and_then(|one| one.value.as_ref())
}

fn text(held: &HeldByKey, key: &str) -> Option<String> {
    value(held, key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn put(held: &mut HeldByKey, key: &'static str, value: Value, origin: Origin, layer: Layer) {
    held.insert(key, Held { value: Some(value), origin, layer });
}

/// Percent-encodes what is not plain in a part of a URL.
fn percent(part: &str) -> String {
    let mut encoded = String::with_capacity(part.len());
    for byte in part.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_url_are_encoded() {
        assert_eq!(percent("p@ss/wörd"), "p%40ss%2Fw%C3%B6rd");
    }
}
