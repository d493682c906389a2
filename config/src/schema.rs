//! The JSON Schema of the settings file, made from the table.

use serde_json::{Map, Value, json};

use crate::{
    kind::Kind,
    table::{self, Setting},
};

/// The JSON Schema (draft 2020-12) of `nightowl.toml`, as `config/schema/settings.json` holds it.
#[must_use]
pub fn settings_schema() -> Value {
    let mut sections: Map<String, Value> = Map::new();
    for setting in table::settings() {
        let (section, name) = setting.parts();
        let section = sections.entry(section).or_insert_with(|| json!({"type": "object", "additionalProperties": false, "properties": {}}));
        if let Some(Value::Object(properties)) = section.get_mut("properties") {
            properties.insert(name.to_owned(), property(setting));
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of Nightowl",
        "description": "The settings file nightowl.toml. Each setting may also come from the variable that it names.",
        "type": "object",
        "additionalProperties": false,
        "properties": sections,
    })
}

fn property(setting: &Setting) -> Value {
    let mut property = shape(setting.kind);
    let variable = setting.short.map_or_else(|| setting.variable(), str::to_owned);
    property.insert("description".to_owned(), json!(format!("{} Variable: {variable}.", setting.doc)));
    let default = setting.default.filter(|_| !setting.secret).and_then(|text| setting.kind.read_text(text).ok());
    if let Some(default) = default {
        property.insert("default".to_owned(), default);
    }
    if setting.secret {
        property.insert("writeOnly".to_owned(), json!(true));
    }
    property.into_iter().collect::<Map<_, _>>().into()
}

fn shape(kind: Kind) -> Map<String, Value> {
    let shape = match kind {
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Whole { min, max: u64::MAX, .. } => json!({"type": "integer", "minimum": min}),
        Kind::Whole { min, max, .. } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Kind::Rate => json!({"type": "number", "exclusiveMinimum": 0}),
        Kind::Choice(texts) => json!({"type": "string", "enum": texts}),
        Kind::Key { bytes } => json!({"type": "string", "minLength": bytes, "maxLength": bytes}),
        Kind::Text | Kind::Listen | Kind::Zone | Kind::StoreUrl | Kind::Path => {
            json!({"type": "string"})
        }
        Kind::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Kind::DatePatterns => json!({"type": "array", "items": {"type": "string"}, "minItems": 1}),
        Kind::Routes | Kind::Schedules => json!({"type": "array", "items": {"type": "object"}}),
    };
    match shape {
        Value::Object(shape) => shape,
        _ => Map::new(),
    }
}
