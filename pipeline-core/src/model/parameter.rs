//! Parameters: where a value comes from (engine.md §1.6).

use serde_json::{Value as Json, json};

use super::wire_enum::wire_enum;
use super::{Joint, Prerequisite, Reader};

wire_enum! {
    /// What a computed parameter computes.
    ComputeType {
        /// Nothing: an error.
        None = "none",
        /// Sum, left to right.
        Add = "add",
        /// Difference, left to right.
        Subtract = "subtract",
        /// Product, left to right.
        Multiply = "multiply",
        /// Quotient, left to right.
        Divide = "divide",
        /// Remainder with the sign of the dividend.
        Modulus = "modulus",
        /// Year.
        YearOf = "year-of",
        /// 1 or 2.
        HalfYearOf = "half-year-of",
        /// 1 to 4.
        QuarterOf = "quarter-of",
        /// 1 to 12.
        MonthOf = "month-of",
        /// 0 to 53, weeks start on Sunday.
        WeekOfYear = "week-of-year",
        /// 0 to 5, weeks start on Sunday.
        WeekOfMonth = "week-of-month",
        /// 1 to 31.
        DayOfMonth = "day-of-month",
        /// Sunday is 1.
        DayOfWeek = "day-of-week",
        /// The first route whose condition holds.
        CaseThen = "case-then",
    }
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// What it is.
    pub kind: ParameterKind,
    /// When it counts, as a route of a `case-then`.
    pub prerequisite: Prerequisite,
}

/// The kinds of parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterKind {
    /// A factor of a topic.
    Topic {
        /// The topic.
        topic_id: String,
        /// The factor.
        factor_id: String,
    },
    /// A text with placeholders.
    Constant {
        /// The text; `None` is null.
        value: Option<String>,
    },
    /// A variable, and a path below it.
    Variable {
        /// The variable.
        variable_name: String,
        /// The path below it.
        factor_name: Option<String>,
    },
    /// A computation.
    Computed {
        /// What is computed.
        compute_type: ComputeType,
        /// Its operands; `None` stands for a null operand, which is a mistake.
        parameters: Vec<Option<Parameter>>,
    },
}

impl Parameter {
    /// Reads a parameter; an unknown kind is noted and gives `None`.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let kind = match reader.text("kind").as_deref() {
            Some("topic") => ParameterKind::Topic { topic_id: reader.required("topicId"), factor_id: reader.required("factorId") },
            Some("constant") => ParameterKind::Constant { value: reader.text("value") },
            Some("variable") => ParameterKind::Variable { variable_name: reader.required("variableName"), factor_name: reader.filled("factorName") },
            Some("computed") => Self::read_computed(reader),
            other => {
                let place = reader.at("kind");
                let reason = other.map_or_else(|| "is missing".to_owned(), |text| format!("\"{text}\" is not known"));
                reader.problems().error("definition-unknown-value", &place, reason, "use one of: topic, constant, variable, computed");
                return None;
            }
        };
        Some(Self { kind, prerequisite: Prerequisite::read(reader) })
    }

    fn read_computed(reader: &mut Reader<'_>) -> ParameterKind {
        let compute_type = reader.choice("type").unwrap_or(ComputeType::None);
        let parameters = match reader.raw("parameters") {
            Some(Json::Array(items)) => {
                let mut parameters = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    let place = reader.place().element("parameter", index);
                    parameters.push(if item.is_null() {
                        None
                    } else {
                        Reader::new(item, place, reader.problems()).and_then(|mut below| Self::read(&mut below))
                    });
                }
                parameters
            }
            _ => Vec::new(),
        };
        ParameterKind::Computed { compute_type, parameters }
    }

    /// The wire form.
    pub fn to_json(&self) -> Json {
        let (conditional, on) = (self.prerequisite.conditional, self.prerequisite.on.as_ref().map(Joint::to_json));
        match &self.kind {
            ParameterKind::Topic { topic_id, factor_id } => {
                json!({"kind": "topic", "topicId": topic_id, "factorId": factor_id, "conditional": conditional, "on": on})
            }
            ParameterKind::Constant { value } => json!({"kind": "constant", "value": value, "conditional": conditional, "on": on}),
            ParameterKind::Variable { variable_name, factor_name } => {
                json!({"kind": "variable", "variableName": variable_name, "factorName": factor_name, "conditional": conditional, "on": on})
            }
            ParameterKind::Computed { compute_type, parameters } => json!({
                "kind": "computed", "type": compute_type.as_str(),
                "parameters": parameters.iter().map(|parameter| parameter.as_ref().map(Self::to_json)).collect::<Vec<_>>(),
                "conditional": conditional, "on": on,
            }),
        }
    }
}
