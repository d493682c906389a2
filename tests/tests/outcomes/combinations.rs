//! The combinations: which action, with which operator or arithmetic, meets which kind of value.

use serde_json::{Value as Json, json};

/// The kinds of values, by the key under which the trigger has one.
pub(super) const KINDS: [&str; 16] =
    ["null", "empty", "blank", "zero", "negative", "decimal", "digits", "text", "dated", "date", "datetime", "time", "boolean", "list", "object", "huge"];
const OPERATORS: [&str; 10] = ["empty", "not-empty", "equals", "not-equals", "less", "less-equals", "more", "more-equals", "in", "not-in"];
const ARITHMETICS: [&str; 4] = ["none", "sum", "avg", "count"];
/// The factors of the stored topic, by name; each has its type's name, but for the key.
const FACTORS: [&str; 10] = ["key", "number", "text", "date", "datetime", "time", "boolean", "object", "array", "enum"];

/// One pipeline.
#[derive(Debug)]
pub(super) struct Combination {
    /// What is combined, but for the kind.
    pub(super) line: String,
    /// The kind.
    pub(super) kind: &'static str,
    /// The units of its stage.
    pub(super) units: Json,
    /// Whether the first unit has a condition whose result counts.
    pub(super) tests: bool,
}

/// The trigger data.
pub(super) const fn document() -> &'static str {
    r#"{"null":null,"empty":"","blank":"  ","zero":0,"negative":-7,"decimal":1.50,"digits":"12","text":"abc","dated":"2024-02-29",
        "date":"2024-02-29","datetime":"2024-02-29 10:20:30","time":"10:20:30","boolean":true,"list":[1,"abc",null],"object":{"k":1},
        "huge":123456789012345678901234567890123456789012345678901234567890}"#
}

/// The trigger topic, and the one that actions read and write: aggregating, so that averages are possible.
pub(super) fn topics() -> Json {
    let factor = |id: String, name: &str, factor_type: &str| json!({"factorId": id, "name": name, "type": factor_type});
    let incoming: Vec<Json> = ["date", "datetime", "time"].iter().enumerate().map(|(index, name)| factor(format!("1{index}"), name, name)).collect();
    let stored: Vec<Json> =
        FACTORS.iter().enumerate().map(|(index, name)| factor(format!("2{index}"), name, if *name == "key" { "text" } else { name })).collect();
    json!([
        {"topicId": "1", "name": "in", "type": "raw", "tenantId": "1", "factors": incoming},
        {"topicId": "2", "name": "stored", "type": "aggregate", "tenantId": "1", "factors": stored},
    ])
}

fn given(kind: &str) -> Json {
    json!({"kind": "constant", "value": format!("{{{kind}}}")})
}

fn column(factor: usize) -> Json {
    json!({"kind": "topic", "topicId": "2", "factorId": format!("2{factor}")})
}

fn joint(left: &Json, operator: &str, right: &Json) -> Json {
    json!({"jointType": "and", "filters": [{"left": left, "operator": operator, "right": right}]})
}

fn unit(action: &Json) -> Json {
    let mut action = action.clone();
    action["actionId"] = json!("a");
    json!([{"unitId": "u", "name": "u", "do": [action]}])
}

/// A mapping of the key, so that a row is found again, and of one factor.
fn mapping(factor: usize, arithmetic: &str, source: &Json) -> Json {
    let item = |factor: usize, arithmetic: &str, source: &Json| json!({"factorId": format!("2{factor}"), "arithmetic": arithmetic, "source": source});
    if factor == 0 {
        json!([item(0, arithmetic, source)])
    } else {
        json!([item(0, "none", &json!({"kind": "constant", "value": "K"})), item(factor, arithmetic, source)])
    }
}

/// All combinations, kinds innermost.
pub(super) fn all() -> Vec<Combination> {
    let mut all = Vec::new();
    conditions(&mut all);
    criteria(&mut all);
    writes(&mut all);
    others(&mut all);
    all
}

/// Every operator between every two kinds, as the condition of a unit.
fn conditions(all: &mut Vec<Combination>) {
    for left in KINDS {
        for operator in OPERATORS {
            for kind in KINDS {
                let units = json!([{"unitId": "u", "name": "u", "conditional": true, "on": joint(&given(left), operator, &given(kind)), "do": []}]);
                all.push(Combination { line: format!("condition {left} {operator}"), kind, units, tests: true });
            }
        }
    }
}

/// The actions that find rows, with what else they need.
fn finding() -> Vec<(&'static str, Json)> {
    let read = |action: &str| json!({"type": action, "topicId": "2", "variableName": "v"});
    let factor = |arithmetic: &str| json!({"type": "read-factor", "topicId": "2", "variableName": "v", "factorId": "21", "arithmetic": arithmetic});
    let source = json!({"kind": "constant", "value": "1"});
    let write = |action: &str| json!({"type": action, "topicId": "2", "mapping": mapping(1, "none", &source)});
    vec![
        ("exists", read("exists")),
        ("read-row", read("read-row")),
        ("read-rows", read("read-rows")),
        ("read-factor none", factor("none")),
        ("read-factor sum", factor("sum")),
        ("read-factor avg", factor("avg")),
        ("read-factor count", factor("count")),
        ("read-factors", json!({"type": "read-factors", "topicId": "2", "variableName": "v", "factorId": "21"})),
        ("insert-or-merge-row", write("insert-or-merge-row")),
        ("merge-row", write("merge-row")),
        ("write-factor", json!({"type": "write-factor", "topicId": "2", "factorId": "21", "source": source})),
        ("delete-row", read("delete-row")),
        ("delete-rows", read("delete-rows")),
    ]
}

/// Every action with a `by`, every operator; every kind of column for one that reads all, the text column for the others.
fn criteria(all: &mut Vec<Combination>) {
    for (name, action) in finding() {
        let columns = if name == "read-rows" { 1..FACTORS.len() } else { 2..3 };
        for factor in columns {
            for operator in OPERATORS {
                for kind in KINDS {
                    let mut action = action.clone();
                    action["by"] = joint(&column(factor), operator, &given(kind));
                    all.push(Combination { line: format!("{name} by {} {operator}", FACTORS[factor]), kind, units: unit(&action), tests: false });
                }
            }
        }
    }
}

/// Every action that writes, every arithmetic, every type of factor.
fn writes(all: &mut Vec<Combination>) {
    let found = |key: &str| joint(&column(0), "equals", &json!({"kind": "constant", "value": key}));
    let actions = [
        ("insert-row", json!({"type": "insert-row"})),
        ("insert-or-merge-row new", json!({"type": "insert-or-merge-row", "by": found("none")})),
        ("insert-or-merge-row there", json!({"type": "insert-or-merge-row", "by": found("K")})),
        ("merge-row", json!({"type": "merge-row", "by": found("K")})),
        ("merge-row reverse", json!({"type": "merge-row", "by": found("K"), "accumulateMode": "reverse"})),
        ("merge-row cumulate", json!({"type": "merge-row", "by": found("K"), "accumulateMode": "cumulate"})),
        ("write-factor", json!({"type": "write-factor", "by": found("K")})),
    ];
    for (name, action) in &actions {
        for arithmetic in ARITHMETICS {
            for (factor, factor_name) in FACTORS.iter().enumerate() {
                for kind in KINDS {
                    let mut action = action.clone();
                    action["topicId"] = json!("2");
                    if *name == "write-factor" {
                        action["factorId"] = json!(format!("2{factor}"));
                        action["source"] = given(kind);
                        action["arithmetic"] = json!(arithmetic);
                    } else {
                        action["mapping"] = mapping(factor, arithmetic, &given(kind));
                    }
                    all.push(Combination { line: format!("{name} {arithmetic} {factor_name}"), kind, units: unit(&action), tests: false });
                }
            }
        }
    }
}

/// Actions without rows, loops, computations and functions.
fn others(all: &mut Vec<Combination>) {
    let copy = |source: &Json| json!({"type": "copy-to-memory", "variableName": "v", "source": source});
    let computations = [
        "add",
        "subtract",
        "multiply",
        "divide",
        "modulus",
        "year-of",
        "half-year-of",
        "quarter-of",
        "month-of",
        "week-of-year",
        "week-of-month",
        "day-of-month",
        "day-of-week",
    ];
    let functions =
        ["&count", "&length", "&sum", "&avg", "&min", "&max", "&join", "&distinct", "&firstRow(k)", "&len", "&upper", "&split", "&minDate", "&maxTime", "k"];
    for kind in KINDS {
        let mut add = |line: String, units: Json| all.push(Combination { line, kind, units, tests: false });
        add("alarm".to_owned(), unit(&json!({"type": "alarm", "severity": "low", "message": format!("<{{{kind}}}>")})));
        add("copy-to-memory".to_owned(), unit(&copy(&given(kind))));
        add("write-to-external".to_owned(), unit(&json!({"type": "write-to-external", "externalWriterId": "5", "eventCode": kind})));
        let mut action = copy(&given(kind));
        action["actionId"] = json!("a");
        add("loop".to_owned(), json!([{"unitId": "u", "name": "u", "do": [action]}, {"unitId": "l", "name": "l", "loopVariableName": "v", "do": []}]));
        for computation in computations {
            let arithmetic = matches!(computation, "add" | "subtract" | "multiply" | "divide" | "modulus");
            let parameters = if arithmetic { json!([given("decimal"), given(kind)]) } else { json!([given(kind)]) };
            add(format!("compute {computation}"), unit(&copy(&json!({"kind": "computed", "type": computation, "parameters": parameters}))));
        }
        for function in functions {
            add(format!("path {function}"), unit(&copy(&json!({"kind": "constant", "value": format!("{{{kind}.{function}}}")}))));
        }
        for call in ["&dayDiff(@,2024-01-01)", "&moveDate(@,M+1)", "&fmtDate(@,Y)", "&combineDateTime(2024-01-01,@)"] {
            add(format!("call {call}"), unit(&copy(&json!({"kind": "constant", "value": format!("{{{}}}", call.replace('@', kind))}))));
        }
    }
}
