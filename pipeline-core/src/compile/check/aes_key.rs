//! Factors encrypted by AES while the tenant has no key (D-16).

use crate::compile::{Catalog, TopicPlan, code};
use crate::model::{Encryption, Place, Problems, TopicKind};

pub(super) fn check(topic: &TopicPlan, catalog: &Catalog, problems: &mut Problems) {
    if catalog.aes_key().is_some() || topic.kind == TopicKind::System {
        return;
    }
    for factor in topic.factors.iter().filter(|factor| factor.encrypt == Encryption::Aes) {
        problems.warning(
            code::AES_KEY_MISSING,
            &Place::tuple("topic", &topic.name).named("factor", &factor.name).key("encrypt"),
            "the factor is encrypted by AES and the tenant has no key, so every row with a value in it is refused",
            "configure engine.aes_key and engine.aes_iv, or a key store of the tenant",
        );
    }
}
