resource "alicloud_oss_bucket" "landing" {
  bucket = var.bucket
}

resource "alicloud_fcv3_trigger" "objects" {
  function_name   = alicloud_fcv3_function.nightowl.function_name
  qualifier       = "LATEST"
  trigger_name    = "objects"
  trigger_type    = "oss"
  source_arn      = "acs:oss:${local.region}:${local.account}:${alicloud_oss_bucket.landing.bucket}"
  invocation_role = alicloud_ram_role.source["oss"].arn
  trigger_config = jsonencode({
    events = ["oss:ObjectCreated:*"]
    filter = { key = { prefix = var.prefix, suffix = "" } }
  })
}

resource "alicloud_fcv3_trigger" "table" {
  count           = var.table_instance == null ? 0 : 1
  function_name   = alicloud_fcv3_function.nightowl.function_name
  qualifier       = "LATEST"
  trigger_name    = "table"
  trigger_type    = "tablestore"
  source_arn      = "acs:ots:${local.region}:${local.account}:instance/${var.table_instance}/table/${var.table}"
  invocation_role = alicloud_ram_role.source["ots"].arn
  trigger_config  = jsonencode({})
}

resource "alicloud_message_service_topic" "orders" {
  topic_name = "${var.name}-orders"
}

resource "alicloud_fcv3_trigger" "messages" {
  function_name   = alicloud_fcv3_function.nightowl.function_name
  qualifier       = "LATEST"
  trigger_name    = "messages"
  trigger_type    = "mns_topic"
  source_arn      = "acs:mns:${local.region}:${local.account}:/topics/${alicloud_message_service_topic.orders.topic_name}"
  invocation_role = alicloud_ram_role.source["mns"].arn
  # JSON carries the message's id, by which a repeated delivery is recognised; STREAM does not.
  trigger_config = jsonencode({ notifyContentFormat = "JSON", notifyStrategy = "BACKOFF_RETRY" })
}

resource "alicloud_fcv3_trigger" "tick" {
  function_name = alicloud_fcv3_function.nightowl.function_name
  qualifier     = "LATEST"
  trigger_name  = "tick"
  trigger_type  = "timer"
  trigger_config = jsonencode({
    cronExpression = var.schedule
    enable         = true
    payload        = jsonencode({ watchmen = "heartbeat" })
  })
}

# Events that the function failed with, and copies of Nightowl's own dead letters.
resource "alicloud_message_service_queue" "dead" {
  queue_name               = "${var.name}-dead"
  message_retention_period = 604800
}
