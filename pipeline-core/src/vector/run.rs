//! Running cases: what each kind evaluates (values.md §10.1).

use serde_json::Value as Json;

use super::case::{Case, CaseKind, VectorError};
use super::criteria;
use super::surroundings::{Surroundings, place};
use crate::compile::{ConditionPlan, ParameterPlan, PreparationPlan};
use crate::engine::prepare::{self, Ids};
use crate::model::{Condition, Encryption, FactorType, Operator, Parameter, ParameterKind, Prerequisite, Problems, Reader};
use crate::value::encryption::{decrypt, encrypt};
use crate::value::json::to_tagged;
use crate::value::{Object, Value, cast, compare};

/// What became of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseReport {
    /// The case.
    pub id: String,
    /// Whether it gave what was required.
    pub passed: bool,
    /// What was required, in tagged JSON.
    pub expected: String,
    /// What came out: tagged JSON, or the error.
    pub got: String,
}

/// Why a case gave no value.
pub(super) enum Failure {
    /// In the regular way: what `{"$error": true}` requires.
    Regular(String),
    /// The case itself can not be used.
    Malformed(VectorError),
}

impl From<VectorError> for Failure {
    fn from(error: VectorError) -> Self {
        Self::Malformed(error)
    }
}

/// A failed evaluation.
pub(super) fn regular(error: impl std::fmt::Display) -> Failure {
    Failure::Regular(error.to_string())
}

/// Runs a case and compares: kinds have to match, numbers are equal by value, objects by their keys.
pub fn run_case(case: &Case) -> CaseReport {
    let outcome = evaluate(case);
    let passed = match (&outcome, &case.expect) {
        (Ok(value), Some(expected)) => value == expected,
        (Err(Failure::Regular(_)), None) => true,
        _ => false,
    };
    CaseReport {
        id: case.id.clone(),
        passed,
        expected: case.expect.as_ref().map_or_else(|| "an error".to_owned(), |value| to_tagged(value).to_string()),
        got: match outcome {
            Ok(value) => to_tagged(&value).to_string(),
            Err(Failure::Regular(reason)) => format!("error: {reason}"),
            Err(Failure::Malformed(error)) => format!("unusable: {error}"),
        },
    }
}

fn evaluate(case: &Case) -> Result<Value, Failure> {
    let around = Surroundings::of(case)?;
    match case.kind {
        CaseKind::Constant => {
            let value = match case.field("value") {
                Json::Null => None,
                Json::String(text) => Some(text.clone()),
                _ => return Err(case.wrong("value", "is neither a text nor null").into()),
            };
            parameter(case, &around, &Parameter { kind: ParameterKind::Constant { value }, prerequisite: Prerequisite::default() })
        }
        CaseKind::Factor => {
            let name = case.text("factor")?;
            let factor = around.topic.factors.iter().find(|factor| factor.name == name).ok_or_else(|| case.wrong("factor", "is no factor of the topic"))?;
            let kind = ParameterKind::Topic { topic_id: around.topic.topic_id.clone(), factor_id: factor.factor_id.clone() };
            parameter(case, &around, &Parameter { kind, prerequisite: Prerequisite::default() })
        }
        CaseKind::Variable | CaseKind::Computed => wire_parameter(case, &around),
        CaseKind::Condition => condition(case, &around),
        CaseKind::Compare => {
            let (left, right) = (case.value("left")?, case.value("right")?);
            compare(case.choice("operator", Operator::parse)?, &left, &right, &around.dates).map(Value::from).map_err(regular)
        }
        CaseKind::ParseDate => Ok(around.dates.parse_date(case.text("text")?).map_or(Value::Null, Value::DateTime)),
        CaseKind::ParseTime => Ok(around.dates.parse_time(case.text("text")?).map_or(Value::Null, Value::Time)),
        CaseKind::Cast => cast(case.value("value")?, case.choice("type", FactorType::parse)?, &around.dates).map_err(regular),
        CaseKind::Encrypt => encrypt(case.choice("method", Encryption::parse)?, &case.value("value")?, around.key.as_ref(), &around.dates).map_err(regular),
        CaseKind::Decrypt => decrypt(case.choice("method", Encryption::parse)?, &case.value("value")?, around.key.as_ref()).map_err(regular),
        CaseKind::Prepare => prepare_row(case, &around),
        CaseKind::StorageCriteria => criteria::run(case, &around),
    }
}

/// Compiles a parameter and evaluates it in memory.
fn parameter(case: &Case, around: &Surroundings, parameter: &Parameter) -> Result<Value, Failure> {
    let mut problems = Problems::default();
    let plan = ParameterPlan::compile(parameter, &around.parameters(), &place(case), &mut problems);
    let plan = sound(plan, &problems)?;
    plan.evaluate(around).map(std::borrow::Cow::into_owned).map_err(regular)
}

fn wire_parameter(case: &Case, around: &Surroundings) -> Result<Value, Failure> {
    let mut problems = Problems::default();
    let read = Reader::new(case.field("parameter"), place(case), &mut problems).and_then(|mut reader| Parameter::read(&mut reader));
    let read = sound(read, &problems)?;
    let wanted = matches!((case.kind, &read.kind), (CaseKind::Variable, ParameterKind::Variable { .. }) | (CaseKind::Computed, ParameterKind::Computed { .. }));
    if !wanted {
        return Err(case.wrong("parameter", "is of another kind than the case").into());
    }
    parameter(case, around, &read)
}

/// Compiles a condition and tests it in memory.
fn condition(case: &Case, around: &Surroundings) -> Result<Value, Failure> {
    let mut problems = Problems::default();
    let read = Reader::new(case.field("condition"), place(case), &mut problems).and_then(|mut reader| Condition::read(&mut reader));
    let read = sound(read, &problems)?;
    let plan = ConditionPlan::compile_condition(&read, &around.parameters(), &place(case), &mut problems);
    sound(plan, &problems)?.evaluate(around).map(Value::from).map_err(regular)
}

/// What was compiled, unless there are errors.
pub(super) fn sound<T>(compiled: Option<T>, problems: &Problems) -> Result<T, Failure> {
    match compiled {
        Some(compiled) if !problems.has_errors() => Ok(compiled),
        _ => Err(Failure::Regular(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))),
    }
}

/// Carries out steps of preparation in the order in which they are given.
fn prepare_row(case: &Case, around: &Surroundings) -> Result<Value, Failure> {
    let mut data: Object = match case.value("data")? {
        Value::Object(data) => data,
        _ => return Err(case.wrong("data", "is no object").into()),
    };
    let plan = PreparationPlan::compile(&around.topic, &around.dates, &mut Problems::default());
    let Json::Array(steps) = case.field("steps") else { return Err(case.wrong("steps", "is no list").into()) };
    for step in steps {
        match step.as_str() {
            Some("default") => prepare::defaults(&plan, &mut data, true),
            Some("date") => prepare::dates(&plan, &mut data, &around.dates, false),
            Some("encrypt") => prepare::encryption(&plan, &mut data, around.key.as_ref(), &around.dates).map_err(regular)?,
            Some("aid") => prepare::aid(&plan, &mut data, &mut Ids::new(&around.sequence)),
            Some("flatten") => prepare::flatten(&plan, &mut data),
            _ => return Err(case.wrong("steps", &format!("{step} is none of default, date, encrypt, aid, flatten")).into()),
        }
    }
    Ok(Value::Object(data))
}
