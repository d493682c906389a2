variable "name" {
  description = "What everything is named after: the function, its queue, its role."
  type        = string
  default     = "nightowl"
}

variable "package" {
  description = "The zip with the executable `bootstrap` at its root."
  type        = string
}

variable "architecture" {
  description = "What the executable was built for: x86_64 or arm64."
  type        = string
  default     = "x86_64"
  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "The architecture is x86_64 or arm64."
  }
}

variable "bucket" {
  description = "The bucket that is made for objects that trigger."
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

variable "routes" {
  description = "Entries of event.route that go before those of this module."
  type        = list(any)
  default     = []
}

variable "schedule" {
  description = "When the schedule fires."
  type        = string
  default     = "rate(5 minutes)"
}

variable "schedule_topic" {
  description = "The topic that a tick of the schedule triggers. Without one a tick only refreshes definitions and works off what is pending."
  type        = string
  default     = null
}

variable "memory_mb" {
  description = "Memory of the function, in MB."
  type        = number
  default     = 256
}

variable "timeout_seconds" {
  description = "Longest time of one invocation, in seconds."
  type        = number
  default     = 60
}

variable "log_days" {
  description = "How long logs are kept, in days."
  type        = number
  default     = 30
}

variable "subnet_ids" {
  description = "Subnets from which the store is reached; none for a store on the internet."
  type        = list(string)
  default     = []
}

variable "security_group_ids" {
  description = "Security groups of the function in those subnets."
  type        = list(string)
  default     = []
}
