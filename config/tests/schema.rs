//! The schema file is what the table says.

use std::{env, fs, path::Path};

/// With `NIGHTOWL_BLESS=1` the file is written instead of compared.
#[test]
fn the_schema_file_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/settings.json");
    let expected = format!("{:#}\n", nightowl_config::settings_schema());
    if env::var_os("NIGHTOWL_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "config/schema/settings.json is old: run this test with NIGHTOWL_BLESS=1");
}
