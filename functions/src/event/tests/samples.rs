//! Events as the platforms send them: the examples of surface.md §15, by the names that tests use.

/// All of them.
pub(super) const ALL: &[(&str, &str)] = &[
    ("s3", S3),
    ("s3-event-bridge", S3_EVENT_BRIDGE),
    ("s3-test", S3_TEST),
    ("oss", OSS),
    ("oss-cloud-event", OSS_CLOUD_EVENT),
    ("azure-blob", AZURE_BLOB),
    ("event-grid", EVENT_GRID),
    ("event-grid-cloud-event", EVENT_GRID_CLOUD_EVENT),
    ("event-grid-validation", EVENT_GRID_VALIDATION),
    ("azure-queue", AZURE_QUEUE),
    ("azure-http", AZURE_HTTP),
    ("azure-timer", AZURE_TIMER),
    ("sqs", SQS),
    ("sns", SNS),
    ("sns-notification", SNS_NOTIFICATION),
    ("mns-json", MNS_JSON),
    ("mns-stream", MNS_STREAM),
    ("mns-queue", MNS_QUEUE),
    ("schedule", SCHEDULE),
    ("scheduler", SCHEDULER),
    ("timer", TIMER),
    ("tablestore", TABLESTORE),
    ("payload-1", PAYLOAD_1),
    ("payload-2", PAYLOAD_2),
    ("function-compute-http", FUNCTION_COMPUTE_HTTP),
    ("cloud-event", CLOUD_EVENT),
    ("debezium", DEBEZIUM),
    ("debezium-schema", DEBEZIUM_SCHEMA),
    ("debezium-cloud-event", DEBEZIUM_CLOUD_EVENT),
    ("direct", DIRECT),
];

pub(super) const S3: &str = r#"{"Records": [{"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-central-1", "eventTime": "2026-02-01T08:07:41.393Z",
  "eventName": "ObjectCreated:Put", "userIdentity": {"principalId": "AWS:AIDAEXAMPLE"}, "requestParameters": {"sourceIPAddress": "192.0.2.7"},
  "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "abc"},
  "s3": {"s3SchemaVersion": "1.0", "configurationId": "loader", "bucket": {"name": "landing", "ownerIdentity": {"principalId": "A1"}, "arn": "arn:aws:s3:::landing"},
         "object": {"key": "in/day+1/order%2B1.json", "size": 812, "eTag": "032447899e6c18dd3e30388764c0ff21", "versionId": "v7", "sequencer": "005C9DD24D544E2553"}}}]}"#;

pub(super) const S3_EVENT_BRIDGE: &str = r#"{"version": "0", "id": "1779", "detail-type": "Object Created", "source": "aws.s3", "account": "1", "time": "2026-02-01T08:07:41Z", "region": "eu-central-1", "resources": ["arn:aws:s3:::landing"],
 "detail": {"version": "0", "bucket": {"name": "landing"}, "object": {"key": "in/day 1/order+1.json", "size": 812, "etag": "0324", "version-id": "v7", "sequencer": "617f08299329d189"},
            "request-id": "N4N7", "requester": "1", "source-ip-address": "192.0.2.7", "reason": "PutObject"}}"#;

pub(super) const S3_TEST: &str =
    r#"{"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-02-01T08:00:00.000Z", "Bucket": "landing", "RequestId": "7A87", "HostId": "fB3Z"}"#;

pub(super) const OSS: &str = r#"{"events": [{"eventName": "ObjectCreated:PostObject", "eventSource": "acs:oss", "eventTime": "2026-02-01T14:40:11.000Z", "eventVersion": "1.0",
  "oss": {"bucket": {"arn": "acs:oss:ap-south-1:5939:landing", "name": "landing", "ownerIdentity": "5939", "virtualBucket": ""},
          "object": {"deltaSize": 15, "eTag": "032447899E6C18DD3E30388764C0FF21", "key": "in/order 1.json", "size": 15}, "ossSchemaVersion": "1.0", "ruleId": "a11c"},
  "region": "ap-south-1", "requestParameters": {"sourceIPAddress": "192.0.2.7"}, "responseElements": {"requestId": "5C9E2E4B61E5D16D23E9CEC6"}, "userIdentity": {"principalId": "5939"}}]}"#;

pub(super) const OSS_CLOUD_EVENT: &str = r#"{"specversion": "1.0", "id": "5C9E", "source": "acs.oss", "type": "oss:ObjectCreated:PutObject", "subject": "acs:oss:ap-south-1:5939:landing/in/order 1.json", "time": "2026-02-01T14:40:11.000Z", "aliyunregionid": "ap-south-1",
 "data": {"eventName": "ObjectCreated:PutObject", "eventSource": "acs:oss", "region": "ap-south-1",
          "oss": {"bucket": {"name": "landing"}, "object": {"key": "in/order 1.json", "size": 15, "eTag": "0324"}}}}"#;

pub(super) const AZURE_BLOB: &str = r#"{"Data": {"myblob": "eyJjb2RlIjoicmF3X29yZGVyIn0="},
 "Metadata": {"Uri": "\"https://acct.blob.core.windows.net/samples-watchmen/in/order%201.json\"",
              "Properties": {"Length": 812, "ContentType": "application/json", "ETag": "\"0x8D\"", "LastModified": "2026-02-01T08:07:41+00:00"},
              "Metadata": {"code": "raw_order"}, "name": "\"in/order 1.json\"",
              "sys": {"MethodName": "OrderLoader", "UtcNow": "2026-02-01T08:07:42Z", "RandGuid": "0b1c"}}}"#;

pub(super) const EVENT_GRID: &str = r#"[{"id": "9aeb0fdf", "topic": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acct", "subject": "/blobServices/default/containers/landing/blobs/in/order 1.json",
  "eventType": "Microsoft.Storage.BlobCreated", "eventTime": "2026-02-01T08:07:41Z", "dataVersion": "", "metadataVersion": "1",
  "data": {"api": "PutBlob", "clientRequestId": "c1", "requestId": "r1", "eTag": "0x8D", "contentType": "application/json", "contentLength": 812, "blobType": "BlockBlob",
           "url": "https://acct.blob.core.windows.net/landing/in/order%201.json", "sequencer": "0000000000000001", "storageDiagnostics": {"batchId": "b1"}}}]"#;

pub(super) const EVENT_GRID_CLOUD_EVENT: &str = r#"{"specversion": "1.0", "type": "Microsoft.Storage.BlobCreated", "source": "/subscriptions/s/x", "subject": "/blobServices/default/containers/landing/blobs/in/order 1.json", "id": "9aeb0fdf", "time": "2026-02-01T08:07:41Z", "data": {"url": "https://acct.blob.core.windows.net/landing/in/order%201.json", "eTag": "0x8D", "contentLength": 812}}"#;

pub(super) const EVENT_GRID_VALIDATION: &str = r#"[{"id": "2d17", "topic": "/subscriptions/s", "subject": "", "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "eventTime": "2026-02-01T08:00:00Z", "metadataVersion": "1", "dataVersion": "2",
  "data": {"validationCode": "512d38b6", "validationUrl": "https://rp.example/validate?id=512d38b6"}}]"#;

pub(super) const AZURE_QUEUE: &str = r#"{"Data": {"msg": "\"{\\\"code\\\":\\\"raw_order\\\",\\\"data\\\":{}}\""}, "Metadata": {"DequeueCount": "1", "Id": "\"800ae4b3\"", "InsertionTime": "2026-02-01T08:07:41+00:00", "PopReceipt": "\"AgAA\"", "sys": {"MethodName": "OrderQueue", "UtcNow": "2026-02-01T08:07:42Z", "RandGuid": "0b1c"}}}"#;

pub(super) const AZURE_HTTP: &str = r#"{"Data": {"req": {"Url": "https://app.azurewebsites.net/api/pipeline/data?strict=true", "Method": "POST", "Query": "{\"strict\":\"true\"}", "Headers": {"Content-Type": ["application/json"], "Authorization": ["pat x"]}, "Params": {}, "Identities": [], "Body": "{\"code\":\"raw_order\",\"data\":{}}"}}, "Metadata": {"sys": {"MethodName": "Api"}}}"#;

pub(super) const AZURE_TIMER: &str = r#"{"Data": {"tick": {"Schedule": {"AdjustForDST": true}, "ScheduleStatus": null, "IsPastDue": false}}, "Metadata": {"sys": {"MethodName": "EveryFive", "UtcNow": "2026-02-01T08:05:00Z"}}}"#;

pub(super) const SQS: &str = r#"{"Records": [{"messageId": "23d47066-cd46-47a8-819d-f97bc9c2abce", "receiptHandle": "AQEB", "body": "{\"code\":\"raw_order\",\"data\":{\"orderNo\":\"A-1\"}}",
  "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1554088217716", "SenderId": "AIDAEXAMPLE", "ApproximateFirstReceiveTimestamp": "1554088217721", "MessageGroupId": "g1", "MessageDeduplicationId": "d1", "SequenceNumber": "188"},
  "messageAttributes": {"pat": {"stringValue": "Qm1c0Jt9xW4zR7uLk2sVHA", "stringListValues": [], "binaryListValues": [], "dataType": "String"}},
  "md5OfMessageAttributes": "7c81", "md5OfBody": "b58e", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:ap-south-1:220420460675:orders", "awsRegion": "ap-south-1"}]}"#;

pub(super) const SNS: &str = r#"{"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "arn:aws:sns:eu-central-1:1:orders:5e",
  "Sns": {"Type": "Notification", "MessageId": "95df01b4", "TopicArn": "arn:aws:sns:eu-central-1:1:orders", "Subject": null, "Message": "{\"code\":\"raw_order\",\"data\":{}}", "Timestamp": "2026-02-01T08:07:41.393Z",
          "SignatureVersion": "1", "Signature": "x", "SigningCertUrl": "https://x", "UnsubscribeUrl": "https://x", "MessageAttributes": {"tenantId": {"Type": "String", "Value": "1"}}}}]}"#;

pub(super) const SNS_NOTIFICATION: &str = r#"{"Type": "Notification", "MessageId": "95df", "TopicArn": "arn:aws:sns:eu-central-1:1:orders", "Message": "{\"code\":\"raw_order\",\"data\":{}}", "Timestamp": "2026-02-01T08:07:41.393Z", "SignatureVersion": "1", "Signature": "x", "SigningCertURL": "https://x", "UnsubscribeURL": "https://x", "MessageAttributes": {"tenantId": {"Type": "String", "Value": "1"}}}"#;

pub(super) const MNS_JSON: &str = r#"{"TopicOwner": "5939", "Message": "eyJjb2RlIjoicmF3X29yZGVyIiwiZGF0YSI6e319", "Subscriber": "5939", "PublishTime": 1554100259139, "SubscriptionName": "s", "MessageMD5": "B58E", "TopicName": "orders", "MessageId": "0BC2", "MessageTag": "t", "tenantId": "1"}"#;

pub(super) const MNS_STREAM: &str = r#"{"body": "{\"code\":\"raw_order\",\"data\":{}}", "attrs": {"Extend": "{\"tenantId\":\"1\"}"}}"#;

pub(super) const MNS_QUEUE: &str = r#"[{"specversion": "1.0", "id": "c2g7", "source": "acs:mns", "type": "mns:Queue:SendMessage", "subject": "acs:mns:ap-south-1:5939:queues/orders", "datacontenttype": "application/json; charset=utf-8", "time": "2026-02-01T06:28:17.093Z", "aliyuneventbusname": "bus",
  "data": {"requestId": "606E", "messageId": "C6DB", "messageBody": "eyJjb2RlIjoicmF3X29yZGVyIiwiZGF0YSI6e319"}}]"#;

pub(super) const SCHEDULE: &str = r#"{"version": "0", "id": "f4cb2b21", "detail-type": "Scheduled Event", "source": "aws.events", "account": "1", "time": "2026-03-29T05:56:24Z", "region": "ap-south-1", "resources": ["arn:aws:events:ap-south-1:1:rule/every-5-min"], "detail": {}}"#;

pub(super) const SCHEDULER: &str = r#"{"version": "0", "id": "aa01", "detail-type": "Scheduled Event", "source": "aws.scheduler", "account": "1", "time": "2026-03-29T05:56:24Z", "region": "ap-south-1", "resources": ["arn:aws:scheduler:ap-south-1:1:schedule/default/every-5-min"], "detail": "{}"}"#;

pub(super) const TIMER: &str = r#"{"triggerTime": "2026-03-29T06:41:57Z", "triggerName": "every-5-min", "payload": "{\"code\":\"raw_tick\",\"data\":{}}"}"#;

pub(super) const TABLESTORE: &str = r#"{"Version": "Sync-v1", "Records": [{"Type": "PutRow", "Info": {"Timestamp": 1506416585740836},
  "PrimaryKey": [{"ColumnName": "pk_0", "Value": 1506416585881590900}, {"ColumnName": "pk_1", "Value": "2017-09-26 17:03:05.8815909 +0800 CST"}],
  "Columns": [{"Type": "Put", "ColumnName": "attr_0", "Value": "hello_table_store", "Timestamp": 1506416585741},
              {"Type": "PutOneVersion", "ColumnName": "attr_1", "Value": 1506416585881590900, "Timestamp": 1506416585741}]}]}"#;

pub(super) const PAYLOAD_1: &str = r#"{"version": "1.0", "httpMethod": "POST", "path": "/pipeline/data", "requestContext": {"stage": "prod"}, "headers": {"content-type": "text/plain"}, "multiValueHeaders": {"Content-Type": ["application/json"], "X-A": ["1", "2"]},
  "queryStringParameters": {"strict": "false"}, "multiValueQueryStringParameters": {"strict": ["true"], "a b": ["c&d"]}, "body": "e30=", "isBase64Encoded": true}"#;

pub(super) const PAYLOAD_2: &str = r#"{"version": "2.0", "rawPath": "/pipeline/data", "rawQueryString": "strict=true", "cookies": ["a=1", "b=2"], "headers": {"content-type": "application/json"}, "requestContext": {"http": {"method": "POST", "path": "/pipeline/data"}, "stage": "$default"}, "isBase64Encoded": false}"#;

pub(super) const FUNCTION_COMPUTE_HTTP: &str = r#"{"version": "v1", "rawPath": "/health", "headers": {"Accept": "*/*"}, "queryParameters": {"a": "1"}, "body": "", "isBase64Encoded": false, "requestContext": {"http": {"method": "GET", "path": "/health"}, "timeEpoch": "1769933261393"}}"#;

pub(super) const CLOUD_EVENT: &str = r#"{"specversion": "1.0", "id": "A-1", "source": "/shop", "type": "order.created", "tenantid": "1", "datacontenttype": "application/json", "data": {"code": "raw_order", "data": {"orderNo": "A-1"}}}"#;

pub(super) const DEBEZIUM: &str = r#"{"before": null, "after": {"id": 1, "price": "AeJA", "note": "__debezium_unavailable_value"}, "source": {"connector": "postgresql", "db": "shop", "schema": "public", "table": "orders", "lsn": 24023128, "snapshot": "false", "ts_ms": 1769933261000}, "op": "u", "ts_ms": 1769933261393, "transaction": null}"#;

pub(super) const DEBEZIUM_SCHEMA: &str = r#"{"schema": {"type": "struct", "fields": [{"field": "before", "type": "struct", "fields": []}, {"field": "after", "type": "struct", "fields": [
  {"field": "id", "type": "int32"}, {"field": "price", "type": "bytes", "name": "org.apache.kafka.connect.data.Decimal", "parameters": {"scale": "2"}},
  {"field": "day", "type": "int32", "name": "io.debezium.time.Date"}, {"field": "at", "type": "string", "name": "io.debezium.time.ZonedTimestamp"}]}]},
  "payload": {"before": null, "after": {"id": 1, "price": "AeJA", "day": 19737, "at": "2024-01-15T10:02:03Z"}, "source": {"connector": "mysql", "db": "shop", "table": "orders", "file": "bin.1", "pos": 4, "row": 0, "ts_ms": 5}, "op": "c", "ts_ms": 6}}"#;

pub(super) const DEBEZIUM_CLOUD_EVENT: &str = r#"{"specversion": "1.0", "id": "name:x;lsn:29", "source": "/debezium/postgresql/x", "type": "io.debezium.connector.postgresql.DataChangeEvent", "time": "2026-01-13T14:04:18.597Z", "datacontenttype": "application/json", "iodebeziumop": "d", "iodebeziumtable": "orders", "iodebeziumlsn": "29", "iodebeziumtsms": "1578924258597", "data": {"before": {"id": 1}, "after": null}}"#;

pub(super) const DIRECT: &str = r#"{"code": "raw_order", "data": {"orderNo": "A-1"}, "type": "insert"}"#;
