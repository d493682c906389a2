//! Mapped values that can never become what their factor holds (engine.md §1.3, values.md §1.3).

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::site::{Site, Subject};
use crate::compile::{ComputedPlan, ParameterPlan, code};
use crate::model::{AggregateArithmetic, FactorType, Problems};
use crate::path::{Expression, Part, Template};
use crate::value::{DateFormats, FactorFamily, Object, Value, cast};

pub(super) fn check(subject: &Subject<'_>, site: &Site<'_>, problems: &mut Problems) {
    let Some((topic, context)) = subject.target(site.action).zip(subject.context()) else { return };
    for (index, mapped) in site.action.kind.mapped().into_iter().enumerate() {
        let Some((factor, source)) = topic.factor(mapped.factor_id).zip(mapped.source) else { continue };
        let place = || site.place(subject.definition());
        // Aggregates count what is no number as 0, and are a number whatever their source is (engine.md §3.9).
        if mapped.arithmetic != AggregateArithmetic::None {
            if matches!(FactorFamily::of(factor.factor_type), FactorFamily::DateTime | FactorFamily::Date | FactorFamily::Time) {
                problems.error(
                    code::IMPOSSIBLE_CAST,
                    &place().element("mapping", index).key("arithmetic"),
                    format!("the result is a number, which factor \"{}\" of type {} can not hold", factor.name, factor.factor_type),
                    "take the arithmetic away, or make the factor a number",
                );
            }
            continue;
        }
        // What is wrong with the parameter itself has been noted when the pipeline was compiled.
        let Some(plan) = ParameterPlan::compile(source, &context.parameters(), &Default::default(), &mut Problems::default()) else { continue };
        if let Some(reason) = refusal(&plan, factor.factor_type, subject.catalog.dates()) {
            problems.error(
                code::IMPOSSIBLE_CAST,
                &place().element("mapping", index).key("source"),
                format!("can not become factor \"{}\" of type {}: {reason}", factor.name, factor.factor_type),
                "map a value of the factor's type, or change the type of the factor",
            );
        }
    }
}

/// Why no value of a parameter fits a factor; `None` where one may.
fn refusal(plan: &ParameterPlan, factor_type: FactorType, dates: &DateFormats) -> Option<String> {
    if let ParameterPlan::Constant { template, .. } = plan
        && let Some(reason) = refusal_of_text(template, factor_type)
    {
        return Some(reason);
    }
    let mut last = None;
    for sample in samples(plan)? {
        match cast(sample, factor_type, dates) {
            Ok(_) => return None,
            Err(error) => last = Some(error.to_string()),
        }
    }
    last
}

/// A text with placeholders is never a number when its literal parts hold what no number has, and never a container.
fn refusal_of_text(template: &Template, factor_type: FactorType) -> Option<String> {
    if template.parts().len() < 2 {
        return None;
    }
    let family = FactorFamily::of(factor_type);
    if matches!(family, FactorFamily::Object | FactorFamily::Array) {
        return Some(format!("\"{}\" is always a text", template.text()));
    }
    let is_foreign = |letter: char| !(letter.is_ascii_digit() || letter.is_ascii_whitespace() || "+-.eE".contains(letter));
    let is_literal = |part: &Part| matches!(part, Part::Text(text) if text.contains(is_foreign));
    (family == FactorFamily::Number && template.parts().iter().any(is_literal)).then(|| format!("\"{}\" is never a number", template.text()))
}

/// Values of every kind that a parameter may have besides null; `None` where it may have any.
fn samples(plan: &ParameterPlan) -> Option<Vec<Value>> {
    match plan {
        ParameterPlan::Null | ParameterPlan::Variable(_) => None,
        ParameterPlan::Topic(topic) => match topic.factor_type {
            FactorType::Object => Some(vec![Value::Object(Object::default())]),
            FactorType::Array => Some(vec![Value::array(Vec::new())]),
            _ => None,
        },
        ParameterPlan::Constant { template, .. } => match (template.literal(), template.expression()) {
            (Some(literal), _) => Some(vec![literal.clone()]),
            (None, Some(expression)) => samples_of_expression(expression),
            (None, None) => None,
        },
        ParameterPlan::Computed(computed) => match &**computed {
            // A number may be a date written with eight digits; a part of a date never is.
            ComputedPlan::Arithmetic { .. } => Some(vec![Value::from(20_240_102)]),
            ComputedPlan::DatePart { .. } => Some(vec![Value::from(2_024), Value::from(12)]),
            ComputedPlan::CaseThen { routes, otherwise } => {
                let values = routes.iter().map(|route| &route.value).chain(otherwise);
                values.map(samples).collect::<Option<Vec<_>>>().map(|all| all.into_iter().flatten().collect())
            }
        },
    }
}

fn samples_of_expression(expression: &Expression) -> Option<Vec<Value>> {
    match expression {
        Expression::NextSequence | Expression::Difference { .. } | Expression::ColumnLength(_) => Some(vec![Value::from(1)]),
        Expression::Now | Expression::Combine { .. } => Some(vec![Value::DateTime(NaiveDateTime::default())]),
        Expression::Move { .. } => Some(vec![Value::DateTime(NaiveDateTime::default()), Value::Date(NaiveDate::default()), Value::Time(NaiveTime::default())]),
        Expression::Previous => Some(vec![Value::Object(Object::default())]),
        Expression::Format { .. } | Expression::Path(_) => None,
    }
}
