variable "name" {
  description = "What everything is named after: the function, its roles, its queue and topic."
  type        = string
  default     = "nightowl"
}

variable "package" {
  description = "The zip with the executable `bootstrap` at its root."
  type        = string
}

variable "bucket" {
  description = "The bucket that is made for objects that trigger. Its packages lie in the same bucket, below code/."
  type        = string
}

variable "prefix" {
  description = "What the keys of such objects begin with."
  type        = string
  default     = "in/"
}

variable "storage_url" {
  description = "The store: postgres://user:password@host/name or mysql://…"
  type        = string
  sensitive   = true
}

variable "pat" {
  description = "The personal access token of deliveries that bring none."
  type        = string
  sensitive   = true
}

variable "routes" {
  description = "Entries of event.route that go before those of this module."
  type        = list(any)
  default     = []
}

variable "table_instance" {
  description = "The Tablestore instance whose table triggers; its stream must be on. Without one nothing is done for Tablestore."
  type        = string
  default     = null
}

variable "table" {
  description = "The table in that instance."
  type        = string
  default     = "orders"
}

variable "table_topic" {
  description = "The topic that its changes are journalled in."
  type        = string
  default     = "raw_orders_ots"
}

variable "schedule" {
  description = "When definitions are refreshed and pending work is worked off."
  type        = string
  default     = "@every 5m"
}

variable "memory_mb" {
  description = "Memory of the function, in MB; a multiple of 64."
  type        = number
  default     = 512
}

variable "timeout_seconds" {
  description = "Longest time of one invocation, in seconds; Tablestore allows 60."
  type        = number
  default     = 60
}

variable "log_days" {
  description = "How long logs are kept, in days."
  type        = number
  default     = 30
}

variable "network" {
  description = "The network from which the store is reached; none for a store on the internet."
  type        = object({ vpc_id = string, vswitch_ids = list(string), security_group_id = string })
  default     = null
}
