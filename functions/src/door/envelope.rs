//! The trigger envelope (surface.md §6.1).

use nightowl_auth::Token;
use nightowl_core::model::TriggerType;
use nightowl_core::value::{Object, Value};

use super::DoorError;

/// How many characters a trace id may have (storage.md §15.6).
const TRACE_ID_LENGTH: usize = 50;

/// A trigger as it is sent: what to do with which row of which topic. The token is taken out when it is decoded, before
/// anything is logged, stored or queued.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The topic's name.
    pub code: String,
    /// The row; `None` where the key is missing or null.
    pub data: Option<Object>,
    /// What is done with it.
    pub trigger_type: TriggerType,
    /// The tenant that is named; compulsory for a super admin.
    pub tenant_id: Option<String>,
    /// The caller's trace id.
    pub trace_id: Option<String>,
    /// The token inside; only messages, files and objects have one.
    pub pat: Option<Token>,
}

impl Envelope {
    /// Decodes an envelope. What is wrong with its shape is told as the reference does (422, `loc`, `msg`, `type`).
    pub fn read(document: &Value) -> Result<Self, DoorError> {
        let Value::Object(object) = document else {
            return Err(DoorError::shape(&["body"], "Input should be a valid dictionary or object to extract fields from", "model_attributes_type"));
        };
        let code = match object.get("code") {
            Some(Value::Text(code)) => code.to_string(),
            None => return Err(DoorError::shape(&["body", "code"], "Field required", "missing")),
            Some(_) => return Err(DoorError::shape(&["body", "code"], "Input should be a valid string", "string_type")),
        };
        let data = match object.get("data") {
            None | Some(Value::Null) => None,
            Some(Value::Object(data)) => Some(data.clone()),
            Some(_) => return Err(DoorError::shape(&["body", "data"], "Input should be a valid dictionary", "dict_type")),
        };
        Ok(Self {
            code,
            data,
            trigger_type: trigger_type(object)?,
            tenant_id: text(object, "tenantId")?,
            trace_id: trace_id(object)?,
            pat: text(object, "pat")?.map(|token| Token::new(&token)),
        })
    }
}

/// `triggerType`, or its alias `type`; both and different is a mistake.
fn trigger_type(object: &Object) -> Result<TriggerType, DoorError> {
    let parse = |key: &'static str| -> Result<Option<TriggerType>, DoorError> {
        let parsed = match object.get(key) {
            None | Some(Value::Null) => return Ok(None),
            // A blank type is one that nobody knows, not a missing one.
            Some(Value::Text(text)) => TriggerType::parse(text),
            Some(_) => None,
        };
        parsed.map(Some).ok_or_else(|| DoorError::shape(&["body", key], "Input should be 'insert', 'merge', 'insert-or-merge' or 'delete'", "enum"))
    };
    match (parse("triggerType")?, parse("type")?) {
        (Some(one), Some(other)) if one != other => Err(DoorError::TypesDiffer),
        (one, other) => Ok(one.or(other).unwrap_or(TriggerType::Insert)),
    }
}

/// The caller's trace id; it has to fit its column.
fn trace_id(object: &Object) -> Result<Option<String>, DoorError> {
    let given = text(object, "traceId")?;
    match &given {
        Some(id) if id.chars().count() > TRACE_ID_LENGTH => {
            Err(DoorError::shape(&["body", "traceId"], "String should have at most 50 characters", "string_too_long"))
        }
        _ => Ok(given),
    }
}

/// A text that is not blank.
fn text(object: &Object, key: &'static str) -> Result<Option<String>, DoorError> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text.to_string()).filter(|text| !text.trim().is_empty())),
        Some(_) => Err(DoorError::shape(&["body", key], "Input should be a valid string", "string_type")),
    }
}
