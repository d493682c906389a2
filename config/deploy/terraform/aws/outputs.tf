output "function" {
  description = "The function's name."
  value       = aws_lambda_function.nightowl.function_name
}

output "bucket" {
  description = "Where objects are put that trigger."
  value       = aws_s3_bucket.landing.id
}

output "queue_url" {
  description = "Where messages are sent that trigger."
  value       = aws_sqs_queue.orders.url
}

output "dead_letters_url" {
  description = "What could not be done."
  value       = aws_sqs_queue.dead.url
}

output "pat_secret" {
  description = "The secret that wants a personal access token."
  value       = aws_secretsmanager_secret.pat.arn
}
