data "alicloud_account" "current" {}

data "alicloud_regions" "current" {
  current = true
}

locals {
  account = data.alicloud_account.current.id
  region  = data.alicloud_regions.current.regions[0].id
  own_routes = var.table_instance == null ? [] : [
    { match = { source = "tablestore", function = var.name }, code = var.table_topic, tenantId = "1" },
  ]
}

resource "alicloud_oss_bucket_object" "package" {
  bucket = alicloud_oss_bucket.landing.bucket
  key    = "code/${filesha256(var.package)}.zip"
  source = var.package
}

resource "alicloud_fcv3_function" "nightowl" {
  function_name        = var.name
  description          = "Nightowl"
  runtime              = "custom.debian10"
  handler              = "bootstrap"
  role                 = alicloud_ram_role.function.arn
  cpu                  = 0.35
  memory_size          = var.memory_mb
  disk_size            = 512
  timeout              = var.timeout_seconds
  instance_concurrency = 1
  internet_access      = true

  code {
    oss_bucket_name = alicloud_oss_bucket.landing.bucket
    oss_object_name = alicloud_oss_bucket_object.package.key
  }

  custom_runtime_config {
    command = ["/code/bootstrap"]
    port    = 9000
  }

  # The worker id is taken when an instance begins, and given back when it ends.
  instance_lifecycle_config {
    initializer {
      handler = "initialize"
      timeout = 30
    }
    pre_stop {
      handler = "pre-stop"
      timeout = 10
    }
  }

  environment_variables = {
    NIGHTOWL_STORAGE                   = var.storage_url
    NIGHTOWL_STORAGE__POOL_SIZE        = "1"
    NIGHTOWL_PAT                       = var.pat
    NIGHTOWL_DATA                      = "/tmp/nightowl"
    NIGHTOWL_LOG__FORMAT               = "json"
    NIGHTOWL_FUNCTION__TIMEOUT_SECONDS = tostring(var.timeout_seconds)
    NIGHTOWL_EVENT__DEAD_LETTER        = "mns:https://${local.account}.mns.${local.region}.aliyuncs.com/queues/${alicloud_message_service_queue.dead.queue_name}"
    EVENT_ROUTES                       = jsonencode(concat(var.routes, local.own_routes))
  }

  log_config {
    project        = alicloud_log_project.logs.project_name
    logstore       = alicloud_log_store.logs.logstore_name
    log_begin_rule = "DefaultRegex"
  }

  dynamic "vpc_config" {
    for_each = var.network == null ? [] : [var.network]
    content {
      vpc_id            = vpc_config.value.vpc_id
      vswitch_ids       = vpc_config.value.vswitch_ids
      security_group_id = vpc_config.value.security_group_id
    }
  }

  depends_on = [alicloud_ram_role_policy_attachment.function]
}

# What is invoked asynchronously (OSS, the timer) is tried again, then its event is kept.
resource "alicloud_fcv3_async_invoke_config" "nightowl" {
  function_name                  = alicloud_fcv3_function.nightowl.function_name
  qualifier                      = "LATEST"
  max_async_retry_attempts       = 3
  max_async_event_age_in_seconds = 18000

  destination_config {
    on_failure {
      destination = "acs:mns:${local.region}:${local.account}:/queues/${alicloud_message_service_queue.dead.queue_name}/messages"
    }
  }
}

resource "alicloud_log_project" "logs" {
  project_name = "${var.name}-${local.account}"
}

resource "alicloud_log_store" "logs" {
  project_name     = alicloud_log_project.logs.project_name
  logstore_name    = "function"
  retention_period = var.log_days
}
