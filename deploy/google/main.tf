# Google's side of curfew: who it is, what it may do, and that only the AWS function's role can be it. No key is made.
# docs/google-setup.md says how to apply it.

terraform {
  required_version = ">= 1.5"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 5.0, < 8.0"
    }
  }
}

variable "host_project" {
  description = "The project that holds the service account and the workload identity pool."
  type        = string
}

variable "projects" {
  description = "The projects that curfew polices: those of the policy's scopes."
  type        = set(string)
}

variable "aws_account_id" {
  description = "The AWS account in which the function runs."
  type        = string
  validation {
    condition     = can(regex("^[0-9]{12}$", var.aws_account_id))
    error_message = "An AWS account id has twelve digits."
  }
}

variable "aws_role_name" {
  description = "The name of the function's role: the output RoleName of the AWS stack."
  type        = string
}

variable "further_permissions" {
  description = "Permissions for services other than Cloud Deploy, as `curfew doctor` prints them for the policy."
  type        = set(string)
  default     = []
}

variable "may_cancel" {
  description = "Whether Google lets curfew cancel. False for an audit: a third key, which Google holds."
  type        = bool
  default     = true
}

# Tokens come from these; each policed project needs the APIs of the services that are policed, and has those it uses.
resource "google_project_service" "host" {
  for_each           = toset(["iam.googleapis.com", "iamcredentials.googleapis.com", "sts.googleapis.com"])
  project            = var.host_project
  service            = each.key
  disable_on_destroy = false
}

resource "google_service_account" "curfew" {
  project      = var.host_project
  account_id   = "curfew"
  display_name = "curfew"
  description  = "Enforces time limits on long-running operations"
  depends_on   = [google_project_service.host]
}

# No predefined role has just these. A custom role belongs to one project, so each has its own.
resource "google_project_iam_custom_role" "curfew" {
  for_each    = var.projects
  project     = each.key
  role_id     = "curfew"
  title       = "curfew"
  description = "List, read and cancel long-running operations"
  permissions = concat(
    ["clouddeploy.locations.list", "clouddeploy.operations.get", "clouddeploy.operations.list"],
    [for permission in var.further_permissions : permission if var.may_cancel || !endswith(permission, ".cancel")],
    var.may_cancel ? ["clouddeploy.operations.cancel"] : [],
  )
}

resource "google_project_iam_member" "curfew" {
  for_each = var.projects
  project  = each.key
  role     = google_project_iam_custom_role.curfew[each.key].name
  member   = google_service_account.curfew.member
}

resource "google_iam_workload_identity_pool" "curfew" {
  project                   = var.host_project
  workload_identity_pool_id = "curfew"
  display_name              = "curfew"
  description               = "curfew's function on AWS"
  depends_on                = [google_project_service.host]
}

resource "google_iam_workload_identity_pool_provider" "aws" {
  project                            = var.host_project
  workload_identity_pool_id          = google_iam_workload_identity_pool.curfew.workload_identity_pool_id
  workload_identity_pool_provider_id = "aws"
  display_name                       = "AWS"

  aws {
    account_id = var.aws_account_id
  }

  # The ARN is arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION. The session is the function's name: it is left out, for a
  # subject may have 127 bytes only.
  attribute_mapping = {
    "google.subject" = "assertion.account + ':' + assertion.arn.extract('assumed-role/{role}/')"
  }
  # No other role of the account gets a token at all.
  attribute_condition = "assertion.arn.startsWith('arn:aws:sts::${var.aws_account_id}:assumed-role/${var.aws_role_name}/')"
}

# And this role, only, may act as the service account.
resource "google_service_account_iam_member" "function" {
  service_account_id = google_service_account.curfew.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principal://iam.googleapis.com/${google_iam_workload_identity_pool.curfew.name}/subject/${var.aws_account_id}:${var.aws_role_name}"
}

output "workload_identity_provider" {
  description = "The parameter WorkloadIdentityProvider of the AWS stack."
  value       = google_iam_workload_identity_pool_provider.aws.name
}

output "service_account" {
  description = "The parameter ServiceAccount of the AWS stack."
  value       = google_service_account.curfew.email
}
