resource "aws_sqs_queue" "orders" {
  name = "${var.name}-orders"
  # A message stays hidden for longer than its invocation and the retries of the mapping may take.
  visibility_timeout_seconds = var.timeout_seconds * 6
  message_retention_seconds  = 345600
  sqs_managed_sse_enabled    = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 5
  })
}

# What could not be tried five times, events that the function failed with, and copies of Nightowl's own dead letters.
resource "aws_sqs_queue" "dead" {
  name                      = "${var.name}-dead"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_lambda_event_source_mapping" "orders" {
  event_source_arn                   = aws_sqs_queue.orders.arn
  function_name                      = aws_lambda_function.nightowl.arn
  batch_size                         = 100
  maximum_batching_window_in_seconds = 1

  # Without this the function's answer is not looked at, and failed messages are deleted with the others.
  function_response_types = ["ReportBatchItemFailures"]
}
