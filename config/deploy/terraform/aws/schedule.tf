resource "aws_cloudwatch_event_rule" "tick" {
  name                = "${var.name}-tick"
  schedule_expression = var.schedule
}

resource "aws_cloudwatch_event_target" "tick" {
  rule = aws_cloudwatch_event_rule.tick.name
  arn  = aws_lambda_function.nightowl.arn
  # Without a topic a tick refreshes definitions and works off what is pending; with one the rule's own event is sent.
  input = var.schedule_topic == null ? jsonencode({ triggerName = "${var.name}-tick", triggerTime = "now", payload = jsonencode({ watchmen = "heartbeat" }) }) : null
}

resource "aws_lambda_permission" "tick" {
  statement_id  = "tick"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.nightowl.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.tick.arn
}
