//! The routes of the API and the functions that serve them, under their deployed names.

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

/// A route of the API, and the handler of its function.
pub(crate) struct ApiFunction {
    pub(crate) deployed: DeployedRoute,
    pub(crate) handler: Handler,
}

fn api_function<H: Endpoint<Store, LocalServices>>(function: impl Into<String>, endpoint: H) -> ApiFunction {
    let (route, endpoint) = (endpoint.route(), Arc::new(endpoint));
    let handler: Handler = Box::new(move |cx, event| {
        let endpoint = Arc::clone(&endpoint);
        Box::pin(async move { serve(&*endpoint, &cx, event).await })
    });
    let audience = <H::Caller as Caller<Store, LocalServices>>::AUDIENCE;
    ApiFunction {
        deployed: DeployedRoute { function: function.into(), kind: None, route, audience },
        handler,
    }
}

/// The function of the API's default route.
pub(crate) fn default_function() -> ApiFunction {
    api_function("not-found", custodian_fn_not_found::NotFound)
}

pub(crate) fn api_functions() -> Vec<ApiFunction> {
    let mut functions = vec![
        api_function("agents-list", custodian_fn_agents_list::ListAgents),
        api_function("agents-create", custodian_fn_agents_create::CreateAgent),
        api_function("agents-get", custodian_fn_agents_get::GetAgent),
        api_function("agents-update", custodian_fn_agents_update::UpdateAgent),
        api_function("agents-delete", custodian_fn_agents_delete::DeleteAgent),
        api_function("agents-permission", custodian_fn_agents_permission::SetPermission),
        api_function("agents-password", custodian_fn_agents_password::SetPassword),
        api_function("agents-status", custodian_fn_agents_status::SetStatus),
        api_function("agents-addresses", custodian_fn_agents_addresses::SetAddresses),
        api_function("agents-tag-ids", custodian_fn_agents_tag_ids::SetTagIds),
        api_function("ping", custodian_fn_ping::Ping),
        api_function("auth-delegate", custodian_fn_auth_delegate::Delegate),
        api_function("auth-login", custodian_fn_auth_login::Login),
        api_function("auth-email-verify", custodian_fn_auth_email_verify::EmailVerify),
        api_function("auth-email-verify-page", custodian_fn_auth_email_verify_page::EmailVerifyPage),
        api_function("auth-logout", custodian_fn_auth_logout::Logout),
        api_function("auth-password-forgot", custodian_fn_auth_password_forgot::ForgotPassword),
        api_function("auth-password-forgot-page", custodian_fn_auth_password_forgot_page::ForgotPasswordPage),
        api_function("auth-password-reset", custodian_fn_auth_password_reset::PasswordReset),
        api_function("auth-password-reset-page", custodian_fn_auth_password_reset_page::PasswordResetPage),
        api_function("auth-signup", custodian_fn_auth_signup::SignUp),
        api_function("auth-unregister", custodian_fn_auth_unregister::Unregister),
        api_function("auth-unregister-cancel", custodian_fn_auth_unregister_cancel::CancelUnregister),
        api_function("accesskeys-list", custodian_fn_accesskeys_list::ListKeys),
        api_function("accesskeys-create", custodian_fn_accesskeys_create::CreateKey),
        api_function("accesskeys-get", custodian_fn_accesskeys_get::GetKey),
        api_function("accesskeys-update", custodian_fn_accesskeys_update::UpdateKey),
        api_function("accesskeys-delete", custodian_fn_accesskeys_delete::DeleteKey),
        api_function("customer-get", custodian_fn_customer_get::GetCustomer),
        api_function("customer-update", custodian_fn_customer_update::UpdateCustomer),
        api_function("customer-email-change-get", custodian_fn_customer_email_change_get::GetEmailChange),
        api_function(
            "customer-email-change-delete",
            custodian_fn_customer_email_change_delete::CancelEmailChange,
        ),
        api_function("customer-audit", custodian_fn_customer_audit::ListOwnAudit),
        api_function("customer-usage", custodian_fn_customer_usage::ShowUsage),
        api_function("customer-billing-account", custodian_fn_customer_billing_account::SetBillingAccount),
        api_function("billing-account", custodian_fn_billing_account::DefaultBillingAccount),
        api_function("contacts-lookup", custodian_fn_contacts_lookup::LookUpContact),
        api_function("transcribes-stop", custodian_fn_transcribes_stop::StopTranscribe),
        api_function("export-create", custodian_fn_export_create::StartExport),
        api_function("export-get", custodian_fn_export_get::ShowExport),
        api_function("export-file", custodian_fn_export_file::DownloadExport),
        api_function("webhook-deliveries", custodian_fn_webhook_deliveries::ListDeliveries),
        api_function("webhook-redeliver", custodian_fn_webhook_redeliver::Redeliver),
        api_function("me", custodian_fn_me::Me),
        api_function("customers-list", custodian_fn_customers_list::ListAll),
        api_function("customers-create", custodian_fn_customers_create::CreateAccount),
        api_function("customers-get", custodian_fn_customers_get::GetAccount),
        api_function("customers-update", custodian_fn_customers_update::UpdateAccount),
        api_function("customers-delete", custodian_fn_customers_delete::DeleteAccount),
        api_function("customers-freeze", custodian_fn_customers_freeze::FreezeAccount),
        api_function("customers-recover", custodian_fn_customers_recover::RecoverAccount),
        api_function("customers-plan", custodian_fn_customers_plan::SetPlan),
        api_function(
            "customers-billing-account",
            custodian_fn_customers_billing_account::SetBillingAccountOfCustomer,
        ),
        api_function("customers-deletion", custodian_fn_customers_deletion::ShowDeletion),
        api_function("auth-deletion", custodian_fn_auth_deletion::FollowDeletion),
        api_function("jwks", custodian_fn_jwks::PublishKeys),
        api_function("customers-hold-set", custodian_fn_customers_hold_set::PlaceHold),
        api_function("customers-hold-get", custodian_fn_customers_hold_get::ShowHold),
        api_function("customers-hold-release", custodian_fn_customers_hold_release::ReleaseHold),
        api_function("platform-deletions-get", custodian_fn_platform_deletions_get::ShowBrake),
        api_function("platform-deletions-set", custodian_fn_platform_deletions_set::SetBrake),
        api_function("customers-balance", custodian_fn_customers_balance::AdjustBalance),
        api_function("customers-audit", custodian_fn_customers_audit::ListAudit),
        api_function("platform-restore", custodian_fn_platform_restore::RestoreTables),
    ];
    functions.extend(GetWebhook::routes().map(|route| api_function("webhook-get", route)));
    functions.extend(ChangeEndpoint::routes().map(|route| api_function("webhook-endpoints", route)));
    functions.extend(RotateSecret::routes().map(|route| api_function("webhook-rotate", route)));
    functions.extend(TestWebhook::routes().map(|route| api_function("webhook-test", route)));
    functions.extend(Site::routes().map(|route| api_function(SITE, route)));
    for kind in routed() {
        functions.extend(kind.shared_verbs().iter().flat_map(|verb| resource_functions(kind, verb)));
    }
    functions
}

/// The routes of the shared function that serves a verb of a kind.
fn resource_functions(kind: &'static Kind, verb: &str) -> Vec<ApiFunction> {
    let name = format!("resource-{verb}");
    let mut functions = match verb {
        "list" => vec![api_function(name, custodian_fn_resource_list::ListRows { kind })],
        "create" => vec![api_function(name, custodian_fn_resource_create::CreateRow { kind })],
        "get" => vec![api_function(name, custodian_fn_resource_get::GetRow { kind })],
        "update" => UpdateRow::routes(kind).map(|route| api_function(name.as_str(), route)).collect(),
        "delete" => vec![api_function(name, custodian_fn_resource_delete::DeleteRow { kind })],
        _ => Vec::new(),
    };
    for function in &mut functions {
        function.deployed.kind = Some(kind);
    }
    functions
}

/// Every route, the default route last. The template, the API description and the tests use this list.
pub fn deployed_routes() -> Vec<DeployedRoute> {
    let functions = api_functions().into_iter().chain([default_function()]);
    functions.map(|function| function.deployed).collect()
}
