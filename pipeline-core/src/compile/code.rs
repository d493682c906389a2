//! The codes of what can be wrong with definitions (storage.md §10, family `definition-`): one table, from which
//! documentation and tools are made. A test holds it against the sources.

/// A code with what it means and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The stable text.
    pub code: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// Declares codes as constants whose documentation is their meaning, and lists them.
macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal, $remedy:literal;)*) => {
        $(#[doc = $meaning] pub const $name: &str = $code;)*

        /// All codes, in the order of the table.
        pub const ALL: &[Code] = &[$(Code { code: $code, meaning: $meaning, remedy: $remedy }),*];

        /// The names of the constants, in the same order.
        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

codes! {
    // Reading: the shape of what stands in a file or in the store.
    NOT_AN_OBJECT = "definition-not-an-object", "A definition or a part of it is no JSON object.", "Write an object.";
    NOT_RECOGNISED = "definition-not-recognised", "A document is no definition of any kind.", "Write a tuple of Watchmen, a list of them, or a MixImport document.";
    WRONG_KIND = "definition-wrong-kind", "A key holds another kind of value than it should.", "Write the kind that the message names.";
    UNKNOWN_VALUE = "definition-unknown-value", "A key holds a text that is none of its choices.", "Use one of the texts that the message lists.";
    MISSING = "definition-missing", "Something compulsory is missing or blank.", "Give it.";
    LIST_IGNORED = "definition-list-ignored", "A list of an export has nothing to do with pipelines and is left out.", "Nothing has to be done.";

    // Files.
    FILE_MISSING = "definition-file-missing", "A folder holds no definition file.", "Put .json, .yaml or .yml files into it, or name a file.";
    FILE_UNREADABLE = "definition-file-unreadable", "A file can not be read.", "Check its path, permissions and encoding.";
    FILE_TOO_LARGE = "definition-file-too-large", "A file is larger than a definition file may be.", "Divide it.";
    FILE_SYNTAX = "definition-file-syntax", "A file is neither JSON nor YAML.", "Correct it at the place that is named.";

    // Names and ids.
    ID_TAKEN = "definition-id-taken", "Two topics or two pipelines of a tenant have one id.", "Give each its own id.";
    NAME_TAKEN = "definition-name-taken", "Two topics of a tenant have one name.", "Give each its own name.";
    NAME_TOO_LONG = "definition-name-too-long", "The name of a table is longer than a server allows.", "Shorten the topic's name.";
    ID_REPEATED = "definition-id-repeated", "Two stages, units or actions of a pipeline have one id, so that logs can not tell them apart.", "Give each its own id.";
    TOPIC_NAME = "definition-topic-name", "The name of a topic is none that every database takes without quotes.", "Begin with a letter, use letters, digits and _, at most 45 of them.";

    // Topics and factors.
    COLUMN_CONFLICT = "definition-column-conflict", "Two factors would have the same column, or that of a fixed one.", "Give the factor another name.";
    FACTOR_NAME_TAKEN = "definition-factor-name-taken", "Two factors of a topic have one name.", "Take one of them away, or give it another name.";
    FACTOR_ID_TAKEN = "definition-factor-id-taken", "Two factors of a topic have one id; it stands for the first of them.", "Give each its own id.";
    PRECISION = "definition-precision", "The precision of a factor is no length or no digits and scale.", "Write 120 for a text, 18,2 for a number.";
    BAD_DEFAULT = "definition-bad-default", "A default value does not fit its factor and is left out.", "Write a value of the factor's type.";
    INDEX_WITHOUT_COLUMN = "definition-index-without-column", "A factor without column has an index group.", "Flatten it, or take the group away.";
    AES_KEY_MISSING = "definition-aes-key-missing", "A factor is encrypted by AES and the tenant has no key; what has to encrypt fails.", "Configure engine.aes_key and engine.aes_iv, or a key store of the tenant.";
    KEY_UNUSABLE = "definition-key-unusable", "A key store holds no usable key.", "Give a key of 32 and an iv of 16 characters.";
    DATA_SOURCE_NOT_OPENED = "definition-data-source-not-opened", "A topic lies on a data source of a type that is kept and never opened.", "Move the topic to a data source that can be opened.";

    // Pipelines as wholes.
    TOPIC_UNKNOWN = "definition-topic-unknown", "A topic is named that the tenant does not have.", "Give the id of a topic of the same tenant.";
    FACTOR_UNKNOWN = "definition-factor-unknown", "A factor is named that its topic does not have.", "Give the id of one of its factors.";
    WRITER_UNKNOWN = "definition-writer-unknown", "An external writer is named that the tenant does not have.", "Give the id of an external writer of the same tenant.";
    STAGE_UNKNOWN = "definition-stage-unknown", "A stage depends on one that the pipeline does not have.", "Name the stageId of another stage.";
    STAGE_CYCLE = "definition-stage-cycle", "Stages depend on each other in a cycle.", "Take one of the dependencies away.";
    VARIABLE_UNORDERED = "definition-variable-unordered", "Two stages write one variable with no order between them.", "Let one depend on the other, or use two names.";
    CASCADE_CYCLE = "definition-cascade-cycle", "Pipelines trigger each other in a circle; only the depth of the cascade is bounded.", "Make sure that a condition ends it, or write another topic.";
    SYSTEM_TOPIC = "definition-pipeline-on-system-topic", "A pipeline is triggered by a topic of the system, whose runs are not logged.", "Use a business topic, unless this is what is wanted.";
    WRITES_TWO_SOURCES = "definition-writes-two-sources", "A pipeline writes topics of several data sources, which are not committed together.", "Keep what a pipeline writes in one data source.";

    // Parameters and conditions.
    NO_COMPUTATION = "definition-no-computation", "A computed parameter does not say what is computed.", "Give its type.";
    PARAMETER_COUNT = "definition-parameter-count", "A computation has too few or too many parameters.", "Give as many as it needs.";
    NULL_PARAMETER = "definition-null-parameter", "A parameter of a computation is null or can not be read.", "Give a parameter.";
    TWO_ANYWAY_ROUTES = "definition-two-anyway-routes", "A case-then has more than one route without condition.", "Keep one of them.";
    NO_ROUTE = "definition-no-route", "A case-then has no route with a condition.", "Use its only parameter instead.";
    UNREACHABLE_ROUTE = "definition-unreachable-route", "A route of a case-then comes after one that always holds.", "Give that one a condition, or take the routes after it away.";
    ORDERED_TEXTS = "definition-ordered-texts", "Two texts are ordered, which fails whenever it is evaluated.", "Make one side a number or a date.";
    BAD_PATH = "definition-bad-path", "A data path can not be read.", "Correct it at the column that is named.";
    PATH_TOO_LONG = "definition-path-too-long", "A constant or path is longer than it may be.", "Divide it.";
    UNKNOWN_FUNCTION = "definition-unknown-function", "A path names a function that does not exist.", "Use one of the functions that the message lists.";
    FUNCTION_ARGUMENT = "definition-function-argument", "An argument of a function can not be read.", "Correct it at the column that is named.";
    FIRST_ROW_KEY = "definition-first-row-key", "&firstRow has no key, or a blank one.", "Name the key by which the first row is found.";
    FIRST_ROW_DIRECTION = "definition-first-row-direction", "A direction of &firstRow is neither asc nor desc.", "Write asc or desc.";
    VARIABLE_NEVER_WRITTEN = "definition-variable-never-written", "A variable is read, or looped over, that nothing writes.", "Write it before, or correct its name.";
    VARIABLE_LOST = "definition-variable-lost", "A variable is read that only a loop writes; what is written in a loop is gone after each element.", "Write it outside of the loop, or read it inside.";

    // What is read and written.
    BY_EMPTY = "definition-by-empty", "The by of a write or deletion restricts nothing.", "Give at least one filter.";
    BY_WITHOUT_INDEX = "definition-by-without-index", "No index serves a by, so that every row is looked at.", "Give one of its factors an index group.";
    BY_NOT_UNIQUE = "definition-by-not-unique", "The by of a merge pins no unique index, so that it may meet several rows, or two runs may insert the same one.", "Give its factors a unique index group (u-1).";
    IN_COLUMN = "definition-in-column", "A column is the list of in or not-in.", "Write the list, or compare with equals.";
    CRITERIA_CONTAINER = "definition-criteria-container", "A by compares an object or a list.", "Compare one of its members.";
    ARCHIVE_READ = "definition-archive-read", "An action reads a topic whose rows are kept in a store of objects, where they are only written.", "Insert rows into it, and read those of a topic in a database.";
    CRITERIA_COLUMN = "definition-criteria-column", "A by compares a factor that has no column.", "Flatten it, or compare another one.";
    CRITERIA_COMPUTATION = "definition-criteria-computation", "A function takes no column.", "Use a value.";
    WRITER_NOT_ENABLED = "definition-writer-not-enabled", "An action calls an external writer of a type that is not enabled.", "Enable the type in the settings, or take the action out.";
    WRITER_URL = "definition-writer-url", "An action calls an external writer whose url is none of its type.", "Write the url as the type wants it.";
    MAPPING_EMPTY = "definition-mapping-empty", "A write maps nothing.", "Map at least one factor.";
    FACTOR_MAPPED_TWICE = "definition-factor-mapped-twice", "A write maps one factor twice; the last mapping counts.", "Map it once.";
    FACTOR_WITHOUT_COLUMN = "definition-factor-without-column", "A factor that is read or written has no column.", "Flatten it, or use another one.";
    IMPOSSIBLE_CAST = "definition-impossible-cast", "A mapped value can never become what its factor holds.", "Map a value of the factor's type, or change the type.";
    SYNONYM_WRITTEN = "definition-synonym-written", "A synonym is written, which never happens.", "Write another topic.";
    AVERAGE_WITHOUT_ASSIST = "definition-average-without-assist", "An average is kept in a topic without aggregate_assist_.", "Make it an aggregate, time or ratio topic.";

    // Applying.
    TENANT_UNKNOWN = "definition-tenant-unknown", "A tuple belongs to a tenant that does not exist.", "Define the tenant, or name one that exists.";
    USER_UNKNOWN = "definition-user-unknown", "A user group holds a user whom its tenant does not have.", "Define the user, or take the id out.";
    DATA_SOURCE_UNKNOWN = "definition-data-source-unknown", "A topic names a data source that does not exist.", "Define it, or map it with --data-source.";
    ID_TWICE = "definition-id-twice", "Files hold two tuples with one id and different content.", "Give each its own id.";
    NAME_TWICE = "definition-name-twice", "Files hold two tuples of one kind and name.", "Give each its own name.";
    ID_OF_ANOTHER_TENANT = "definition-id-of-another-tenant", "The id of a tuple belongs to another tenant.", "Take another id, or leave it out.";
    NOT_APPLIED = "definition-not-applied", "A part of a tuple is not applied.", "See the message.";
    PASSWORD = "definition-password", "The password of a user can not be used.", "Give a password or a hash that is understood.";
    PASSWORD_IN_CLEAR = "definition-password-in-clear", "A file holds a password that everybody can read.", "Give a hash, or a reference.";
    TABLE_CONFLICT = "definition-table-conflict", "Another tenant uses the same table with other columns.", "Take another name or another data source.";

    // Scenarios.
    SCENARIO_UNREADABLE = "definition-scenario-unreadable", "A scenario file can not be read.", "Check its path and permissions.";
    SCENARIO_NOT_JSON = "definition-scenario-not-json", "A scenario file is no JSON.", "Correct it at the place that is named.";
    SCENARIO_SHAPE = "definition-scenario-shape", "A scenario file has another shape than its schema.", "Correct it at the place that is named.";
    DEVIATION_POINTER = "definition-deviation-pointer", "A deviation points at nothing in the scenario.", "Correct its pointer.";
}

/// A code by its text.
pub fn find(code: &str) -> Option<&'static Code> {
    ALL.iter().find(|known| known.code == code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// All sources below a folder of the workspace, this file aside.
    fn sources(folder: &str) -> String {
        let mut waiting = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder)];
        let mut text = String::new();
        while let Some(path) = waiting.pop() {
            if path.is_dir() {
                waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("compile/code.rs") {
                text.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
        text
    }

    /// The codes that a source names, as texts or by their constants.
    fn used(source: &str) -> BTreeSet<String> {
        let literals =
            source.split("\"definition-").skip(1).filter_map(|rest| rest.split(|letter: char| !(letter.is_ascii_lowercase() || letter == '-')).next());
        let constants = source.split("code::").skip(1).filter_map(|rest| rest.split(|letter: char| !(letter.is_ascii_uppercase() || letter == '_')).next());
        let of_constant = |name: &str| NAMES.iter().position(|known| *known == name).map(|position| ALL[position].code.to_owned());
        literals.filter(|text| !text.is_empty()).map(|text| format!("definition-{text}")).chain(constants.filter_map(of_constant)).collect()
    }

    #[test]
    fn every_code_of_a_compiled_definition_is_listed() {
        let source = ["pipeline-core/src/compile", "pipeline-core/src/model", "pipeline-core/src/path"].map(sources).concat();
        let missing: Vec<String> = used(&source).into_iter().filter(|code| find(code).is_none()).collect();
        assert_eq!(missing, Vec::<String>::new());
    }

    #[test]
    fn every_listed_code_is_used_and_listed_once() {
        let source = ["pipeline-core/src", "storage/src", "functions/src"].map(sources).concat();
        let used = used(&source);
        let unused: Vec<&str> = ALL.iter().map(|known| known.code).filter(|code| !used.contains(*code)).collect();
        assert_eq!(unused, Vec::<&str>::new());
        assert_eq!(ALL.iter().map(|known| known.code).collect::<BTreeSet<_>>().len(), ALL.len());
    }

    #[test]
    fn every_code_says_what_it_means_and_what_to_do() {
        for known in ALL {
            assert!(known.code.starts_with("definition-") && known.meaning.ends_with('.') && known.remedy.ends_with('.'), "{}", known.code);
        }
    }
}
