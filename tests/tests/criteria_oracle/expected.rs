//! What a condition has to find: its evaluation in memory, and where values.md §6.5 says otherwise.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{NaiveDateTime, NaiveTime};
use nightowl_core::compile::{ConditionPlan, ParameterContext, ParameterPlan};
use nightowl_core::model::{
    ComputeType, Condition, Expression, FactorType, Joint, JointType, Operator, Parameter, ParameterKind, Place, Prerequisite, Problems,
};
use nightowl_core::path::{Names, Scope};
use nightowl_core::value::{DateFormats, Object, Value, text_form, to_number};
use nightowl_tests::world::World;

use super::COLUMNS;
use super::condition::{FLAG, Node, Side, prepared};

/// A condition on a row: `None` where the action fails, else SQL's true, false or unknown.
pub(super) type Outcome = Option<Option<bool>>;

/// In memory topic parameters read the row, and constants the trigger data: both stand side by side.
struct RowScope {
    current: Object,
    dates: DateFormats,
}

impl RowScope {
    fn new(row: &Object) -> Self {
        let mut current = prepared();
        for (name, value) in row.iter() {
            current.insert(Arc::clone(name), value.clone());
        }
        Self { current, dates: DateFormats::default() }
    }
}

impl Scope for RowScope {
    fn variable(&self, _: usize) -> Option<&Value> {
        None
    }

    fn origin(&self, _: usize) -> Option<&Arc<str>> {
        None
    }

    fn current(&self) -> Option<&Object> {
        Some(&self.current)
    }

    fn previous(&self) -> Option<&Object> {
        None
    }

    fn is_array_factor(&self, _: &str) -> bool {
        false
    }

    fn now(&self) -> NaiveDateTime {
        NaiveDateTime::default()
    }

    fn next_id(&self) -> i64 {
        0
    }

    fn dates(&self) -> &DateFormats {
        &self.dates
    }
}

struct NoNames;

impl Names for NoNames {
    fn variable_slot(&self, _: &str) -> Option<usize> {
        None
    }

    fn factor(&self, _: &str) -> Option<FactorType> {
        None
    }
}

/// What the condition has to give for a row.
pub(super) fn expected(world: &World, node: &Node, row: &Object) -> Outcome {
    match node {
        Node::Joint { or, children } => {
            // No short circuit: every child is evaluated, so that a failure anywhere fails the action.
            let outcomes = children.iter().map(|child| expected(world, child, row)).collect::<Option<Vec<_>>>()?;
            Some(if outcomes.is_empty() || outcomes.contains(&Some(*or)) {
                // A joint of nothing restricts nothing (engine.md §1.7).
                Some(outcomes.is_empty() || *or)
            } else if outcomes.contains(&None) {
                None
            } else {
                Some(!*or)
            })
        }
        Node::Comparison { left, operator, right } => {
            let operator = Operator::parse(operator).unwrap();
            let leaf = Leaf { world, scope: RowScope::new(row), left, operator, right };
            leaf.difference().unwrap_or_else(|| leaf.in_memory().map(Some))
        }
    }
}

/// What a side is compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Number,
    Text,
    Date,
    DateTime,
    Time,
    Boolean,
}

/// One comparison on one row.
struct Leaf<'a> {
    world: &'a World,
    scope: RowScope,
    left: &'a Side,
    operator: Operator,
    right: &'a Side,
}

impl Leaf<'_> {
    fn plan(&self, side: &Side) -> ParameterPlan {
        let context = ParameterContext { names: &NoNames, topics: &*self.world.catalog, dates: &self.scope.dates };
        ParameterPlan::compile(&parameter(side), &context, &Place::tuple("side", "side"), &mut Problems::default()).unwrap()
    }

    /// The condition as it is tested in memory; `None` where that fails.
    fn in_memory(&self) -> Option<bool> {
        let expression = Expression { left: Some(parameter(self.left)), operator: self.operator, right: Some(parameter(self.right)) };
        let context = ParameterContext { names: &NoNames, topics: &*self.world.catalog, dates: &self.scope.dates };
        let plan = ConditionPlan::compile_condition(&Condition::Expression(expression), &context, &Place::tuple("by", "by"), &mut Problems::default());
        plan.unwrap().evaluate(&self.scope).ok()
    }

    /// The value of a side: a blank constant is null (§1.5), and null goes through a computation, as in SQL.
    fn value(&self, side: &Side) -> Value {
        let null = match side {
            Side::Text(text) => text.trim().is_empty(),
            Side::Computed(_, places) => places.iter().any(|place| self.scope.current.get(COLUMNS[*place].0).is_none_or(Value::is_null)),
            Side::Column(_) | Side::Given(_) | Side::Case(..) => false,
        };
        if null {
            return Value::Null;
        }
        let value = self.plan(side).evaluate(&self.scope).map(Cow::into_owned).unwrap_or_default();
        match (side, family(side)) {
            // The values of a case are of the kind of its column.
            (Side::Case(..), Some(family)) if !value.is_null() => aligned(&value, family, &self.scope.dates).unwrap_or_default(),
            _ => value,
        }
    }

    /// What storage decides otherwise than memory; `None` where both agree.
    fn difference(&self) -> Option<Outcome> {
        use Operator::{Empty, Equals, In, Less, LessEquals, More, MoreEquals, NotEmpty, NotEquals, NotIn};
        let (left, right) = (self.value(self.left), self.value(self.right));
        let (left_family, right_family) = (family(self.left), family(self.right));
        if left_family.is_none() && right_family.is_none() {
            // Two values are decided by the rules of memory, a blank constant being null.
            return Some(nightowl_core::value::compare(self.operator, &left, &right, &self.scope.dates).ok().map(Some));
        }
        let equality = matches!(self.operator, Equals | NotEquals);
        match self.operator {
            // A computation over null is null in storage and a number in memory.
            Empty => return Some(Some(Some(left.is_null() || left.as_text() == Some("")))),
            NotEmpty => return Some(Some(Some(!left.is_null() && left.as_text() != Some("")))),
            In | NotIn => return Some(self.listed(&left, &right, left_family?)),
            Equals | NotEquals | Less | LessEquals | More | MoreEquals => {}
        }
        let side = [(&left, left_family, &right, right_family), (&right, right_family, &left, left_family)];
        for (value, none, column, family) in side {
            let (None, Some(family)) = (none, family) else { continue };
            // A null value asks whether the column is null, and orders nothing.
            if value.is_null() {
                return Some(Some(Some(match self.operator {
                    Equals => column.is_null(),
                    NotEquals => !column.is_null(),
                    _ => false,
                })));
            }
            // A value that the column can not hold equals nothing, excludes nothing, and has no order.
            if aligned(value, family, &self.scope.dates).is_none() {
                return Some(equality.then_some(Some(self.operator == NotEquals)));
            }
        }
        // Three-valued logic.
        if left.is_null() || right.is_null() {
            return Some(Some(None));
        }
        let family = left_family.filter(|_| !matches!(self.left, Side::Computed(..))).or(right_family).or(left_family)?;
        let (left, right) = (aligned(&left, family, &self.scope.dates)?, aligned(&right, family, &self.scope.dates)?);
        let has_case = [self.left, self.right].into_iter().any(|side| matches!(side, Side::Case(..)));
        let order = match (family, &left, &right) {
            // Texts have an order, by their bytes; what is none is compared by its text form (V-37).
            (Family::Text, Value::Text(left), Value::Text(right)) => left.as_bytes().cmp(right.as_bytes()),
            // The full value counts, against a day only the day.
            (Family::Date | Family::DateTime, _, _) => {
                let columns = left_family.is_some() && right_family.is_some();
                let day = !columns && family == Family::Date;
                moment(&left, day)?.cmp(&moment(&right, day)?)
            }
            // The words of true and false have the order of 1 and 0 (D-29).
            (Family::Boolean, Value::Boolean(left), Value::Boolean(right)) => left.cmp(right),
            // Memory does not know the kind of a case's column.
            (Family::Number, Value::Number(left), Value::Number(right)) if has_case => left.cmp(right),
            (Family::Time, Value::Time(left), Value::Time(right)) if has_case => left.cmp(right),
            _ => return None,
        };
        Some(Some(Some(match self.operator {
            Equals => order.is_eq(),
            NotEquals => order.is_ne(),
            Less => order.is_lt(),
            LessEquals => order.is_le(),
            More => order.is_gt(),
            _ => order.is_ge(),
        })))
    }

    /// `in` and `not-in`: a text is divided, blank pieces dropped, pieces trimmed unless the column holds texts; what can
    /// not be aligned is left out.
    fn listed(&self, tested: &Value, list: &Value, family: Family) -> Outcome {
        let negated = self.operator == Operator::NotIn;
        let items: Vec<Value> = match list {
            Value::Null => return Some(Some(false)),
            Value::Text(text) => {
                let pieces = text.trim().split(',').filter(|piece| !piece.trim().is_empty());
                pieces.map(|piece| Value::from(if family == Family::Text { piece } else { piece.trim() })).collect()
            }
            Value::Array(items) => items.to_vec(),
            single => vec![single.clone()],
        };
        // In SQL nothing is known to differ from null.
        if negated && items.iter().any(Value::is_null) {
            return Some(Some(false));
        }
        let items: Vec<Value> = items.iter().filter(|item| !item.is_null()).filter_map(|item| aligned(item, family, &self.scope.dates)).collect();
        if items.is_empty() {
            return Some(Some(negated));
        }
        if tested.is_null() {
            return Some(None);
        }
        let day = family == Family::Date;
        let found = items.iter().any(|item| match family {
            Family::Date | Family::DateTime => moment(tested, day) == moment(item, day),
            _ => tested == item,
        });
        Some(Some(found != negated))
    }
}

fn parameter(side: &Side) -> Parameter {
    let column = |place: usize| ParameterKind::Topic { topic_id: "1".to_owned(), factor_id: format!("1{place}") };
    let of = |kind: ParameterKind| Parameter { kind, prerequisite: Prerequisite::default() };
    of(match side {
        Side::Column(place) => column(*place),
        Side::Given(name) => ParameterKind::Constant { value: Some(format!("{{{name}}}")) },
        Side::Text(text) => ParameterKind::Constant { value: Some((*text).to_owned()) },
        Side::Computed(operation, places) => ParameterKind::Computed {
            compute_type: ComputeType::parse(operation).unwrap(),
            parameters: places.iter().map(|place| Some(of(column(*place)))).collect(),
        },
        Side::Case(place, text) => {
            let flag = Expression {
                left: Some(of(column(FLAG))),
                operator: Operator::Equals,
                right: Some(of(ParameterKind::Constant { value: Some("yes".to_owned()) })),
            };
            let on = Joint { joint_type: JointType::And, filters: vec![Condition::Expression(flag)] };
            let route = Parameter { kind: column(*place), prerequisite: Prerequisite { conditional: true, on: Some(on) } };
            let otherwise = of(ParameterKind::Constant { value: Some((*text).to_owned()) });
            ParameterKind::Computed { compute_type: ComputeType::CaseThen, parameters: vec![Some(route), Some(otherwise)] }
        }
    })
}

/// What a side with columns is compared as.
fn family(side: &Side) -> Option<Family> {
    match side {
        Side::Column(place) | Side::Case(place, _) => Some(match COLUMNS[*place].1 {
            "text" => Family::Text,
            "date" => Family::Date,
            "datetime" => Family::DateTime,
            "time" => Family::Time,
            "boolean" => Family::Boolean,
            _ => Family::Number,
        }),
        Side::Computed(..) => Some(Family::Number),
        Side::Given(_) | Side::Text(_) => None,
    }
}

/// A value as the column holds it (D-29, V-37); `None` where it can not.
fn aligned(value: &Value, family: Family, dates: &DateFormats) -> Option<Value> {
    match family {
        Family::Number => matches!(value, Value::Number(_) | Value::Boolean(_) | Value::Text(_)).then(|| to_number(value).ok().map(Value::Number))?,
        Family::Text => (!matches!(value, Value::Array(_) | Value::Object(_))).then(|| Value::from(&*text_form(value))),
        Family::Boolean => {
            let word = match value {
                Value::Boolean(_) | Value::Text(_) => text_form(value).to_lowercase(),
                Value::Number(number) => number.normalized().to_string(),
                _ => return None,
            };
            let known = |words: [&str; 5]| words.contains(&word.as_str());
            if known(["1", "t", "true", "y", "yes"]) { Some(true.into()) } else { known(["0", "f", "false", "n", "no"]).then(|| false.into()) }
        }
        Family::Date | Family::DateTime => match value {
            Value::Date(_) | Value::DateTime(_) => Some(value.clone()),
            Value::Text(text) => dates.parse_date(text).map(Value::DateTime),
            _ => None,
        },
        Family::Time => match value {
            Value::Time(_) => Some(value.clone()),
            Value::Text(text) => dates.parse_time(text).map(Value::Time),
            _ => None,
        },
    }
}

/// A day or moment as a moment, or as the midnight of its day.
fn moment(value: &Value, day: bool) -> Option<NaiveDateTime> {
    let moment = match value {
        Value::Date(day) => day.and_time(NaiveTime::MIN),
        Value::DateTime(moment) => *moment,
        _ => return None,
    };
    Some(if day { moment.date().and_time(NaiveTime::MIN) } else { moment })
}
