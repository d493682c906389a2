//! What the path language prints it reads again, and what is read again means the same (values.md §2, §3).

#![expect(clippy::panic, reason = "a test ends where something is not as expected")]

use std::sync::Arc;

use chrono::NaiveDateTime;
use nightowl_core::model::FactorType;
use nightowl_core::path::{Names, PathContext, Scope, Template};
use nightowl_core::value::{DateFormats, Object, Value, read_json};
use proptest::prelude::*;
use proptest::sample::select;

/// Variables `v` and `20240102` in slots 0 and 1; factor `l` is a list.
struct Known;

impl Names for Known {
    fn variable_slot(&self, name: &str) -> Option<usize> {
        ["v", "20240102"].iter().position(|known| *known == name)
    }

    fn factor(&self, name: &str) -> Option<FactorType> {
        (name == "l").then_some(FactorType::Array)
    }
}

/// Data in which most generated paths find something.
struct Data {
    dates: DateFormats,
    current: Object,
    previous: Object,
    variables: [Value; 2],
}

fn object(text: &str) -> Object {
    match read_json(text, 20) {
        Ok(Value::Object(object)) => object,
        other => panic!("{other:?}"),
    }
}

impl Data {
    fn new() -> Self {
        let text =
            r#"{"a":{"b":"Hello, World","c":[1,2.50,"3",null],"d":"2024-02-29"},"l":[{"b":"x","c":3},{"b":"y","c":1}],"t":" tExt ","é":"10:20:30","n":12.5}"#;
        let variables = [Value::Object(object(r#"{"a":{"b":"seen"},"l":[]}"#)), "2020-01-01".into()];
        Self { dates: DateFormats::default(), current: object(text), previous: object(text), variables }
    }
}

impl Scope for Data {
    fn variable(&self, slot: usize) -> Option<&Value> {
        self.variables.get(slot)
    }

    fn origin(&self, _: usize) -> Option<&Arc<str>> {
        None
    }

    fn current(&self) -> Option<&Object> {
        Some(&self.current)
    }

    fn previous(&self) -> Option<&Object> {
        Some(&self.previous)
    }

    fn is_array_factor(&self, path: &str) -> bool {
        path == "l"
    }

    fn now(&self) -> NaiveDateTime {
        NaiveDateTime::default()
    }

    fn next_id(&self) -> i64 {
        7
    }

    fn dates(&self) -> &DateFormats {
        &self.dates
    }
}

fn parse(text: &str, in_criteria: bool) -> Template {
    let dates = DateFormats::default();
    Template::parse(Some(text), &PathContext { names: &Known, dates: &dates, in_criteria }).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// One spelling of a part of the language, and the plain spelling of the same.
#[derive(Debug, Clone)]
struct Spelt {
    written: String,
    plain: String,
}

fn same(text: &str) -> Spelt {
    Spelt { written: text.to_owned(), plain: text.to_owned() }
}

fn spelt(written: &str, plain: &str) -> Spelt {
    Spelt { written: written.to_owned(), plain: plain.to_owned() }
}

fn joined(parts: &[Spelt], between: &str) -> Spelt {
    let all = |of: fn(&Spelt) -> &str| parts.iter().map(of).collect::<Vec<_>>().join(between);
    Spelt { written: all(|part| &part.written), plain: all(|part| &part.plain) }
}

fn choice(choices: &[(&str, &str)]) -> impl Strategy<Value = Spelt> + use<> {
    select(choices.iter().map(|(written, plain)| spelt(written, plain)).collect::<Vec<_>>())
}

fn key() -> impl Strategy<Value = Spelt> {
    select(vec!["a", "b", "c", "l", "é", "n", "a b", "R&D", "0", ""]).prop_map(same)
}

fn first() -> impl Strategy<Value = Spelt> {
    select(vec!["a", "l", "v", "t", "é", "n", "x", "a b"]).prop_map(same)
}

fn parameter() -> impl Strategy<Value = String> {
    "[a-zé0-9.]{1,4}( [a-z])?|\\([a-z.|]{0,3}\\)"
}

/// One call of a text function.
fn text_call() -> impl Strategy<Value = Spelt> {
    let bare =
        choice(&[("&len", "&len"), ("&upper()", "&upper"), (" &lower ", "&lower"), ("&trim", "&strip"), ("&split()", "&split"), ("&slice(,)", "&slice")]);
    let one = (
        select(vec![
            ("&index", "&find"),
            ("&startsWith", "&startswith"),
            ("&endswith", "&endswith"),
            ("&contains", "&contains"),
            ("&trim", "&strip"),
            ("&split", "&split"),
            ("&concat", "&concat"),
        ]),
        parameter(),
    )
        .prop_map(|((written, plain), parameter)| spelt(&format!("{written}( {parameter} )"), &format!("{plain}({parameter})")));
    let two = (select(vec!["&replace", "&replaceFirst", "&concatWith"]), parameter(), parameter())
        .prop_map(|(name, one, other)| spelt(&format!("{name}({one}, {other})"), &format!("{name}({one},{other})")));
    let slice = (any::<Option<i8>>(), any::<Option<i8>>()).prop_filter("both missing are written otherwise", |(start, end)| start.is_some() || end.is_some());
    let slice = slice.prop_map(|(start, end)| {
        let shown = |bound: Option<i8>| bound.map_or_else(String::new, |bound| bound.to_string());
        let plain = if end.is_none() { format!("&slice({})", shown(start)) } else { format!("&slice({},{})", shown(start), shown(end)) };
        spelt(&format!("&substr( {} ,{})", shown(start), shown(end)), &plain)
    });
    prop_oneof![bare, one, two, slice]
}

fn function() -> impl Strategy<Value = Spelt> {
    let value = choice(&[
        ("&count", "&count"),
        ("&length()", "&length"),
        ("&sum", "&sum"),
        ("&avg", "&avg"),
        ("&min", "&min"),
        ("&maxNum", "&maxNum"),
        ("&minDt", "&minDatetime"),
        ("&maxDate", "&maxDate"),
        ("&minTime", "&minTime"),
        ("&join", "&join"),
        ("&join(;)", "&join(;)"),
        ("&distinct", "&distinct"),
        ("&firstRow( b , c:DESC )", "&firstRow(b,c:desc)"),
        ("&firstRow(b.c:asc)", "&firstRow(b.c)"),
        ("&firstRow(a:b:asc,c:up)", "&firstRow(a:b:asc,c:up)"),
    ]);
    let chain = prop::collection::vec(text_call(), 1..4).prop_map(|calls| joined(&calls, "|"));
    prop_oneof![1 => value, 2 => chain]
}

fn path() -> impl Strategy<Value = Spelt> {
    (first(), prop::collection::vec(prop_oneof![2 => key(), 1 => function()], 0..4)).prop_map(|(first, mut rest)| {
        rest.insert(0, first);
        let path = joined(&rest, ".");
        spelt(&path.written, path.plain.trim())
    })
}

fn date() -> impl Strategy<Value = Spelt> {
    let literal = choice(&[
        ("&now", "&now"),
        ("&now()", "&now"),
        ("2024-01-31", "timestamp'2024-01-31 00:00:00'"),
        ("date'20240229'", "timestamp'2024-02-29 00:00:00'"),
        ("2024-01-31T10:20:30Z", "timestamp'2024-01-31 10:20:30'"),
        ("timestamp'2024-01-31 10:20:30.5'", "timestamp'2024-01-31 10:20:30.500000'"),
        ("20240102", "20240102"),
        ("a.d", "a.d"),
        ("&old.a.d", "&old.a.d"),
    ]);
    prop_oneof![3 => literal, 1 => path().prop_filter("a comma ends the argument", |path| !path.written.contains(','))]
}

fn expression() -> impl Strategy<Value = Spelt> {
    let plain = choice(&[("&nextSeq", "&nextSeq"), ("&now()", "&now"), (" &now ", "&now")]);
    let difference = (select(vec!["&yearDiff", "&monthDiff", "&dayDiff"]), date(), date())
        .prop_map(|(name, end, start)| spelt(&format!("{name} ( {} , {} )", end.written, start.written), &format!("{name}({},{})", end.plain, start.plain)));
    let moved = (date(), choice(&[("M + 1 D99", "M+1D99"), ("Y2024h-3", "Y2024h-3"), ("m007 s+0", "m7s+0")]));
    let moved =
        moved.prop_map(|(date, steps)| spelt(&format!("&moveDate({},{})", date.written, steps.written), &format!("&moveDate({},{})", date.plain, steps.plain)));
    let formatted = (select(vec!["&fmtDate", "&dateFormat"]), date(), select(vec!["Y/M/D h:m:s", "y, B (W)", "%p"]));
    let formatted =
        formatted.prop_map(|(name, date, pattern)| spelt(&format!("{name}({}, {pattern})", date.written), &format!("&fmtDate({},{pattern})", date.plain)));
    let time = choice(&[("&now", "&now"), ("10:20", "time'10:20:00'"), ("time'235959'", "time'23:59:59'"), ("é", "é"), ("&old.é", "&old.é")]);
    let combined = (date(), time).prop_map(|(date, time)| {
        spelt(&format!("&combineDateTime({},{})", date.written, time.written), &format!("&combineDateTime({},{})", date.plain, time.plain))
    });
    let old = path().prop_map(|path| spelt(&format!("&old.{}", path.written), &format!("&old.{}", path.plain)));
    prop_oneof![1 => plain, 4 => path(), 2 => old, 1 => difference, 1 => moved, 1 => formatted, 1 => combined]
}

fn constant() -> impl Strategy<Value = Spelt> {
    let literal = select(vec!["x", " – ", "}", "{} ", "&now", "a.b"]).prop_map(same);
    let braced = expression().prop_map(|expression| spelt(&format!("{{ {} }}", expression.written), &format!("{{{}}}", expression.plain)));
    prop::collection::vec(prop_oneof![1 => literal, 2 => braced], 1..4).prop_map(|parts| joined(&parts, ""))
}

/// The value, or that there is none.
fn evaluated(template: &Template) -> Result<Value, String> {
    template.evaluate(&Data::new()).map(std::borrow::Cow::into_owned).map_err(|error| error.to_string())
}

/// The same, where a failure's message names the spelling.
fn meant(template: &Template) -> Option<Value> {
    evaluated(template).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_read_as_the_same(constant in constant(), in_criteria: bool) {
        let template = parse(&constant.plain, in_criteria);
        let again = parse(&template.to_string(), in_criteria);
        prop_assert_eq!(&template.to_string(), &constant.plain);
        prop_assert_eq!(&again, &template);
        prop_assert_eq!(evaluated(&again), evaluated(&template));
    }

    #[test]
    fn other_spellings_print_plainly_and_mean_the_same(constant in constant(), in_criteria: bool) {
        let template = parse(&constant.written, in_criteria);
        prop_assert_eq!(&template.to_string(), &constant.plain, "{}", constant.written);
        prop_assert_eq!(meant(&parse(&constant.plain, in_criteria)), meant(&template), "{}", constant.written);
    }
}

#[test]
fn columns_of_criteria_print_as_they_are_written() {
    for text in ["{&a.b.&length}", "{&dayDiff(&day,&now)}", "x{&fmtDate(&day,Y)}", ""] {
        assert_eq!(parse(text, true).to_string(), text);
        assert_eq!(parse(&parse(text, true).to_string(), true), parse(text, true));
    }
}
