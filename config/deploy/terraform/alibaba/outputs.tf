output "function" {
  description = "The function's name."
  value       = alicloud_fcv3_function.nightowl.function_name
}

output "bucket" {
  description = "Where objects are put that trigger."
  value       = alicloud_oss_bucket.landing.bucket
}

output "topic" {
  description = "Where messages are published that trigger."
  value       = alicloud_message_service_topic.orders.topic_name
}

output "dead_letters" {
  description = "The queue of what could not be done."
  value       = alicloud_message_service_queue.dead.queue_name
}
