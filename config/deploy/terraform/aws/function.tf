locals {
  # The token of deliveries that bring none is read from the secret when one of them needs it.
  own_routes = concat(
    [for topic in var.schedule_topic == null ? [] : [var.schedule_topic] : {
      match     = { source = "eventbridge", name = "${var.name}-tick" }
      mode      = "payload"
      code      = topic
      patSecret = aws_secretsmanager_secret.pat.arn
    }],
    [
      { match = { source = "s3", bucket = aws_s3_bucket.landing.id }, patSecret = aws_secretsmanager_secret.pat.arn },
      { match = { source = "sqs", queue = aws_sqs_queue.orders.name }, patSecret = aws_secretsmanager_secret.pat.arn },
    ],
  )
}

resource "aws_lambda_function" "nightowl" {
  function_name    = var.name
  role             = aws_iam_role.function.arn
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  memory_size      = var.memory_mb
  timeout          = var.timeout_seconds

  environment {
    variables = {
      NIGHTOWL_STORAGE                   = var.storage_url
      NIGHTOWL_STORAGE__POOL_SIZE        = "1"
      NIGHTOWL_DATA                      = "/tmp/nightowl"
      NIGHTOWL_LOG__FORMAT               = "json"
      NIGHTOWL_EVENT__DEAD_LETTER        = "sqs:${aws_sqs_queue.dead.url}"
      EVENT_ROUTES                       = jsonencode(concat(var.routes, local.own_routes))
      NIGHTOWL_FUNCTION__TIMEOUT_SECONDS = tostring(var.timeout_seconds)
    }
  }

  dynamic "vpc_config" {
    for_each = length(var.subnet_ids) > 0 ? [true] : []
    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = var.security_group_ids
    }
  }

  depends_on = [aws_cloudwatch_log_group.function, aws_iam_role_policy.function]
}

# What is invoked asynchronously (S3, the schedule) is tried twice more, then its event is kept.
resource "aws_lambda_function_event_invoke_config" "nightowl" {
  function_name                = aws_lambda_function.nightowl.function_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead.arn
    }
  }
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_days
}

# Its value is put in by hand (README.md), so that no token is in the state.
resource "aws_secretsmanager_secret" "pat" {
  name        = "${var.name}/pat"
  description = "The personal access token of deliveries that bring none."
}
