//! The deployed routes, and the folder in `functions/` of the function that serves each. The template generator makes the deployed name
//! from the folder and the kind: `resource-get` of `tags` is deployed as `tags-get`.

use std::sync::Arc;

use custodian_domain::kinds::{Kind, routed};
use custodian_fn_resource_update::UpdateRow;
use custodian_fn_site::Site;
use custodian_fn_webhook_endpoints::ChangeEndpoint;
use custodian_fn_webhook_get::GetWebhook;
use custodian_fn_webhook_rotate::RotateSecret;
use custodian_fn_webhook_test::TestWebhook;
use custodian_http::caller::Caller;
use custodian_http::{Audience, Endpoint, Route, serve};
use custodian_store::Store;
use futures::future::BoxFuture;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::{Body, Response};

use crate::services::{LocalContext, LocalServices};

type Handler = Box<
    dyn Fn(Arc<LocalContext>, ApiGatewayV2httpRequest) -> BoxFuture<'static, Response<Body>> + Send + Sync,
>;

/// The function of the account page and of the console. Its routes belong to people and not to the API.
const SITE: &str = "site";

/// A deployed route and the function that serves it.
#[derive(Clone, Debug)]
pub struct DeployedRoute {
    /// The folder in `functions/`, which is also the name of the binary, such as `resource-get`.
    pub function: String,
    /// The kind of this deployment, if kinds share the function.
    pub kind: Option<&'static Kind>,
    pub route: Route,
    pub audience: Audience,
}

impl DeployedRoute {
    /// Whether the route belongs to the API, so that the API description has it. The default route and the site do not.
    pub fn is_of_api(&self) -> bool {
        !self.route.is_default() && self.function != SITE
    }

    /// The function, followed by the kind if kinds share the function, such as `resource-get tags`.
    pub fn name(&self) -> String {
        match self.kind {
            Some(kind) => format!("{} {}", self.function, kind.route),
            None => self.function.clone(),
        }
    }
}

/// A route of the gateway, also of the site or the default route, and the handler of its function.
pub(crate) struct GatewayFunction {
    pub(crate) deployed: DeployedRoute,
    pub(crate) handler: Handler,
}

fn gateway_function<H: Endpoint<Store, LocalServices>>(
    function: impl Into<String>,
    endpoint: H,
) -> GatewayFunction {
    let (route, endpoint) = (endpoint.route(), Arc::new(endpoint));
    let handler: Handler = Box::new(move |cx, event| {
        let endpoint = Arc::clone(&endpoint);
        Box::pin(async move { serve(&*endpoint, &cx, event).await })
    });
    let audience = <H::Caller as Caller<Store, LocalServices>>::AUDIENCE;
    GatewayFunction {
        deployed: DeployedRoute { function: function.into(), kind: None, route, audience },
        handler,
    }
}

/// The function of the gateway's default route.
pub(crate) fn default_function() -> GatewayFunction {
    gateway_function("not-found", custodian_fn_not_found::NotFound)
}

/// The functions of all routes but the default route.
pub(crate) fn gateway_functions() -> Vec<GatewayFunction> {
    let mut functions = vec![
        gateway_function("agents-list", custodian_fn_agents_list::ListAgents),
        gateway_function("agents-create", custodian_fn_agents_create::CreateAgent),
        gateway_function("agents-get", custodian_fn_agents_get::GetAgent),
        gateway_function("agents-update", custodian_fn_agents_update::UpdateAgent),
        gateway_function("agents-delete", custodian_fn_agents_delete::DeleteAgent),
        gateway_function("agents-permission", custodian_fn_agents_permission::SetPermission),
        gateway_function("agents-password", custodian_fn_agents_password::SetPassword),
        gateway_function("agents-status", custodian_fn_agents_status::SetStatus),
        gateway_function("agents-addresses", custodian_fn_agents_addresses::SetAddresses),
        gateway_function("agents-tag-ids", custodian_fn_agents_tag_ids::SetTagIds),
        gateway_function("ping", custodian_fn_ping::Ping),
        gateway_function("auth-delegate", custodian_fn_auth_delegate::Delegate),
        gateway_function("auth-login", custodian_fn_auth_login::Login),
        gateway_function("auth-email-verify", custodian_fn_auth_email_verify::EmailVerify),
        gateway_function("auth-email-verify-page", custodian_fn_auth_email_verify_page::EmailVerifyPage),
        gateway_function("auth-logout", custodian_fn_auth_logout::Logout),
        gateway_function("auth-password-forgot", custodian_fn_auth_password_forgot::ForgotPassword),
        gateway_function(
            "auth-password-forgot-page",
            custodian_fn_auth_password_forgot_page::ForgotPasswordPage,
        ),
        gateway_function("auth-password-reset", custodian_fn_auth_password_reset::PasswordReset),
        gateway_function(
            "auth-password-reset-page",
            custodian_fn_auth_password_reset_page::PasswordResetPage,
        ),
        gateway_function("auth-signup", custodian_fn_auth_signup::SignUp),
        gateway_function("auth-unregister", custodian_fn_auth_unregister::Unregister),
        gateway_function("auth-unregister-cancel", custodian_fn_auth_unregister_cancel::CancelUnregister),
        gateway_function("accesskeys-list", custodian_fn_accesskeys_list::ListKeys),
        gateway_function("accesskeys-create", custodian_fn_accesskeys_create::CreateKey),
        gateway_function("accesskeys-get", custodian_fn_accesskeys_get::GetKey),
        gateway_function("accesskeys-update", custodian_fn_accesskeys_update::UpdateKey),
        gateway_function("accesskeys-delete", custodian_fn_accesskeys_delete::DeleteKey),
        gateway_function("customer-get", custodian_fn_customer_get::GetCustomer),
        gateway_function("customer-update", custodian_fn_customer_update::UpdateCustomer),
        gateway_function("customer-email-change-get", custodian_fn_customer_email_change_get::GetEmailChange),
        gateway_function(
            "customer-email-change-delete",
            custodian_fn_customer_email_change_delete::CancelEmailChange,
        ),
        gateway_function("customer-audit", custodian_fn_customer_audit::ListOwnAudit),
        gateway_function("customer-usage", custodian_fn_customer_usage::ShowUsage),
        gateway_function(
            "customer-billing-account",
            custodian_fn_customer_billing_account::SetBillingAccount,
        ),
        gateway_function("billing-account", custodian_fn_billing_account::DefaultBillingAccount),
        gateway_function("contacts-lookup", custodian_fn_contacts_lookup::LookUpContact),
        gateway_function("transcribes-stop", custodian_fn_transcribes_stop::StopTranscribe),
        gateway_function("export-create", custodian_fn_export_create::StartExport),
        gateway_function("export-get", custodian_fn_export_get::ShowExport),
        gateway_function("export-file", custodian_fn_export_file::DownloadExport),
        gateway_function("webhook-deliveries", custodian_fn_webhook_deliveries::ListDeliveries),
        gateway_function("webhook-redeliver", custodian_fn_webhook_redeliver::Redeliver),
        gateway_function("me", custodian_fn_me::Me),
        gateway_function("customers-list", custodian_fn_customers_list::ListAll),
        gateway_function("customers-create", custodian_fn_customers_create::CreateAccount),
        gateway_function("customers-get", custodian_fn_customers_get::GetAccount),
        gateway_function("customers-update", custodian_fn_customers_update::UpdateAccount),
        gateway_function("customers-delete", custodian_fn_customers_delete::DeleteAccount),
        gateway_function("customers-freeze", custodian_fn_customers_freeze::FreezeAccount),
        gateway_function("customers-recover", custodian_fn_customers_recover::RecoverAccount),
        gateway_function("customers-plan", custodian_fn_customers_plan::SetPlan),
        gateway_function(
            "customers-billing-account",
            custodian_fn_customers_billing_account::SetBillingAccountOfCustomer,
        ),
        gateway_function("customers-deletion", custodian_fn_customers_deletion::ShowDeletion),
        gateway_function("auth-deletion", custodian_fn_auth_deletion::FollowDeletion),
        gateway_function("jwks", custodian_fn_jwks::PublishKeys),
        gateway_function("customers-hold-set", custodian_fn_customers_hold_set::PlaceHold),
        gateway_function("customers-hold-get", custodian_fn_customers_hold_get::ShowHold),
        gateway_function("customers-hold-release", custodian_fn_customers_hold_release::ReleaseHold),
        gateway_function("platform-deletions-get", custodian_fn_platform_deletions_get::ShowBrake),
        gateway_function("platform-deletions-set", custodian_fn_platform_deletions_set::SetBrake),
        gateway_function("customers-balance", custodian_fn_customers_balance::AdjustBalance),
        gateway_function("customers-audit", custodian_fn_customers_audit::ListAudit),
        gateway_function("platform-restore", custodian_fn_platform_restore::RestoreTables),
    ];
    functions.extend(GetWebhook::routes().map(|route| gateway_function("webhook-get", route)));
    functions.extend(ChangeEndpoint::routes().map(|route| gateway_function("webhook-endpoints", route)));
    functions.extend(RotateSecret::routes().map(|route| gateway_function("webhook-rotate", route)));
    functions.extend(TestWebhook::routes().map(|route| gateway_function("webhook-test", route)));
    functions.extend(Site::routes().map(|route| gateway_function(SITE, route)));
    for kind in routed() {
        functions.extend(kind.shared_verbs().iter().flat_map(|verb| resource_functions(kind, verb)));
    }
    functions
}

/// The routes of the shared function that serves a verb of a kind.
fn resource_functions(kind: &'static Kind, verb: &str) -> Vec<GatewayFunction> {
    let name = format!("resource-{verb}");
    let mut functions = match verb {
        "list" => vec![gateway_function(name, custodian_fn_resource_list::ListRows { kind })],
        "create" => vec![gateway_function(name, custodian_fn_resource_create::CreateRow { kind })],
        "get" => vec![gateway_function(name, custodian_fn_resource_get::GetRow { kind })],
        "update" => UpdateRow::routes(kind).map(|route| gateway_function(name.as_str(), route)).collect(),
        "delete" => vec![gateway_function(name, custodian_fn_resource_delete::DeleteRow { kind })],
        _ => Vec::new(),
    };
    for function in &mut functions {
        function.deployed.kind = Some(kind);
    }
    functions
}

/// Every route, the default route last. The template, the API description and the tests use this list.
pub fn deployed_routes() -> Vec<DeployedRoute> {
    let functions = gateway_functions().into_iter().chain([default_function()]);
    functions.map(|function| function.deployed).collect()
}
