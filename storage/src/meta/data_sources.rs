//! Data sources (storage.md §14.1). A password is stored as it is given: sealed, or as a reference.

use nightowl_core::model::{DataSource, DataSourceParam, DataSourceType, Problems};
use serde_json::{Value as Json, json};

use super::MetaError;
use super::row::{self, Cell, Row};
use super::table::{DATA_SOURCES, Table};
use super::tuple::{Mapped, MetaTuple};
use crate::sql::SqlValue;

impl MetaTuple for DataSource {
    const KIND: &'static str = "data source";
    const NAME_COLUMN: &'static str = "data_source_code";

    fn id(&self) -> String {
        self.data_source_id.clone()
    }

    fn name(&self) -> &str {
        &self.data_source_code
    }

    fn tenant_id(&self) -> Option<&str> {
        self.tenant_id.as_deref()
    }

    fn content(&self) -> Json {
        json!({
            "dataSourceId": self.data_source_id, "dataSourceCode": self.data_source_code, "dataSourceType": self.data_source_type.as_str(),
            "host": self.host, "port": self.port, "username": self.username, "password": self.password, "name": self.name, "url": self.url,
            "params": params_json(self),
            "tenantId": self.tenant_id,
        })
    }
}

fn params_json(source: &DataSource) -> Json {
    source.params.iter().map(DataSourceParam::to_json).collect()
}

impl Mapped for DataSource {
    fn table() -> &'static Table {
        &DATA_SOURCES
    }

    fn read(row: &Row, _problems: &mut Problems) -> Result<Self, MetaError> {
        let kind = row.text("data_source_type");
        Ok(Self {
            data_source_id: row.text("data_source_id"),
            data_source_code: row.text("data_source_code"),
            data_source_type: DataSourceType::parse(&kind).ok_or_else(|| row.damaged("data_source_type", format!("holds \"{kind}\"")))?,
            host: row.filled("host"),
            port: row.filled("port"),
            username: row.filled("username"),
            password: row.filled("password"),
            name: row.filled("name"),
            url: row.filled("url"),
            params: row.json("params").as_array().into_iter().flatten().filter_map(DataSourceParam::from_json).collect(),
            tenant_id: row.filled("tenant_id"),
        })
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            ("data_source_id", row::text(&self.data_source_id)),
            ("data_source_code", row::text(&self.data_source_code)),
            ("data_source_type", row::text(self.data_source_type.as_str())),
            ("host", row::optional(self.host.as_deref())),
            ("port", row::optional(self.port.as_deref())),
            ("username", row::optional(self.username.as_deref())),
            ("password", row::optional(self.password.as_deref())),
            ("name", row::optional(self.name.as_deref())),
            ("url", row::optional(self.url.as_deref())),
            ("params", if self.params.is_empty() { SqlValue::Null } else { SqlValue::Json(params_json(self).to_string()) }),
            ("tenant_id", row::optional(self.tenant_id.as_deref())),
        ]
    }
}
