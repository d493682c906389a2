//! Files of every form, whole and broken.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use nightowl_core::error::Coded;
use nightowl_core::value::{JsonStyle, json_text};

use super::{Bounds, CsvForm, CsvReading, Form, Input, Source};

fn open(content: impl AsRef<[u8]>, bounds: Bounds) -> Input {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(content.as_ref()).expect("written");
    Input::of_file("in".into(), file, bounds, &CsvReading::Never).expect("readable")
}

/// What a file gives: each element as its number and JSON text, or its error.
fn read(content: impl AsRef<[u8]>) -> (Form, Vec<String>) {
    read_within(content, Bounds::default())
}

fn read_within(content: impl AsRef<[u8]>, bounds: Bounds) -> (Form, Vec<String>) {
    let input = open(content, bounds);
    let (form, announced) = (input.form(), input.elements());
    let elements: Vec<String> = input
        .map(|element| match element.document {
            Ok(document) => format!("{} {}", element.number, json_text(&document, JsonStyle::Document)),
            Err(error) => format!("{} {}: {error}", element.number, error.code()),
        })
        .collect();
    assert_eq!(elements.len() as u64, announced, "the survey counts what comes");
    (form, elements)
}

fn packed(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("packed");
    encoder.finish().expect("packed")
}

#[test]
fn lines_keep_their_numbers() {
    let (form, elements) = read("{\"a\": 1.10}\r\n\n{\"b\":[2]}\n   \n");
    assert_eq!(form, Form::Lines);
    assert_eq!(elements, ["1 {\"a\":1.10}", "3 {\"b\":[2]}"]);
    assert_eq!(read("{\"a\":1}").1, ["1 {\"a\":1}"]);
    assert_eq!(read("").1, Vec::<String>::new());
    assert_eq!(read(" \n\n").1, Vec::<String>::new());
}

#[test]
fn a_broken_line_is_rejected_and_the_rest_goes_on() {
    let (form, elements) = read(b"{\"a\":1}\n{\"a\":\n{\"b\":\"\xff\"}\n{\"c\":3}".as_slice());
    assert_eq!(form, Form::Lines);
    assert_eq!(elements.len(), 4);
    assert_eq!(elements[0], "1 {\"a\":1}");
    assert!(elements[1].starts_with("2 trigger-not-json: in, line 2, column "), "{}", elements[1]);
    assert!(elements[2].starts_with("3 trigger-not-json: in, line 3: byte 6 of the element is not UTF-8"), "{}", elements[2]);
    assert_eq!(elements[3], "4 {\"c\":3}");
}

#[test]
fn a_broken_first_line_does_not_make_a_document_of_the_rest() {
    let (form, elements) = read("{\"a\":\n{\"b\":1}\n{\"c\":2}\n");
    assert_eq!(form, Form::Lines);
    assert!(elements[0].starts_with("1 trigger-not-json"), "{elements:?}");
    assert_eq!(elements[1..], ["2 {\"b\":1}", "3 {\"c\":2}"]);
}

#[test]
fn one_document_over_several_lines_is_one_element() {
    let (form, elements) = read("{\n  \"a\": [\n    {}\n  ]\n}\n");
    assert_eq!((form, elements.as_slice()), (Form::Document, ["1 {\"a\":[{}]}".to_owned()].as_slice()));
    let (form, elements) = read("{\n  \"a\": [\n    {}\n  ],\n  b\n}\n");
    assert_eq!(form, Form::Document);
    assert_eq!(elements.len(), 1);
    assert!(elements[0].starts_with("1 trigger-not-json: in, line 5, column 3: "), "{elements:?}");
}

#[test]
fn an_array_gives_its_elements_one_by_one() {
    let (form, elements) = read("\n[{\"a\":\"],\\\"\"},\n {\"b\": [1,\n 2]} ,3]\n");
    assert_eq!(form, Form::Array);
    assert_eq!(elements, ["1 {\"a\":\"],\\\"\"}", "2 {\"b\":[1,2]}", "3 3"]);
    assert_eq!(read("[]").1, Vec::<String>::new());
}

#[test]
fn a_broken_element_of_an_array_is_rejected_with_its_line() {
    let (_, elements) = read("[{\"a\":1},\n {\"b\" 2},\n\n {\"c\":3},]");
    assert_eq!(elements[0], "1 {\"a\":1}");
    assert!(elements[1].starts_with("2 trigger-not-json: in, line 2, column 6: "), "{elements:?}");
    assert_eq!(elements[2], "3 {\"c\":3}");
    assert!(elements[3].starts_with("4 trigger-not-json: in, line 4, "), "{elements:?}");
    assert_eq!(elements.len(), 4);
}

#[test]
fn an_array_that_is_cut_off_or_followed_says_so() {
    assert_eq!(read("[1,\n{\"a\": ").1, ["1 1", "2 trigger-not-json: in, line 2, column 1: the array is not closed; send valid JSON"]);
    let (_, elements) = read("[1]\n[2]");
    assert_eq!(elements, ["1 1", "2 trigger-not-json: in, line 2, column 1: something follows the array; send valid JSON"]);
}

#[test]
fn what_is_too_long_or_too_deep_is_rejected_alone() {
    let bounds = Bounds { element_bytes: 20, json_depth: 3 };
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(20));
    let deep = "{\"a\":[[[1]]]}";
    let (_, elements) = read_within(format!("{{\"b\":1}}\n{long}\n{deep}\n{{\"c\":2}}"), bounds);
    assert_eq!(elements.len(), 4);
    assert!(elements[1].starts_with("2 limit-body: in, line 2: the element has more than 20 bytes"), "{elements:?}");
    assert!(elements[2].starts_with("3 limit-json-depth: in, line 3: "), "{elements:?}");
    assert_eq!(elements[3], "4 {\"c\":2}");
    let (_, elements) = read_within(format!("[1,{long},\n{deep},2]"), bounds);
    assert!(elements[1].starts_with("2 limit-body: in, line 1"), "{elements:?}");
    assert!(elements[2].starts_with("3 limit-json-depth: in, line 2"), "{elements:?}");
    assert_eq!(elements[3], "4 2");
    let (form, elements) = read_within(format!("{{\n\"a\":\n{long}x}}"), bounds);
    assert_eq!(form, Form::Document);
    assert!(elements[0].starts_with("1 limit-body: in, line 1"), "{elements:?}");
}

#[test]
fn a_first_line_that_is_too_long_does_not_hide_the_others() {
    let bounds = Bounds { element_bytes: 20, json_depth: 3 };
    let (form, elements) = read_within(format!("{{\"a\":\"{}\"}}\n{{\"b\":1}}", "x".repeat(20)), bounds);
    assert_eq!(form, Form::Lines);
    assert!(elements[0].starts_with("1 limit-body"), "{elements:?}");
    assert_eq!(elements[1], "2 {\"b\":1}");
}

#[test]
fn packed_and_marked_contents_are_read_as_they_are() {
    let content = b"{\"a\":1}\n{\"b\":2}\n";
    let marked = [b"\xef\xbb\xbf".as_slice(), content].concat();
    let expected = ["1 {\"a\":1}", "2 {\"b\":2}"];
    for bytes in [content.to_vec(), packed(content), marked.clone(), packed(&marked)] {
        assert_eq!(read(&bytes).1, expected);
    }
    // packed in two parts, as appending to a .gz leaves it
    assert_eq!(read([packed(b"{\"a\":1}\n"), packed(b"{\"b\":2}\n")].concat()).1, expected);
}

#[test]
fn the_hash_is_that_of_the_unpacked_content() {
    let content = b"{\"a\":1}\n";
    let marked = [b"\xef\xbb\xbf".as_slice(), content].concat();
    let hash = |bytes: &[u8]| open(bytes, Bounds::default()).content_hash().to_owned();
    assert_eq!(hash(content), "e346432021b04179518d9614f3560ccd71354a4ee101ddcb893d6959a9d6301c");
    assert_eq!(hash(content), hash(&packed(content)));
    assert_eq!(hash(&marked), hash(&packed(&marked)));
    assert_ne!(hash(content), hash(b"{\"a\":2}\n"));
}

/// A packed content of which the end is missing.
fn cut(content: &[u8], missing: usize) -> Vec<u8> {
    let mut bytes = packed(content);
    bytes.truncate(bytes.len() - missing);
    bytes
}

/// So many lines that differ, so that they are not packed into nothing.
fn many_lines(count: usize) -> String {
    (0..count).map(|number| format!("{{\"a\":{number},\"b\":\"{}\"}}\n", super::hex::hex(&number.to_le_bytes()))).collect()
}

#[test]
fn what_stands_before_a_cut_is_read_and_the_cut_is_told() {
    let content = many_lines(2_000);
    for missing in [1, 8, 100, 4_000] {
        let (form, elements) = read(cut(content.as_bytes(), missing));
        let (last, whole) = elements.split_last().expect("the cut itself");
        assert_eq!(form, Form::Lines);
        assert!(!whole.is_empty() && whole.len() <= 2_000, "{missing}: {}", whole.len());
        let expected = format!("{} trigger-file-damaged: in: nothing can be read behind element {}: ", whole.len() + 1, whole.len());
        assert!(last.starts_with(&expected), "{missing}: {last}");
        for (number, element) in whole.iter().enumerate() {
            assert!(element.starts_with(&format!("{} {{\"a\":{number},", number + 1)), "{element}");
        }
    }
    let array = format!("[{}]", content.trim_end().replace('\n', ",\n"));
    let (form, elements) = read(cut(array.as_bytes(), 100));
    assert_eq!(form, Form::Array);
    assert!(elements.len() > 1 && elements.last().is_some_and(|last| last.contains("trigger-file-damaged")), "{:?}", elements.last());
    let document = format!("{{\n\"list\": {array}}}");
    let (form, elements) = read(cut(document.as_bytes(), 100));
    assert_eq!((form, elements.len()), (Form::Document, 1));
    assert!(elements[0].starts_with("1 trigger-file-damaged"), "{elements:?}");
}

#[test]
fn a_packing_of_which_nothing_is_left_is_told_when_it_is_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("broken.gz");
    fs::write(&path, &packed(b"{\"a\":1}\n")[..6]).expect("written");
    let error = Source::file(path).open(Bounds::default()).expect_err("broken");
    assert_eq!(error.code(), "trigger-file-damaged");
}

#[test]
fn a_file_is_named_in_its_elements() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("one.json");
    fs::write(&path, "{}").expect("written");
    let mut input = Source::file(path.clone()).open(Bounds::default()).expect("readable");
    let element = input.next().expect("one element");
    assert_eq!(Path::new(&*element.file), path);
    assert!(input.next().is_none());
}

#[test]
fn with_csv_a_content_that_is_neither_json_nor_cbor_has_records() {
    let form = |content: &[u8]| {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(content).expect("written");
        let input = Input::of_file("in".into(), file, Bounds::default(), &CsvReading::Otherwise(CsvForm::default())).expect("readable");
        (input.form(), input.elements(), input.filter(|element| element.document.is_ok()).count())
    };
    assert_eq!(form(b"a,b\r\n1,2\r\n\r\n3,4\r\n5"), (Form::Csv, 3, 2));
    assert_eq!(form(b"\xef\xbb\xbf\"a\"\n1\n"), (Form::Csv, 1, 1));
    assert_eq!(form(b""), (Form::Csv, 0, 0));
    assert_eq!(form(b"{\"a\":1}\n{\"a\":2}\n"), (Form::Lines, 2, 2));
    assert_eq!(form(b"{\n\"a\":1}"), (Form::Document, 1, 1));
    assert_eq!(form(b" [{\"a\":1}]"), (Form::Array, 1, 1));
    assert_eq!(form(b"\xa1\x61\x61\x01"), (Form::Cbor, 1, 1));
}
