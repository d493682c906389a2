//! External writers (storage.md §15.3 `external_writers`).

use nightowl_core::model::{ExternalWriterDefinition, ExternalWriterType, Problems};
use serde_json::{Value as Json, json};

use super::MetaError;
use super::row::{self, Cell, Row};
use super::table::{EXTERNAL_WRITERS, Table};
use super::tuple::{Mapped, MetaTuple};

impl MetaTuple for ExternalWriterDefinition {
    const KIND: &'static str = "external writer";
    const NAME_COLUMN: &'static str = "writer_code";

    fn id(&self) -> String {
        self.writer_id.clone()
    }

    fn name(&self) -> &str {
        &self.writer_code
    }

    fn tenant_id(&self) -> Option<&str> {
        self.tenant_id.as_deref()
    }

    fn content(&self) -> Json {
        json!({
            "writerId": self.writer_id, "writerCode": self.writer_code, "name": self.name, "type": self.writer_type.as_str(), "pat": self.pat,
            "url": self.url, "tenantId": self.tenant_id,
        })
    }
}

impl Mapped for ExternalWriterDefinition {
    fn table() -> &'static Table {
        &EXTERNAL_WRITERS
    }

    fn read(row: &Row, _problems: &mut Problems) -> Result<Self, MetaError> {
        let kind = row.text("type");
        Ok(Self {
            writer_id: row.text("writer_id"),
            writer_code: row.text("writer_code"),
            name: row.optional("name"),
            writer_type: ExternalWriterType::parse(&kind).ok_or_else(|| row.damaged("type", format!("holds \"{kind}\"")))?,
            pat: row.filled("pat"),
            url: row.filled("url"),
            tenant_id: row.filled("tenant_id"),
        })
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            ("writer_id", row::text(&self.writer_id)),
            ("writer_code", row::text(&self.writer_code)),
            ("name", row::optional(self.name.as_deref())),
            ("type", row::text(self.writer_type.as_str())),
            ("pat", row::optional(self.pat.as_deref())),
            ("url", row::optional(self.url.as_deref())),
            ("tenant_id", row::optional(self.tenant_id.as_deref())),
        ]
    }
}
