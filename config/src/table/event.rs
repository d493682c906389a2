//! Platform events, function runtimes and the drivers of objects and messages (`surface.md §15–17, §19`).

use super::{Setting, at_least, whole};
use crate::{alias::Alias, kind::Kind};

const SOURCES: &[&str] = &[
    "s3",
    "oss",
    "azure-blob",
    "event-grid",
    "azure-queue",
    "sqs",
    "sns",
    "mns",
    "eventbridge",
    "timer",
    "tablestore",
    "http",
    "direct",
    "cloudevents",
    "debezium",
];

const DRIVERS: Kind = Kind::Choice(&["aws", "alibaba", "azure", "local", "memory"]);

pub(super) const EVENT: &[Setting] = &[
    Setting::optional("event.source", Kind::Choice(SOURCES), "Takes every event as one of this source, instead of detecting it.")
        .aliases(&[Alias::same("EVENT_SOURCE")]),
    Setting::new("event.route", Kind::Routes, "[]", "What events mean: the first route that matches completes the envelope.")
        .aliases(&[Alias::same("EVENT_ROUTES")]),
    Setting::optional("event.routes_file", Kind::Path, "A JSON file with the routes, used where event.route is empty.")
        .aliases(&[Alias::same("EVENT_ROUTES_FILE")]),
    Setting::new("event.schedule", Kind::Schedules, "[]", "What `nightowl serve` fires by itself: name, at (a cron expression, or @every 5m), payload.")
        .aliases(&[Alias::same("EVENT_SCHEDULES")]),
    Setting::new("event.max_object_bytes", at_least(1024, "bytes"), "33554432", "Largest object that holds one envelope.")
        .aliases(&[Alias::same("EVENT_MAX_OBJECT_BYTES")]),
    Setting::new("event.dedup", Kind::Bool, "true", "Recognises deliveries that were seen before.").aliases(&[Alias::same("EVENT_DEDUP")]),
    Setting::new("event.bad_delivery", Kind::Choice(&["dead-letter", "fail"]), "dead-letter", "What becomes of a delivery that can never work.")
        .aliases(&[Alias::same("EVENT_BAD_DELIVERY")]),
    Setting::new("event.pipeline_error", Kind::Choice(&["ack", "fail"]), "ack", "How a delivery is answered whose pipeline failed.")
        .aliases(&[Alias::same("EVENT_PIPELINE_ERROR")]),
    Setting::new("event.dead_letter", Kind::Text, "table", "table, or a second destination: s3://…, oss://…, sqs:…, mns:…, blob://…, file:…, log.")
        .aliases(&[Alias::same("EVENT_DEAD_LETTER")]),
    Setting::new("event.safety_margin_seconds", whole(0, 300, "seconds"), "5", "Time kept free before a platform's deadline.")
        .aliases(&[Alias::same("EVENT_SAFETY_MARGIN_SECONDS")]),
];

pub(super) const FUNCTION: &[Setting] = &[
    Setting::new("function.timeout_seconds", whole(5, 900, "seconds"), "300", "Longest time of one invocation.")
        .aliases(&[Alias::same("FUNCTION_TIMEOUT_SECONDS")]),
    Setting::optional("function.profile", Kind::Choice(&["qinling"]), "The profile of the deployment: qinling gives an invocation 5 seconds, 300 at most.")
        .aliases(&[Alias::same("FUNCTION_PROFILE")]),
    Setting::optional("function.azure_binding_name", Kind::Text, "The Azure binding that carries the event.").aliases(&[Alias::same("AZURE_BINDING_NAME")]),
];

pub(super) const DRIVER: &[Setting] = &[
    Setting::optional("driver.object_storage", DRIVERS, "The driver of object storage; without one the platform's.")
        .aliases(&[Alias::same("OBJECT_STORAGE_DRIVER")]),
    Setting::optional("driver.messaging", DRIVERS, "The driver of messages; without one the platform's.").aliases(&[Alias::same("MESSAGING_DRIVER")]),
    Setting::optional("driver.object_bucket", Kind::Text, "The bucket that is used where none is named.")
        .aliases(&[Alias::same("OBJECT_BUCKET"), Alias::same("bucketName")]),
    Setting::optional("driver.queue_url", Kind::Text, "The queue's URL that is used where none is named.")
        .aliases(&[Alias::same("QUEUE_URL"), Alias::same("queueUrl")]),
    Setting::optional("driver.topic_name", Kind::Text, "The message topic that is used where none is named.")
        .aliases(&[Alias::same("TOPIC_NAME"), Alias::same("topicName")]),
    Setting::optional("driver.queue_name", Kind::Text, "The queue's name that is used where none is named.")
        .aliases(&[Alias::same("QUEUE_NAME"), Alias::same("queueName")]),
    Setting::optional("driver.oss_endpoint", Kind::Text, "The endpoint of OSS, instead of the region's.").aliases(&[Alias::same("OSS_ENDPOINT")]),
];
