//! Contents with many rows: a blob that came with its event, an object that was fetched (surface.md §15.1).

use nightowl_core::value::Value;

use super::run::{Kept, Run, told};
use super::{RecordStatus, TimeBudget, spool};
use crate::door::DoorError;
use crate::event::route::{Csv, Decode, Route};
use crate::event::{Content, ContentForm, Origin};
use crate::input::{CsvForm, CsvReading, Form, Input};

/// What names of contents end with whose every line is a document.
const LINES: [&str; 2] = [".ndjson", ".jsonl"];
/// What names of contents end with that hold values.
const CSV: &str = ".csv";
/// What names of packed contents end with.
const PACKED: &str = ".gz";

/// What a content is said to be, beside what it looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// Whether every line is a document, also an only one.
    pub(super) lines: bool,
    /// Whether it is CSV.
    pub(super) csv: CsvReading,
}

impl Said {
    /// By its name, its content type and its route.
    pub(super) fn of(name: &str, content_type: Option<&str>, route: Option<&Route>) -> Self {
        let name = name.to_ascii_lowercase();
        let name = name.strip_suffix(PACKED).unwrap_or(&name);
        let media = content_type.and_then(|text| text.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
        let lines = LINES.iter().any(|ending| name.ends_with(ending)) || media.ends_with("ndjson") || media.ends_with("jsonl") || media.ends_with("jsonlines");
        let form = || route.and_then(|route| route.csv.as_ref()).map(csv_form).unwrap_or_default();
        let decode = route.and_then(|route| route.decode);
        let is_csv = name.ends_with(CSV) || media == "text/csv" || route.is_some_and(|route| route.csv.is_some());
        let csv = match decode {
            Some(Decode::Csv) => CsvReading::Always(form()),
            None if is_csv => CsvReading::Otherwise(form()),
            _ => CsvReading::Never,
        };
        Self { lines, csv }
    }
}

fn csv_form(csv: &Csv) -> CsvForm {
    CsvForm { header: csv.header, separator: csv.separator.bytes().next().unwrap_or(b','), columns: csv.columns.clone() }
}

impl Run<'_> {
    /// The rows of bytes that came with their event.
    pub(super) async fn content(&mut self, number: u64, origin: &Origin, bytes: &[u8]) {
        let name = origin.facts.object.clone().unwrap_or_else(|| "the content".to_owned());
        let said = Said::of(&name, None, self.door.routes.find(origin).map(|(_, route)| route));
        match spool::of_bytes(&name, bytes, self.door.bounds, &said.csv) {
            Ok(input) => self.rows(number, origin, input, &said).await,
            Err(error) => {
                let content = Content::bytes_without_tokens(ContentForm::Delivery, bytes);
                self.failed(Kept { number, origin: origin.clone(), trace_id: None, tenant_id: None, content }, &error).await;
            }
        }
    }

    /// The rows of a content, read one by one. Where one was not done and nothing can be reported by itself, what stands
    /// behind it is not begun: it all comes again, and what was done is recognised by its key.
    pub(super) async fn rows(&mut self, number: u64, origin: &Origin, input: Input, said: &Said) {
        let (form, elements) = (input.form(), input.elements());
        let numbered = said.lines || elements != 1 || matches!(form, Form::Array | Form::Csv);
        if elements == 0 {
            tracing::debug!(source = origin.source.as_str(), "a content is empty");
            return self.report.add(told(number, origin, RecordStatus::Ignored, None), false);
        }
        for element in input {
            if self.report.is_failed() {
                return;
            }
            if self.budget.is_over() {
                return self.not_done(number, origin, None, TimeBudget::over());
            }
            let row = origin.of_row(numbered.then_some(element.number));
            match element.document {
                Ok(Value::Object(data)) if form == Form::Csv => {
                    for record in self.door.decoder().bare(row, data) {
                        Box::pin(self.take(record)).await;
                    }
                }
                Ok(document) => {
                    for record in self.door.decoder().deliveries(&row, &document) {
                        Box::pin(self.take(record)).await;
                    }
                }
                Err(error) => {
                    let content = Content::bytes_without_tokens(ContentForm::Delivery, &element.raw);
                    self.number += 1;
                    self.failed(Kept { number: self.number, origin: row, trace_id: None, tenant_id: None, content }, &DoorError::Input(error)).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::route::Routes;

    #[test]
    fn names_types_and_routes_say_what_a_content_is() {
        let said = |name: &str, media: Option<&str>| {
            let said = Said::of(name, media, None);
            (said.lines, said.csv != CsvReading::Never)
        };
        assert_eq!(said("in/a.json", None), (false, false));
        assert_eq!(said("in/a.NDJSON", None), (true, false));
        assert_eq!(said("in/a.jsonl.gz", None), (true, false));
        assert_eq!(said("in/a", Some("application/x-ndjson; charset=utf-8")), (true, false));
        assert_eq!(said("in/a.csv.gz", None), (false, true));
        assert_eq!(said("in/a", Some("text/csv")), (false, true));
        let routes = Routes::read(&[serde_json::json!({"decode": "csv", "csv": {"header": false, "separator": ";", "columns": ["a"]}})]).unwrap();
        let form = CsvForm { header: false, separator: b';', columns: vec!["a".to_owned()] };
        assert_eq!(Said::of("a.json", None, routes.get(0)).csv, CsvReading::Always(form));
        let routes = Routes::read(&[serde_json::json!({"decode": "json"})]).unwrap();
        assert_eq!(Said::of("a.csv", None, routes.get(0)).csv, CsvReading::Never);
    }
}
