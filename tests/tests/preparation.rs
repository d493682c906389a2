//! Preparation of rows: what may be repeated gives the same again, what must not be repeated is not (engine.md §2.4,
//! §2.5, D-15).

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::collections::BTreeSet;

use nightowl_core::compile::PreparationPlan;
use nightowl_core::engine::{EngineSettings, prepare};
use nightowl_core::model::{Encryption, Problems, Topic, TriggerType};
use nightowl_core::value::encryption::{AesKey, encrypt};
use nightowl_core::value::{DateFormats, Decimal, JsonStyle, Object, Value, json_text};
use nightowl_storage::memory::MemoryStore;
use nightowl_tests::world::{Counter, World, object, run};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};

/// Any document: a few names at every level, so that factors meet what they expect and what they do not.
fn value() -> impl Strategy<Value = Value> {
    let text =
        select(vec!["", " ", "x", "2024-02-29", "29/02/2024 10:20", "10:20:30", "2024-02-29T10:20:30.5Z", "{AES}zZR8kHo=", "13912345678", "a@b.c", "中文"]);
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        4 => text.prop_map(Value::from),
        1 => any::<i32>().prop_map(|number| Value::from(i64::from(number))),
        1 => any::<bool>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::array),
            3 => members(inner).prop_map(Value::Object),
        ]
    })
}

fn members(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Object> {
    let key = select(vec!["a", "b", "c", "d", "me", "root"]);
    prop::collection::vec((key, inner), 0..5).prop_map(|members| members.into_iter().collect())
}

fn document() -> impl Strategy<Value = Object> {
    members(value())
}

/// A topic with a factor at each of these names.
fn plan(topic_type: &str, factors: &[(&str, Json)]) -> PreparationPlan {
    let factors: Vec<Json> = factors
        .iter()
        .enumerate()
        .map(|(index, (name, rest))| {
            let mut factor = json!({"factorId": index.to_string(), "name": name, "type": "text"});
            factor.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            factor
        })
        .collect();
    let mut problems = Problems::default();
    let topic = Topic::read(&json!({"topicId": "1", "name": "t", "type": topic_type, "factors": factors}), &mut problems).unwrap();
    let plan = PreparationPlan::compile(&topic, &DateFormats::default(), &mut problems);
    assert!(!problems.has_errors(), "{:?}", problems.iter().collect::<Vec<_>>());
    plan
}

fn names() -> Vec<&'static str> {
    vec!["a", "b", "a.b", "a.c", "a.b.c", "c.d", "c.d.a", "d"]
}

/// As JSON, so that a difference is read easily.
fn shown(data: &Object) -> String {
    json_text(&Value::Object(data.clone()), JsonStyle::Document)
}

/// The ids of a document, each object's after its parent's, and the links to parent and root right.
fn check_ids(object: &Object, key: Option<&str>, parent: Option<i64>, root: Option<i64>, seen: &mut BTreeSet<i64>) -> Result<(), TestCaseError> {
    let id_at = |name: &str| object.get(name).and_then(Value::as_number).and_then(Decimal::to_i64);
    let me = id_at("aid_me").unwrap();
    prop_assert!(seen.insert(me), "id {} comes twice", me);
    if let (Some(parent), Some(root), Some(key)) = (parent, root, key) {
        prop_assert!(parent < me, "a parent is numbered before its children");
        prop_assert_eq!(id_at("aid_root"), Some(root));
        // A direct child of the root has its parent under aid_root only; below, the name of the own key gives it, with the
        // distance behind it where the name is taken.
        if parent != root && !matches!(key, "me" | "root") {
            let found = [id_at(&format!("aid_{key}")), id_at(&format!("aid_{key}_1"))];
            prop_assert!(found.contains(&Some(parent)), "{:?} has no link to {}", object, parent);
        }
    }
    let root = root.unwrap_or(me);
    object.iter().try_for_each(|(key, value)| below(value, key, me, root, seen))
}

fn below(value: &Value, key: &str, parent: i64, root: i64, seen: &mut BTreeSet<i64>) -> Result<(), TestCaseError> {
    match value {
        Value::Object(object) => check_ids(object, Some(key), Some(parent), Some(root), seen),
        Value::Array(items) => items.iter().try_for_each(|item| below(item, key, parent, root, seen)),
        _ => Ok(()),
    }
}

const ENCRYPTIONS: [Encryption; 11] = [
    Encryption::Aes,
    Encryption::Md5,
    Encryption::Sha256,
    Encryption::MaskMail,
    Encryption::MaskCenter3,
    Encryption::MaskCenter5,
    Encryption::MaskLast3,
    Encryption::MaskLast6,
    Encryption::MaskDay,
    Encryption::MaskMonth,
    Encryption::MaskMonthDay,
];

fn key() -> AesKey {
    AesKey::new("hWmZq4t7w9z$C&F)J@NcRfUjXn2r5u8x", "J@NcRfUjXn2r5u8x").unwrap()
}

/// Topic `row` in, topic `kept` written: `secret` protected, `other` not, `fixed` protected with a default.
fn protecting(method: Encryption) -> World {
    let constant = |text: &str| json!({"kind": "constant", "value": text});
    let item = |factor: &str, source: &str| json!({"factorId": factor, "arithmetic": "none", "source": constant(source)});
    let by = json!({"jointType": "and", "filters": [
        {"left": {"kind": "topic", "topicId": "2", "factorId": "21"}, "operator": "equals", "right": constant("{key}")}]});
    let when = |flag: &str| json!({"jointType": "and", "filters": [{"left": constant("{part}"), "operator": "equals", "right": constant(flag)}]});
    let pipeline = |id: &str, part: &str, mapping: Json| {
        json!({"pipelineId": id, "topicId": "1", "name": id, "type": "insert", "tenantId": "1", "enabled": true, "conditional": true, "on": when(part),
            "stages": [{"stageId": "s", "name": "s", "units": [{"unitId": "u", "name": "u", "do": [
                {"actionId": "a", "type": "insert-or-merge-row", "topicId": "2", "by": by, "mapping": mapping}]}]}]})
    };
    let factor = |id: &str, name: &str| json!({"factorId": id, "name": name, "type": "text"});
    let mut secret = factor("22", "secret");
    secret["encrypt"] = json!(method.as_str());
    let mut fixed = factor("24", "fixed");
    fixed["encrypt"] = json!(method.as_str());
    fixed["defaultValue"] = json!("2024-05-17");
    let definitions = json!({
        "topics": [
            {"topicId": "1", "name": "row", "type": "raw", "tenantId": "1", "factors": [factor("11", "key")]},
            {"topicId": "2", "name": "kept", "type": "distinct", "tenantId": "1", "factors": [factor("21", "key"), secret, factor("23", "other"), fixed]},
        ],
        "pipelines": [
            pipeline("1", "secret", json!([item("21", "{key}"), item("22", "{text}")])),
            pipeline("2", "other", json!([item("21", "{key}"), item("23", "{text}")])),
        ],
    });
    World::sound("1", &definitions, EngineSettings::default())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn defaults_are_put_once(data in document(), defaults in prop::collection::vec((select(names()), select(vec!["x", "", "y"])), 1..5)) {
        let factors: Vec<(&str, Json)> = defaults.iter().map(|(name, text)| (*name, json!({"defaultValue": text}))).collect();
        let plan = plan("distinct", &factors);
        let mut once = data.clone();
        prepare::defaults(&plan, &mut once, true);
        let mut twice = once.clone();
        prepare::defaults(&plan, &mut twice, true);
        prop_assert_eq!(shown(&once), shown(&twice));
        for (key, value) in data.iter().filter(|(_, value)| !matches!(value, Value::Null | Value::Object(_) | Value::Array(_))) {
            prop_assert_eq!(once.get(key), Some(value), "a value that is there is not replaced");
        }
    }

    #[test]
    fn dates_are_read_once(data in document(), kinds in prop::collection::vec((select(names()), select(vec!["date", "datetime", "time", "full-datetime"])), 1..5), abandon: bool) {
        let factors: Vec<(&str, Json)> = kinds.iter().map(|(name, kind)| (*name, json!({"type": kind}))).collect();
        let plan = plan("raw", &factors);
        let mut once = data;
        prepare::dates(&plan, &mut once, &DateFormats::default(), abandon);
        let mut twice = once.clone();
        prepare::dates(&plan, &mut twice, &DateFormats::default(), abandon);
        prop_assert_eq!(format!("{once:?}"), format!("{twice:?}"));
    }

    #[test]
    fn what_is_encrypted_is_not_encrypted_again(data in document(), names in prop::collection::vec(select(names()), 1..5)) {
        let factors: Vec<(&str, Json)> = names.iter().map(|name| (*name, json!({"encrypt": "AES256-PKCS5-PADDING"}))).collect();
        let plan = plan("raw", &factors);
        let mut once = data;
        prepare::encryption(&plan, &mut once, Some(&key()), &DateFormats::default()).unwrap();
        let mut twice = once.clone();
        prepare::encryption(&plan, &mut twice, Some(&key()), &DateFormats::default()).unwrap();
        prop_assert_eq!(shown(&once), shown(&twice));
    }

    #[test]
    fn every_object_has_an_id_after_its_parent(data in document()) {
        let mut data = data;
        prepare::aid(&plan("raw", &[]), &mut data, &mut prepare::Ids::new(&Counter::default()));
        check_ids(&data, None, None, None, &mut BTreeSet::new())?;
        let before = shown(&data);
        prepare::aid(&plan("raw", &[]), &mut data, &mut prepare::Ids::new(&Counter::default()));
        prop_assert_eq!(before, shown(&data), "ids of the same source are put at the same places");
    }

    #[test]
    fn a_protected_value_is_protected_once(
        method in select(ENCRYPTIONS.to_vec()),
        writes in prop::collection::vec((any::<bool>(), select(vec!["2024-05-17", "17/05/2024", "2023-12-31 10:20:30"])), 1..8),
    ) {
        let world = protecting(method);
        let mut store = MemoryStore::new();
        let protected = |text: &str| encrypt(method, &text.into(), Some(&key()), &DateFormats::default()).unwrap();
        let (mut secret, mut other) = (Value::Null, Value::Null);
        for (writes_secret, text) in writes {
            let part = if writes_secret { "secret" } else { "other" };
            let data = object(&format!(r#"{{"key":"k","part":"{part}","text":"{text}"}}"#));
            let report = run(world.fire(&mut store, "row", TriggerType::Insert, data)).unwrap();
            prop_assert!(report.result.failed_pipeline_ids.is_empty());
            if writes_secret { secret = protected(text) } else { other = text.into() }
            let rows = run(world.rows(&mut store, "kept"));
            prop_assert_eq!(rows.len(), 1);
            prop_assert_eq!(rows[0].get("secret"), Some(&secret), "{}", method);
            prop_assert_eq!(rows[0].get("other"), Some(&other));
            prop_assert_eq!(rows[0].get("fixed"), Some(&protected("2024-05-17")), "the default of {}", method);
        }
    }
}
