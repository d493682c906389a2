//! `config/schema/definitions.json` says what the model reads: the same choices, and every definition that the model
//! writes is accepted. The examples are held against it by a small validator of the keywords that it uses.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nightowl_core::model::{
    AccumulateMode, ActionKind, AggregateArithmetic, AlarmSeverity, ComputeType, DataSourceType, Definitions, Encryption, ExternalWriterType, FactorType,
    JointType, Operator, PipelineType, Problems, TopicKind, TopicType,
};
use serde_json::{Value as Json, json};

fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config")
}

fn schema() -> Result<Json> {
    Ok(serde_json::from_str(&fs::read_to_string(config().join("schema/definitions.json"))?)?)
}

/// The definitions of all examples, as JSON.
fn examples() -> Result<Vec<(String, Json)>> {
    let mut examples = Vec::new();
    for entry in fs::read_dir(config().join("example"))? {
        let folder = entry?.path();
        let name = folder.display().to_string();
        if let Ok(text) = fs::read_to_string(folder.join("definitions.json")) {
            examples.push((name, serde_json::from_str(&text)?));
        } else if let Ok(text) = fs::read_to_string(folder.join("definitions.yaml")) {
            examples.push((name, serde_norway::from_str(&text)?));
        }
    }
    Ok(examples)
}

/// A validator of the keywords that the schema uses.
struct Validator<'a>(&'a Json);

impl Validator<'_> {
    /// Whether the value has one of the named types.
    fn has_type(value: &Json, types: &Json) -> bool {
        let is = |name: &Json| match name.as_str() {
            Some("null") => value.is_null(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("string") => value.is_string(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            _ => false,
        };
        types.as_array().map_or_else(|| is(types), |types| types.iter().any(is))
    }

    fn accepts(&self, schema: &Json, value: &Json) -> bool {
        self.check(schema, value, "").is_ok()
    }

    /// Fails with the place of the first thing that the schema does not allow.
    fn check(&self, schema: &Json, value: &Json, place: &str) -> Result<()> {
        let keywords = schema.as_object().context("a schema is an object")?;
        for (keyword, wanted) in keywords {
            let list = || wanted.as_array().with_context(|| format!("{keyword} is a list"));
            let holds = match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "default" | "writeOnly" | "pattern" | "then" | "else" => true,
                "$ref" => {
                    let pointer = wanted.as_str().and_then(|text| text.strip_prefix('#')).context("a reference into the schema")?;
                    self.check(self.0.pointer(pointer).with_context(|| format!("there is no {pointer}"))?, value, place)?;
                    true
                }
                "type" => Self::has_type(value, wanted),
                "const" => value == wanted,
                "enum" => list()?.contains(value),
                "required" => value
                    .as_object()
                    .is_none_or(|object| wanted.as_array().is_some_and(|keys| keys.iter().filter_map(Json::as_str).all(|key| object.contains_key(key)))),
                "minItems" => value.as_array().is_none_or(|items| wanted.as_u64().is_some_and(|least| items.len() as u64 >= least)),
                "anyOf" => list()?.iter().any(|schema| self.accepts(schema, value)),
                "oneOf" => self.one_of(list()?, value, place)?,
                "properties" => {
                    for (key, schema) in wanted.as_object().context("properties are an object")? {
                        if let Some(below) = value.get(key) {
                            self.check(schema, below, &format!("{place}/{key}"))?;
                        }
                    }
                    true
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{place}/{index}"))?;
                    }
                    true
                }
                "if" => {
                    let branch = if self.accepts(wanted, value) { "then" } else { "else" };
                    if let Some(schema) = keywords.get(branch) {
                        self.check(schema, value, place)?;
                    }
                    true
                }
                unknown => bail!("the validator does not know {unknown}"),
            };
            if !holds {
                bail!("{place}: {keyword} {wanted} is not met by {value}");
            }
        }
        Ok(())
    }

    /// Of several shapes the one is taken that bears the value's `type` or `kind`, so that a mistake is reported where it is.
    fn one_of(&self, shapes: &[Json], value: &Json, place: &str) -> Result<bool> {
        let named = |shape: &&Json| ["kind", "type"].iter().any(|key| shape["properties"][key].get("const").is_some_and(|name| Some(name) == value.get(key)));
        match shapes.iter().find(named) {
            Some(shape) => self.check(shape, value, place).map(|()| true),
            None => Ok(false),
        }
    }
}

/// The choices at a place of the schema, null aside.
fn choices<'a>(schema: &'a Json, pointer: &str) -> Vec<&'a str> {
    schema.pointer(pointer).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect()
}

/// The choices of one enumeration of the model.
macro_rules! texts {
    ($name:ident) => {
        $name::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>()
    };
}

#[test]
fn choices_are_those_of_the_model() {
    let schema = schema().unwrap();
    let pairs = [
        ("/$defs/topic/properties/type/enum", texts!(TopicType)),
        ("/$defs/topic/properties/kind/enum", texts!(TopicKind)),
        ("/$defs/factor/properties/type/enum", texts!(FactorType)),
        ("/$defs/factor/properties/encrypt/enum", texts!(Encryption)),
        ("/$defs/pipeline/properties/type/enum", texts!(PipelineType)),
        ("/$defs/joint/properties/jointType/enum", texts!(JointType)),
        ("/$defs/expression/properties/operator/enum", texts!(Operator)),
        ("/$defs/parameter/oneOf/3/properties/type/enum", texts!(ComputeType)),
        ("/$defs/mapping/properties/arithmetic/enum", texts!(AggregateArithmetic)),
        ("/$defs/action/oneOf/0/properties/severity/enum", texts!(AlarmSeverity)),
        ("/$defs/action/oneOf/8/properties/accumulateMode/enum", texts!(AccumulateMode)),
        ("/$defs/dataSource/properties/dataSourceType/enum", texts!(DataSourceType)),
        ("/$defs/externalWriter/properties/type/enum", texts!(ExternalWriterType)),
    ];
    for (pointer, expected) in pairs {
        assert_eq!(choices(&schema, pointer), expected, "{pointer}");
    }
    let actions: Vec<&str> =
        schema["$defs"]["action"]["oneOf"].as_array().unwrap().iter().filter_map(|action| action["properties"]["type"]["const"].as_str()).collect();
    assert_eq!(actions, ActionKind::TYPES);
}

#[test]
fn examples_are_accepted_as_they_stand_and_as_the_model_writes_them() {
    let schema = schema().unwrap();
    let validator = Validator(&schema);
    let examples = examples().unwrap();
    assert!(examples.len() >= 3);
    for (name, json) in examples {
        validator.check(&schema, &json, &name).unwrap();
        let definitions = Definitions::read(&json, &name, &mut Problems::default());
        let written = definitions.topics.iter().map(|topic| topic.to_json()).chain(definitions.pipelines.iter().map(|pipeline| pipeline.to_json()));
        validator.check(&schema, &Json::Array(written.collect()), &name).unwrap();
    }
}

#[test]
fn mistakes_are_found_at_their_place() {
    let schema = schema().unwrap();
    let action = |action: Json| json!({"pipelines": [{"topicId": "1", "stages": [{"units": [{"do": [action]}]}]}]});
    let cases = [
        (json!({"topics": [{"topicId": "1"}]}), "/topics/0: required"),
        (json!([{"factors": [], "name": "a", "type": "rows"}]), "/0/type: enum"),
        (action(json!({"type": "merge-row", "topicId": "1", "mapping": []})), "/pipelines/0/stages/0/units/0/do/0"),
        (action(json!({"type": "fly"})), "/pipelines/0/stages/0/units/0/do/0: oneOf"),
        (action(json!({"type": "copy-to-memory", "variableName": "x", "source": {"kind": "dream"}})), "/pipelines/0/stages/0/units/0/do/0/source: anyOf"),
        (json!({"unknown": 1}), ": required"),
    ];
    for (json, expected) in cases {
        let error = Validator(&schema).check(&schema, &json, "").unwrap_err().to_string();
        assert!(error.starts_with(expected), "{json}: {error}");
    }
}
