//! stub
use serde_json::Value as Json;
/// stub
#[derive(Debug)]
pub struct TreeOptions;
impl TreeOptions {
    /// stub
    pub fn for_stdout() -> Self {
        Self
    }
}
/// stub
pub fn trace_tree(json: &Json, _o: &TreeOptions) -> String {
    serde_json::to_string_pretty(json).unwrap_or_default()
}
/// stub
#[derive(Debug)]
#[expect(missing_docs)]
pub struct TraceLine {
    pub at: String,
    pub trace_id: String,
    pub status: String,
    pub topic: String,
    pub trigger_type: String,
    pub failed_pipeline_ids: Vec<String>,
}
/// stub
pub fn trace_list(lines: &[TraceLine]) -> String {
    lines.iter().map(|l| format!("{l:?}\n")).collect()
}
