//! Where events come from (surface.md §15.1, §15.3).

/// The kind of source of a delivery. Its text is what routes match and what trigger headers keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventSource {
    /// An S3 notification, also through EventBridge, SNS or SQS.
    S3,
    /// An Alibaba OSS notification.
    Oss,
    /// An Azure blob binding.
    AzureBlob,
    /// Azure Event Grid.
    EventGrid,
    /// An Azure queue binding, or another binding with messages.
    AzureQueue,
    /// AWS SQS.
    Sqs,
    /// AWS SNS.
    Sns,
    /// An Alibaba MNS topic or queue.
    Mns,
    /// AWS EventBridge: schedules and events of others.
    EventBridge,
    /// A timer of Alibaba or Azure.
    Timer,
    /// An Alibaba Tablestore stream.
    Tablestore,
    /// An HTTP request.
    Http,
    /// An envelope by itself.
    Direct,
    /// A CloudEvent.
    CloudEvents,
    /// A change that Debezium captured.
    Debezium,
    /// A Kafka message.
    Kafka,
    /// A RabbitMQ message.
    RabbitMq,
    /// An element of a file.
    File,
}

impl EventSource {
    /// Every source.
    pub const ALL: [Self; 18] = [
        Self::S3,
        Self::Oss,
        Self::AzureBlob,
        Self::EventGrid,
        Self::AzureQueue,
        Self::Sqs,
        Self::Sns,
        Self::Mns,
        Self::EventBridge,
        Self::Timer,
        Self::Tablestore,
        Self::Http,
        Self::Direct,
        Self::CloudEvents,
        Self::Debezium,
        Self::Kafka,
        Self::RabbitMq,
        Self::File,
    ];

    /// The text of routes and headers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Oss => "oss",
            Self::AzureBlob => "azure-blob",
            Self::EventGrid => "event-grid",
            Self::AzureQueue => "azure-queue",
            Self::Sqs => "sqs",
            Self::Sns => "sns",
            Self::Mns => "mns",
            Self::EventBridge => "eventbridge",
            Self::Timer => "timer",
            Self::Tablestore => "tablestore",
            Self::Http => "http",
            Self::Direct => "direct",
            Self::CloudEvents => "cloudevents",
            Self::Debezium => "debezium",
            Self::Kafka => "kafka",
            Self::RabbitMq => "rabbitmq",
            Self::File => "file",
        }
    }

    /// The source of a text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}
