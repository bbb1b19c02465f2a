//! The deployed routes, and the folder in `functions/` of the function that serves each. The template generator makes the deployed
//! name from the folder and the kind: `resource-get` of `tags` is deployed as `tags-get`.

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

/// The function of the account page, the console and the API reference. People open its routes in a browser; they are no part of
/// the API.
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
pub(crate) struct GatewayRoute {
    pub(crate) deployed: DeployedRoute,
    pub(crate) handler: Handler,
}

fn gateway_route<H: Endpoint<Store, LocalServices>>(
    function: impl Into<String>,
    endpoint: H,
) -> GatewayRoute {
    let (route, endpoint) = (endpoint.route(), Arc::new(endpoint));
    let handler: Handler = Box::new(move |cx, event| {
        let endpoint = Arc::clone(&endpoint);
        Box::pin(async move { serve(&*endpoint, &cx, event).await })
    });
    let audience = <H::Caller as Caller<Store, LocalServices>>::AUDIENCE;
    GatewayRoute {
        deployed: DeployedRoute { function: function.into(), kind: None, route, audience },
        handler,
    }
}

/// The gateway's default route.
pub(crate) fn default_route() -> GatewayRoute {
    gateway_route("not-found", custodian_fn_not_found::NotFound)
}

/// All routes but the default route.
pub(crate) fn gateway_routes() -> Vec<GatewayRoute> {
    let mut routes = vec![
        gateway_route("agents-list", custodian_fn_agents_list::ListAgents),
        gateway_route("agents-create", custodian_fn_agents_create::CreateAgent),
        gateway_route("agents-get", custodian_fn_agents_get::GetAgent),
        gateway_route("agents-update", custodian_fn_agents_update::UpdateAgent),
        gateway_route("agents-delete", custodian_fn_agents_delete::DeleteAgent),
        gateway_route("agents-permission", custodian_fn_agents_permission::SetPermission),
        gateway_route("agents-password", custodian_fn_agents_password::SetPassword),
        gateway_route("agents-status", custodian_fn_agents_status::SetStatus),
        gateway_route("agents-addresses", custodian_fn_agents_addresses::SetAddresses),
        gateway_route("agents-tag-ids", custodian_fn_agents_tag_ids::SetTagIds),
        gateway_route("ping", custodian_fn_ping::Ping),
        gateway_route("auth-delegate", custodian_fn_auth_delegate::Delegate),
        gateway_route("auth-login", custodian_fn_auth_login::Login),
        gateway_route("auth-email-verify", custodian_fn_auth_email_verify::EmailVerify),
        gateway_route("auth-email-verify-page", custodian_fn_auth_email_verify_page::EmailVerifyPage),
        gateway_route("auth-logout", custodian_fn_auth_logout::Logout),
        gateway_route("auth-password-forgot", custodian_fn_auth_password_forgot::ForgotPassword),
        gateway_route(
            "auth-password-forgot-page",
            custodian_fn_auth_password_forgot_page::ForgotPasswordPage,
        ),
        gateway_route("auth-password-reset", custodian_fn_auth_password_reset::PasswordReset),
        gateway_route("auth-password-reset-page", custodian_fn_auth_password_reset_page::PasswordResetPage),
        gateway_route("auth-signup", custodian_fn_auth_signup::SignUp),
        gateway_route("auth-unregister", custodian_fn_auth_unregister::Unregister),
        gateway_route("auth-unregister-cancel", custodian_fn_auth_unregister_cancel::CancelUnregister),
        gateway_route("accesskeys-list", custodian_fn_accesskeys_list::ListKeys),
        gateway_route("accesskeys-create", custodian_fn_accesskeys_create::CreateKey),
        gateway_route("accesskeys-get", custodian_fn_accesskeys_get::GetKey),
        gateway_route("accesskeys-update", custodian_fn_accesskeys_update::UpdateKey),
        gateway_route("accesskeys-delete", custodian_fn_accesskeys_delete::DeleteKey),
        gateway_route("customer-get", custodian_fn_customer_get::GetCustomer),
        gateway_route("customer-update", custodian_fn_customer_update::UpdateCustomer),
        gateway_route("customer-email-change-get", custodian_fn_customer_email_change_get::GetEmailChange),
        gateway_route(
            "customer-email-change-delete",
            custodian_fn_customer_email_change_delete::CancelEmailChange,
        ),
        gateway_route("customer-audit", custodian_fn_customer_audit::ListOwnAudit),
        gateway_route("customer-usage", custodian_fn_customer_usage::ShowUsage),
        gateway_route("customer-billing-account", custodian_fn_customer_billing_account::SetBillingAccount),
        gateway_route("billing-account", custodian_fn_billing_account::DefaultBillingAccount),
        gateway_route("contacts-lookup", custodian_fn_contacts_lookup::LookUpContact),
        gateway_route("transcribes-stop", custodian_fn_transcribes_stop::StopTranscribe),
        gateway_route("export-create", custodian_fn_export_create::StartExport),
        gateway_route("export-get", custodian_fn_export_get::ShowExport),
        gateway_route("export-file", custodian_fn_export_file::DownloadExport),
        gateway_route("webhook-deliveries", custodian_fn_webhook_deliveries::ListDeliveries),
        gateway_route("webhook-redeliver", custodian_fn_webhook_redeliver::Redeliver),
        gateway_route("me", custodian_fn_me::Me),
        gateway_route("customers-list", custodian_fn_customers_list::ListAll),
        gateway_route("customers-create", custodian_fn_customers_create::CreateAccount),
        gateway_route("customers-get", custodian_fn_customers_get::GetAccount),
        gateway_route("customers-update", custodian_fn_customers_update::UpdateAccount),
        gateway_route("customers-delete", custodian_fn_customers_delete::DeleteAccount),
        gateway_route("customers-freeze", custodian_fn_customers_freeze::FreezeAccount),
        gateway_route("customers-recover", custodian_fn_customers_recover::RecoverAccount),
        gateway_route("customers-plan", custodian_fn_customers_plan::SetPlan),
        gateway_route(
            "customers-billing-account",
            custodian_fn_customers_billing_account::SetBillingAccountOfCustomer,
        ),
        gateway_route("customers-deletion", custodian_fn_customers_deletion::ShowDeletion),
        gateway_route("auth-deletion", custodian_fn_auth_deletion::FollowDeletion),
        gateway_route("jwks", custodian_fn_jwks::PublishKeys),
        gateway_route("customers-hold-set", custodian_fn_customers_hold_set::PlaceHold),
        gateway_route("customers-hold-get", custodian_fn_customers_hold_get::ShowHold),
        gateway_route("customers-hold-release", custodian_fn_customers_hold_release::ReleaseHold),
        gateway_route("platform-deletions-get", custodian_fn_platform_deletions_get::ShowBrake),
        gateway_route("platform-deletions-set", custodian_fn_platform_deletions_set::SetBrake),
        gateway_route("customers-balance", custodian_fn_customers_balance::AdjustBalance),
        gateway_route("customers-audit", custodian_fn_customers_audit::ListAudit),
        gateway_route("platform-restore", custodian_fn_platform_restore::RestoreTables),
    ];
    routes.extend(GetWebhook::routes().map(|route| gateway_route("webhook-get", route)));
    routes.extend(ChangeEndpoint::routes().map(|route| gateway_route("webhook-endpoints", route)));
    routes.extend(RotateSecret::routes().map(|route| gateway_route("webhook-rotate", route)));
    routes.extend(TestWebhook::routes().map(|route| gateway_route("webhook-test", route)));
    routes.extend(Site::routes().map(|route| gateway_route(SITE, route)));
    for kind in routed() {
        routes.extend(kind.shared_verbs().iter().flat_map(|verb| resource_routes(kind, verb)));
    }
    routes
}

/// The routes of the shared function that serves a verb of a kind.
fn resource_routes(kind: &'static Kind, verb: &str) -> Vec<GatewayRoute> {
    let name = format!("resource-{verb}");
    let mut routes = match verb {
        "list" => vec![gateway_route(name, custodian_fn_resource_list::ListRows { kind })],
        "create" => vec![gateway_route(name, custodian_fn_resource_create::CreateRow { kind })],
        "get" => vec![gateway_route(name, custodian_fn_resource_get::GetRow { kind })],
        "update" => UpdateRow::routes(kind).map(|route| gateway_route(name.as_str(), route)).collect(),
        "delete" => vec![gateway_route(name, custodian_fn_resource_delete::DeleteRow { kind })],
        _ => Vec::new(),
    };
    for route in &mut routes {
        route.deployed.kind = Some(kind);
    }
    routes
}

/// Every route, the default route last. The template, the API description and the tests use this list.
pub fn deployed_routes() -> Vec<DeployedRoute> {
    let routes = gateway_routes().into_iter().chain([default_route()]);
    routes.map(|route| route.deployed).collect()
}
