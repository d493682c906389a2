locals {
  # Who invokes the function, by the source. Tablestore also reads the change that it tells of.
  sources = {
    oss = { service = "oss.aliyuncs.com", actions = ["fc:InvokeFunction"] }
    mns = { service = "mns.aliyuncs.com", actions = ["fc:InvokeFunction"] }
    ots = { service = "ots.aliyuncs.com", actions = ["fc:InvokeFunction", "ots:BatchGet*", "ots:Describe*", "ots:Get*", "ots:List*"] }
  }
}

resource "alicloud_ram_role" "function" {
  role_name = "${var.name}-function"
  assume_role_policy_document = jsonencode({
    Version   = "1"
    Statement = [{ Action = "sts:AssumeRole", Effect = "Allow", Principal = { Service = ["fc.aliyuncs.com"] } }]
  })
}

# What the function may do, and nothing else.
resource "alicloud_ram_policy" "function" {
  policy_name = "${var.name}-function"
  policy_document = jsonencode({
    Version = "1"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["oss:GetObject", "oss:GetObjectVersion"]
        Resource = ["acs:oss:*:${local.account}:${alicloud_oss_bucket.landing.bucket}/${var.prefix}*"]
      },
      {
        Effect   = "Allow"
        Action   = ["mns:SendMessage"]
        Resource = ["acs:mns:${local.region}:${local.account}:/queues/${alicloud_message_service_queue.dead.queue_name}/messages"]
      },
      {
        Effect   = "Allow"
        Action   = ["log:PostLogStoreLogs"]
        Resource = ["acs:log:${local.region}:${local.account}:project/${alicloud_log_project.logs.project_name}/logstore/${alicloud_log_store.logs.logstore_name}"]
      },
    ]
  })
}

resource "alicloud_ram_role_policy_attachment" "function" {
  role_name   = alicloud_ram_role.function.role_name
  policy_name = alicloud_ram_policy.function.policy_name
  policy_type = alicloud_ram_policy.function.type
}

# A function in a network makes interfaces of its own.
resource "alicloud_ram_role_policy_attachment" "network" {
  count       = var.network == null ? 0 : 1
  role_name   = alicloud_ram_role.function.role_name
  policy_name = "AliyunECSNetworkInterfaceManagementAccess"
  policy_type = "System"
}

resource "alicloud_ram_role" "source" {
  for_each  = local.sources
  role_name = "${var.name}-${each.key}"
  assume_role_policy_document = jsonencode({
    Version   = "1"
    Statement = [{ Action = "sts:AssumeRole", Effect = "Allow", Principal = { Service = [each.value.service] } }]
  })
}

resource "alicloud_ram_policy" "source" {
  for_each    = local.sources
  policy_name = "${var.name}-${each.key}"
  policy_document = jsonencode({
    Version   = "1"
    Statement = [{ Effect = "Allow", Action = each.value.actions, Resource = ["*"] }]
  })
}

resource "alicloud_ram_role_policy_attachment" "source" {
  for_each    = local.sources
  role_name   = alicloud_ram_role.source[each.key].role_name
  policy_name = alicloud_ram_policy.source[each.key].policy_name
  policy_type = alicloud_ram_policy.source[each.key].type
}
