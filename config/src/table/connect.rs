//! The consumers of Kafka and RabbitMQ (`surface.md §10`).

use super::{Setting, whole};
use crate::{alias::Alias, kind::Kind};

pub(super) const CONSUME: &[Setting] = &[Setting::new("consume.start_timeout", whole(1, 3600, "seconds"), "10", "How long brokers may be away at the start.")];

pub(super) const KAFKA: &[Setting] = &[
    Setting::new("kafka.enabled", Kind::Bool, "false", "Consumes Kafka.").aliases(&[Alias::same("KAFKA_CONNECTOR")]),
    Setting::new("kafka.brokers", Kind::Text, "localhost:9092", "Bootstrap servers, separated by commas.").aliases(&[Alias::same("KAFKA_BOOTSTRAP_SERVER")]),
    Setting::new("kafka.topics", Kind::Texts, "[]", "Topics to consume; one that begins with ^ is a pattern.").aliases(&[Alias::same("KAFKA_TOPICS")]),
    Setting::new("kafka.group_id", Kind::Text, "nightowl", "The consumer group.").aliases(&[Alias::same("KAFKA_GROUP_ID")]),
    Setting::new("kafka.auto_offset_reset", Kind::Choice(&["earliest", "latest"]), "earliest", "Where a group without a position begins.")
        .aliases(&[Alias::same("KAFKA_AUTO_OFFSET_RESET")]),
    Setting::optional("kafka.dead_letter_topic", Kind::Text, "A topic for copies of dead letters.").aliases(&[Alias::same("KAFKA_DEAD_LETTER_TOPIC")]),
];

pub(super) const RABBITMQ: &[Setting] = &[
    Setting::new("rabbitmq.enabled", Kind::Bool, "false", "Consumes RabbitMQ.").aliases(&[Alias::same("RABBITMQ_CONNECTOR")]),
    Setting::optional("rabbitmq.host", Kind::Text, "The broker's host.").aliases(&[Alias::same("RABBITMQ_HOST")]),
    Setting::new("rabbitmq.port", whole(1, 65535, "port"), "5672", "The broker's port.").aliases(&[Alias::same("RABBITMQ_PORT")]),
    Setting::optional("rabbitmq.username", Kind::Text, "The broker's user.").aliases(&[Alias::same("RABBITMQ_USERNAME")]),
    Setting::optional("rabbitmq.password", Kind::Text, "The broker's password.").aliases(&[Alias::same("RABBITMQ_PASSWORD")]).secret(),
    Setting::optional("rabbitmq.virtual_host", Kind::Text, "The virtual host.").aliases(&[Alias::same("RABBITMQ_VIRTUALHOST")]),
    Setting::optional("rabbitmq.queue", Kind::Text, "The queue to consume.").aliases(&[Alias::same("RABBITMQ_QUEUE")]),
    Setting::new("rabbitmq.durable", Kind::Bool, "true", "Whether the queue survives the broker.").aliases(&[Alias::same("RABBITMQ_DURABLE")]),
    Setting::new("rabbitmq.auto_delete", Kind::Bool, "false", "Whether the queue goes with its last consumer.").aliases(&[Alias::same("RABBITMQ_AUTO_DELETE")]),
    Setting::new("rabbitmq.prefetch", whole(1, 65535, "messages"), "256", "Messages taken before the first is acknowledged.")
        .aliases(&[Alias::same("RABBITMQ_PREFETCH")]),
];
