//! Where what was recorded of a tenant lies.

use std::collections::BTreeSet;

use nightowl_storage::trace::{LogRecord, TraceStore};

use crate::node::stores::OpenStore;
use crate::node::{Node, NodeError};

/// The stores in which a tenant has topics, and so logs: the default store, and those of its data sources.
pub async fn stores_of(node: &Node, tenant_id: &str) -> Result<Vec<OpenStore>, NodeError> {
    let tenant = node.catalogs.of(tenant_id).await?;
    let named: BTreeSet<&str> = tenant.catalog.topics().filter_map(|topic| topic.data_source_id.as_deref()).collect();
    let mut stores = vec![node.stores.default_store().clone()];
    for data_source_id in named {
        stores.push(node.stores.of(tenant.data_source(Some(data_source_id))?).await?);
    }
    Ok(stores)
}

/// A log of a tenant with the store that holds it.
pub(super) async fn find_log(node: &Node, tenant_id: &str, uid: i64) -> Result<Option<LogRecord>, NodeError> {
    for open in stores_of(node, tenant_id).await? {
        if let Some(log) = TraceStore::new(open.store).log(uid).await?.filter(|log| log.tenant_id == tenant_id) {
            return Ok(Some(log));
        }
    }
    Ok(None)
}
