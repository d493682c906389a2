//! What a node needs before it serves others: the keys that its topics encrypt with (D-16).

use nightowl_core::model::{Encryption, TopicKind};
use nightowl_storage::meta::tenant_ids;

use super::{Catalogs, Node, NodeError};

impl Node {
    /// As [`Catalogs::require_keys`].
    ///
    /// # Errors
    /// [`NodeError::Setting`] with the first topic.
    pub async fn require_keys(&self) -> Result<(), NodeError> {
        self.catalogs.require_keys().await
    }
}

impl Catalogs {
    /// Refuses while a topic encrypts by AES and its tenant has no key: every row with a value in such a factor would be
    /// refused, one by one.
    ///
    /// # Errors
    /// [`NodeError::Setting`] with the first topic.
    pub async fn require_keys(&self) -> Result<(), NodeError> {
        let tenants = self.meta().read(|session| Box::pin(async move { tenant_ids(session).await })).await??;
        for tenant_id in tenants {
            let tenant = self.of(&tenant_id).await?;
            if tenant.catalog.aes_key().is_some() {
                continue;
            }
            let topics = tenant.catalog.topics().filter(|topic| topic.kind != TopicKind::System);
            let encrypts =
                topics.flat_map(|topic| topic.factors.iter().map(move |factor| (topic, factor))).find(|(_, factor)| factor.encrypt == Encryption::Aes);
            if let Some((topic, factor)) = encrypts {
                let reason = format!(
                    "factor \"{}\" of topic \"{}\" of tenant \"{tenant_id}\" is encrypted by AES and there is no key; set engine.aes_key and engine.aes_iv, \
                     or apply a key store of the tenant",
                    factor.name, topic.name
                );
                return Err(NodeError::Setting { key: "engine.aes_key", reason });
            }
        }
        Ok(())
    }
}
