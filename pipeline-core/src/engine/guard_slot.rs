//! Which guard row an upsert locks (engine.md §3.11, rule 6).

use crate::port::{Comparison, Criterion, Operand};
use crate::value::{Value, json};

/// How many guard rows a store has (storage.md §15.6).
const SLOTS: u64 = 1_024;

/// The slot of a topic and an evaluated `by`: the same in every process for criteria that match the same rows.
pub(crate) fn guard_slot(topic_id: &str, tenant_id: &str, by: &Criterion) -> u16 {
    let mut hash = Fnv::new();
    hash.text(topic_id);
    hash.text(tenant_id);
    hash.criterion(by);
    u16::try_from(hash.0 % SLOTS).unwrap_or(0)
}

/// The hash FNV-1a: it stays the same from version to version, which those of the standard library do not promise.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }

    fn text(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.byte(byte));
        self.byte(0xff);
    }

    /// Numbers of one value are one number, whatever their scale.
    fn value(&mut self, value: &Value) {
        match value {
            Value::Number(number) => self.text(&json::to_tagged(&Value::Number(number.normalized())).to_string()),
            other => self.text(&json::to_tagged(other).to_string()),
        }
    }

    fn criterion(&mut self, criterion: &Criterion) {
        match criterion {
            Criterion::Always(holds) => self.text(if *holds { "always" } else { "never" }),
            Criterion::All(parts) => self.criteria("all", parts),
            Criterion::Any(parts) => self.criteria("any", parts),
            Criterion::Empty(operand) => self.operands("empty", [operand]),
            Criterion::NotEmpty(operand) => self.operands("not-empty", [operand]),
            Criterion::Null(operand) => self.operands("null", [operand]),
            Criterion::NotNull(operand) => self.operands("not-null", [operand]),
            Criterion::Compare { left, comparison, right } => self.operands(sign(*comparison), [left, right]),
            Criterion::In { operand, values, negated } => {
                self.operands(if *negated { "not-in" } else { "in" }, [operand]);
                values.iter().for_each(|value| self.value(value));
            }
        }
        self.byte(0xfe);
    }

    fn criteria(&mut self, name: &str, parts: &[Criterion]) {
        self.text(name);
        parts.iter().for_each(|part| self.criterion(part));
    }

    fn operands<'a>(&mut self, name: &str, operands: impl IntoIterator<Item = &'a Operand>) {
        self.text(name);
        operands.into_iter().for_each(|operand| self.operand(operand));
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Column(column) => self.text(&format!("column {column}")),
            Operand::Value(value) => self.value(value),
            Operand::Computed { computation, elements } => self.operands(computation.operator(), elements),
            Operand::Case { routes, otherwise } => {
                self.text("case");
                for (condition, then) in routes {
                    self.criterion(condition);
                    self.operand(then);
                }
                otherwise.iter().for_each(|operand| self.operand(operand));
            }
        }
    }
}

const fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equals => "=",
        Comparison::NotEquals => "<>",
        Comparison::Less => "<",
        Comparison::LessEquals => "<=",
        Comparison::More => ">",
        Comparison::MoreEquals => ">=",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Decimal;

    fn equals(column: usize, value: Value) -> Criterion {
        Criterion::Compare { left: Operand::Column(column), comparison: Comparison::Equals, right: Operand::Value(value) }
    }

    fn number(text: &str) -> Value {
        Value::Number(text.parse::<Decimal>().unwrap())
    }

    #[test]
    fn the_slot_of_a_key_never_changes() {
        assert_eq!(guard_slot("101", "1", &equals(2, "a".into())), guard_slot("101", "1", &equals(2, "a".into())));
        assert_eq!(guard_slot("101", "1", &equals(2, number("1"))), guard_slot("101", "1", &equals(2, number("1.00"))));
    }

    #[test]
    fn keys_are_spread() {
        let slots: std::collections::HashSet<u16> =
            (0..200).flat_map(|key| ["101", "102"].map(|topic| guard_slot(topic, "1", &equals(2, format!("k{key}").as_str().into())))).collect();
        assert!(slots.len() > 250, "{} slots for 400 keys", slots.len());
        assert!(slots.iter().all(|slot| u64::from(*slot) < SLOTS));
    }
}
