//! The ids of the operations, from which generated clients name their functions. Most are a verb and its object.

use custodian_domain::kinds::{Kind, Part, PartChange};
use custodian_http::Route;
use custodian_local::DeployedRoute;

use crate::kind_schemas::schema_name;
use crate::names::pascal;

/// The ids of routes that no kind declares.
const IDS: &[(&str, &str)] = &[
    ("GET /ping", "ping"),
    ("GET /.well-known/jwks.json", "listReceiptKeys"),
    ("POST /auth/signup", "signUp"),
    ("GET /auth/email-verify", "showEmailVerificationPage"),
    ("POST /auth/email-verify", "verifyEmail"),
    ("POST /auth/login", "login"),
    ("POST /auth/logout", "logout"),
    ("GET /auth/password-forgot", "showForgottenPasswordPage"),
    ("POST /auth/password-forgot", "requestPasswordReset"),
    ("GET /auth/password-reset", "showPasswordResetPage"),
    ("POST /auth/password-reset", "resetPassword"),
    ("POST /auth/delegate", "createDelegation"),
    ("POST /auth/unregister", "unregister"),
    ("DELETE /auth/unregister", "cancelUnregistration"),
    ("GET /auth/deletion", "followDeletion"),
    ("GET /v1.0/customer", "getOwnCustomer"),
    ("PUT /v1.0/customer", "updateOwnCustomer"),
    ("GET /v1.0/customer/email_change", "getEmailChange"),
    ("DELETE /v1.0/customer/email_change", "cancelEmailChange"),
    ("GET /v1.0/customer/usage", "getUsage"),
    ("GET /v1.0/customer/audit", "listOwnAuditEntries"),
    ("PUT /v1.0/customer/billing_account_id", "setOwnBillingAccountId"),
    ("GET /v1.0/billing_account", "getDefaultBillingAccount"),
    ("POST /v1.0/customer/export", "createExport"),
    ("GET /v1.0/customer/export/{id}", "getExport"),
    ("GET /v1.0/customer/export/{id}/file", "downloadExport"),
    ("GET /v1.0/customer/webhook", "getWebhook"),
    ("POST /v1.0/customer/webhook/rotate", "rotateWebhookSecret"),
    ("POST /v1.0/customer/webhook/test", "testWebhook"),
    ("GET /v1.0/customer/webhook/event_types", "listWebhookEventTypes"),
    ("GET /v1.0/customer/webhook/endpoints", "listWebhookEndpoints"),
    ("POST /v1.0/customer/webhook/endpoints", "createWebhookEndpoint"),
    ("GET /v1.0/customer/webhook/endpoints/{id}", "getWebhookEndpoint"),
    ("PUT /v1.0/customer/webhook/endpoints/{id}", "updateWebhookEndpoint"),
    ("DELETE /v1.0/customer/webhook/endpoints/{id}", "deleteWebhookEndpoint"),
    ("POST /v1.0/customer/webhook/endpoints/{id}/rotate", "rotateWebhookEndpointSecret"),
    ("POST /v1.0/customer/webhook/endpoints/{id}/test", "testWebhookEndpoint"),
    ("GET /v1.0/customer/webhook/deliveries", "listDeliveries"),
    ("POST /v1.0/customer/webhook/deliveries/{id}/redeliver", "redeliver"),
    ("GET /v1.0/customers", "listCustomers"),
    ("POST /v1.0/customers", "createCustomer"),
    ("GET /v1.0/customers/{id}", "getCustomer"),
    ("PUT /v1.0/customers/{id}", "updateCustomer"),
    ("DELETE /v1.0/customers/{id}", "deleteCustomer"),
    ("GET /v1.0/customers/{id}/audit", "listCustomerAuditEntries"),
    ("POST /v1.0/customers/{id}/freeze", "freezeCustomer"),
    ("POST /v1.0/customers/{id}/recover", "recoverCustomer"),
    ("PUT /v1.0/customers/{id}/plan", "setCustomerPlan"),
    ("PUT /v1.0/customers/{id}/billing_account_id", "setCustomerBillingAccountId"),
    ("POST /v1.0/customers/{id}/balance", "adjustCustomerBalance"),
    ("GET /v1.0/customers/{id}/deletion", "getCustomerDeletion"),
    ("PUT /v1.0/customers/{id}/hold", "setCustomerHold"),
    ("GET /v1.0/customers/{id}/hold", "getCustomerHold"),
    ("DELETE /v1.0/customers/{id}/hold", "releaseCustomerHold"),
    ("GET /v1.0/platform/deletions", "getBrake"),
    ("PUT /v1.0/platform/deletions", "setBrake"),
    ("POST /v1.0/platform/restore", "repairPlatform"),
    ("GET /v1.0/me", "getMe"),
    ("GET /v1.0/agents", "listAgents"),
    ("POST /v1.0/agents", "createAgent"),
    ("GET /v1.0/agents/{id}", "getAgent"),
    ("PUT /v1.0/agents/{id}", "updateAgent"),
    ("DELETE /v1.0/agents/{id}", "deleteAgent"),
    ("PUT /v1.0/agents/{id}/permission", "setAgentPermission"),
    ("PUT /v1.0/agents/{id}/password", "setAgentPassword"),
    ("PUT /v1.0/agents/{id}/status", "setAgentStatus"),
    ("PUT /v1.0/agents/{id}/addresses", "setAgentAddresses"),
    ("PUT /v1.0/agents/{id}/tag_ids", "setAgentTagIds"),
    ("GET /v1.0/accesskeys", "listAccessKeys"),
    ("POST /v1.0/accesskeys", "createAccessKey"),
    ("GET /v1.0/accesskeys/{id}", "getAccessKey"),
    ("PUT /v1.0/accesskeys/{id}", "updateAccessKey"),
    ("DELETE /v1.0/accesskeys/{id}", "deleteAccessKey"),
    ("POST /v1.0/transcribes/{id}/stop", "stopTranscribe"),
    ("GET /v1.0/contacts/lookup", "lookUpContact"),
];

/// The names of the schemas of responses that have no name yet, by the id of the operation. Others are named after the operation.
const RESULTS: &[(&str, &str)] = &[
    ("ping", "Pong"),
    ("signUp", "Empty"),
    ("logout", "Empty"),
    ("requestPasswordReset", "Empty"),
    ("resetPassword", "Empty"),
    ("verifyEmail", "VerifiedEmail"),
    ("login", "Session"),
    ("createDelegation", "Delegation"),
    ("getEmailChange", "EmailChange"),
    ("cancelEmailChange", "EmailChange"),
    ("rotateWebhookSecret", "WebhookSecret"),
    ("rotateWebhookEndpointSecret", "WebhookSecret"),
    ("testWebhook", "TestDelivery"),
    ("testWebhookEndpoint", "TestDelivery"),
    ("listReceiptKeys", "KeySet"),
    ("repairPlatform", "RepairReport"),
    ("unregister", "CustomerOrUnregisterPlan"),
    ("getCustomerDeletion", "DeletionOrUnregisterPlan"),
];

/// The id of a route's operation. A test finds a route without one.
pub(crate) fn operation_id(deployed: &DeployedRoute) -> String {
    let own = IDS.iter().find(|(route, _)| *route == deployed.route.to_string());
    let of_kind = || Some(kind_id(deployed.kind?, &deployed.route, &deployed.function));
    own.map(|(_, id)| (*id).to_owned()).or_else(of_kind).unwrap_or_default()
}

/// The name of the schema of a successful response.
pub(crate) fn result_name(id: &str) -> String {
    let named = RESULTS.iter().find(|(of, _)| *of == id).map(|(_, name)| (*name).to_owned());
    named.unwrap_or_else(|| format!("{}Result", pascal(id)))
}

fn kind_id(kind: &'static Kind, route: &Route, function: &str) -> String {
    let (one, verb) = (schema_name(kind), function.strip_prefix("resource-").unwrap_or(function));
    let is_of_part = |part: &&Part| route.path.ends_with(part.path) && route.method == part.method;
    match kind.parts.iter().find(is_of_part).map(|part| part.change) {
        Some(PartChange::SetFields(_)) => {
            let part = route.path.rsplit('/').next().unwrap_or_default();
            format!("set{one}{}", pascal(part))
        }
        Some(PartChange::AddAddress) => format!("add{one}Address"),
        Some(PartChange::ChangeAddress) => format!("update{one}Address"),
        Some(PartChange::RemoveAddress) => format!("remove{one}Address"),
        Some(PartChange::AddTag) => format!("add{one}Tag"),
        Some(PartChange::RemoveTag) => format!("remove{one}Tag"),
        None if verb == "list" => format!("list{one}s"),
        None => format!("{verb}{one}"),
    }
}
