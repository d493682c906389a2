//! The scenario file (scenarios/README.md, "File").

use std::path::Path;

use serde_json::{Map, Value as Json};

use super::error::ScenarioError;
use super::shape::{Members, kind, read_json_file, shape};
use super::subject::Pat;

/// The tenant of a scenario that names none; the names of its topics stand in `expect` without a prefix.
pub const DEFAULT_TENANT: &str = "a";

/// One scenario: definitions, triggers and what was observed to come of them.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name; the key of the list of deviations.
    pub name: String,
    /// What it is about.
    pub about: String,
    /// The symbols of its tenants.
    pub tenants: Vec<String>,
    /// Options of the comparison.
    pub options: Options,
    /// Topics as wire JSON; `tenantId` is a symbol.
    pub topics: Vec<Json>,
    /// Pipelines as wire JSON; `tenantId` is a symbol.
    pub pipelines: Vec<Json>,
    /// What is fired, in this order.
    pub triggers: Vec<ScenarioTrigger>,
    /// `expect` as it stands in the file: the pointers of deviations count in it.
    pub expect: Json,
}

/// Options of a scenario.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Definitions stay in the logs and are compared (`definedAs`).
    pub defined_as: bool,
}

/// One trigger of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioTrigger {
    /// The topic's name.
    pub code: String,
    /// The data, placeholders not yet replaced.
    pub data: Json,
    /// The trigger type, sent as it stands here: also one that nobody knows.
    pub trigger_type: String,
    /// The tenant whose token is used.
    pub as_tenant: String,
    /// What is sent as token.
    pub pat: Pat,
    /// What is sent as tenant: a symbol, or a literal where no tenant has that symbol.
    pub tenant_id: Option<String>,
}

/// What must be found after the last trigger.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// The rows of each topic table; the key is the topic's name, `b:name` for tenants other than `a`.
    pub topics: Map<String, Json>,
    /// The monitor logs.
    pub logs: Vec<Json>,
    /// The triggers that were not answered by 200.
    pub errors: Vec<Json>,
}

impl Scenario {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// The file can not be read, is no JSON, or has not the shape of a scenario.
    pub fn read(file: &Path) -> Result<Self, ScenarioError> {
        Self::from_json(file, &read_json_file(file)?)
    }

    /// Checks a document; `file` is for messages.
    ///
    /// # Errors
    /// [`ScenarioError::Shape`] with the place of the first mistake.
    pub fn from_json(file: &Path, json: &Json) -> Result<Self, ScenarioError> {
        let known = ["name", "about", "tenants", "options", "topics", "pipelines", "triggers", "expect"];
        let members = Members::of(file, "", json, &known)?;
        let tenants = tenants(&members)?;
        let expect = members.required("expect")?;
        Expectation::from_json(file, expect)?;
        let triggers = members.list("triggers")?.iter().enumerate();
        Ok(Self {
            name: members.text("name")?.to_owned(),
            about: members.optional_text("about")?.unwrap_or_default().to_owned(),
            options: options(file, members.get("options"))?,
            topics: definitions(&members, "topics", &["topicId", "name"], &tenants)?,
            pipelines: definitions(&members, "pipelines", &["pipelineId", "topicId"], &tenants)?,
            triggers: triggers.map(|(index, json)| trigger(file, index, json, &tenants)).collect::<Result<_, _>>()?,
            expect: expect.clone(),
            tenants,
        })
    }
}

impl Expectation {
    /// Checks what stands under `expect`; `file` is for messages.
    ///
    /// # Errors
    /// [`ScenarioError::Shape`] with the place of the first mistake.
    pub fn from_json(file: &Path, json: &Json) -> Result<Self, ScenarioError> {
        let members = Members::of(file, "expect", json, &["topics", "logs", "errors"])?;
        let topics = match members.required("topics")? {
            Json::Object(topics) => topics,
            other => return Err(members.wrong("topics", format!("an object is needed, not {}", kind(other)))),
        };
        for (name, rows) in topics {
            let rows_are_objects = rows.as_array().is_some_and(|rows| rows.iter().all(Json::is_object));
            if !rows_are_objects {
                return Err(members.wrong(&format!("topics.{name}"), "a list of objects is needed"));
            }
        }
        let errors = members.objects("errors")?;
        for (index, entry) in errors.iter().enumerate() {
            for key in ["trigger", "status"] {
                if entry.get(key).and_then(Json::as_u64).is_none() {
                    return Err(members.wrong(&format!("errors[{index}].{key}"), "a whole number is needed"));
                }
            }
        }
        Ok(Self { topics: topics.clone(), logs: members.objects("logs")?.to_vec(), errors: errors.to_vec() })
    }
}

fn tenants(members: &Members<'_>) -> Result<Vec<String>, ScenarioError> {
    if members.get("tenants").is_none() {
        return Ok(vec![DEFAULT_TENANT.to_owned()]);
    }
    let symbols: Option<Vec<String>> = members.list("tenants")?.iter().map(|item| item.as_str().map(str::to_owned)).collect();
    symbols.filter(|symbols| !symbols.is_empty()).ok_or_else(|| members.wrong("tenants", "a list of at least one text is needed"))
}

fn options(file: &Path, json: Option<&Json>) -> Result<Options, ScenarioError> {
    let Some(json) = json else {
        return Ok(Options::default());
    };
    let members = Members::of(file, "options", json, &["definedAs"])?;
    Ok(Options { defined_as: members.flag("definedAs")? })
}

/// Definitions stay raw, the compiler reads them; what the runner itself needs of them is checked here.
fn definitions(members: &Members<'_>, key: &str, needed: &[&str], tenants: &[String]) -> Result<Vec<Json>, ScenarioError> {
    let items = members.objects(key)?;
    for (index, item) in items.iter().enumerate() {
        for &name in needed {
            if item.get(name).and_then(Json::as_str).is_none() {
                return Err(members.wrong(&format!("{key}[{index}].{name}"), "a text is needed"));
            }
        }
        let tenant = item.get("tenantId").and_then(Json::as_str).unwrap_or(DEFAULT_TENANT);
        if !tenants.iter().any(|symbol| symbol == tenant) {
            return Err(members.wrong(&format!("{key}[{index}].tenantId"), format!("{tenant} is no tenant of the scenario")));
        }
    }
    Ok(items.to_vec())
}

fn trigger(file: &Path, index: usize, json: &Json, tenants: &[String]) -> Result<ScenarioTrigger, ScenarioError> {
    let at = format!("triggers[{index}]");
    let members = Members::of(file, &at, json, &["code", "data", "type", "as", "pat", "tenantId"])?;
    let as_tenant = members.optional_text("as")?.unwrap_or(DEFAULT_TENANT);
    if !tenants.iter().any(|symbol| symbol == as_tenant) {
        return Err(members.wrong("as", format!("{as_tenant} is no tenant of the scenario")));
    }
    let pat = match members.optional_text("pat")? {
        None => Pat::Tenant,
        Some("wrong") => Pat::Wrong,
        Some("missing") => Pat::Missing,
        Some("superadmin") => Pat::SuperAdmin,
        Some(other) => return Err(shape(file, &format!("{at}.pat"), format!("wrong, missing or superadmin is needed, not {other}"))),
    };
    Ok(ScenarioTrigger {
        code: members.text("code")?.to_owned(),
        data: members.required("data")?.clone(),
        trigger_type: members.optional_text("type")?.unwrap_or("insert").to_owned(),
        as_tenant: as_tenant.to_owned(),
        pat,
        tenant_id: members.optional_text("tenantId")?.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    type Change = fn(&mut Json);

    fn minimal() -> Json {
        json!({"name": "n", "topics": [], "pipelines": [], "triggers": [], "expect": {"topics": {}, "logs": [], "errors": []}})
    }

    fn mistake(change: impl FnOnce(&mut Json)) -> String {
        let mut json = minimal();
        change(&mut json);
        Scenario::from_json(Path::new("x.json"), &json).expect_err("a mistake").to_string()
    }

    #[test]
    fn defaults_are_filled_in() {
        let mut json = minimal();
        json["triggers"] = json!([{"code": "t", "data": null}]);
        let scenario = Scenario::from_json(Path::new("x.json"), &json).expect("valid");
        assert_eq!(scenario.tenants, ["a"]);
        assert_eq!(scenario.triggers[0].trigger_type, "insert");
        assert_eq!(scenario.triggers[0].as_tenant, "a");
        assert_eq!(scenario.triggers[0].pat, Pat::Tenant);
    }

    #[test]
    fn a_mistake_is_named_by_its_key() {
        let cases: [(&str, Change); 9] = [
            ("x.json: pipeline: unknown key", |json| json["pipeline"] = json!([])),
            ("x.json: name: a text is needed, not a number", |json| json["name"] = json!(3)),
            ("x.json: tenants: a list of at least one text", |json| json["tenants"] = json!([])),
            ("x.json: options.definedas: unknown key", |json| json["options"] = json!({"definedas": true})),
            ("x.json: topics[0].topicId: a text is needed", |json| json["topics"] = json!([{"name": "t"}])),
            ("x.json: topics[0].tenantId: c is no tenant", |json| {
                json["topics"] = json!([{"topicId": "1", "name": "t", "tenantId": "c"}]);
            }),
            ("x.json: triggers[0].data: the key is missing", |json| json["triggers"] = json!([{"code": "t"}])),
            ("x.json: triggers[0].pat: wrong, missing", |json| {
                json["triggers"] = json!([{"code": "t", "data": {}, "pat": "none"}]);
            }),
            ("x.json: expect.errors[0].status: a whole number", |json| {
                json["expect"]["errors"] = json!([{"trigger": 0, "status": "500"}]);
            }),
        ];
        for (message, change) in cases {
            let found = mistake(change);
            assert!(found.contains(message), "{found} should contain {message}");
        }
    }
}
