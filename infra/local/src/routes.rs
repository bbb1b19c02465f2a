//! The routes of the API: every function that answers HTTP, under the name it is deployed by.

use std::sync::Arc;

use custodian_app::Context;
use custodian_domain::kinds::{Kind, routed};
use custodian_http::caller::Caller;
use custodian_http::{Audience, Endpoint, Route, serve};
use custodian_store::Store;
use futures::future::BoxFuture;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::{Body, Response};

use crate::ends::LocalEnds;

pub(crate) type Cx = Context<Store, LocalEnds>;

type Handler =
    Box<dyn Fn(Arc<Cx>, ApiGatewayV2httpRequest) -> BoxFuture<'static, Response<Body>> + Send + Sync>;

/// A deployed function and its route.
pub(crate) struct Served {
    /// The crate, and for owned kinds the kind: `resource-get tags`.
    pub(crate) function: String,
    pub(crate) route: Route,
    pub(crate) audience: Audience,
    pub(crate) handler: Handler,
}

fn served<H: Endpoint<Store, LocalEnds>>(function: impl Into<String>, endpoint: H) -> Served {
    let (route, endpoint) = (endpoint.route(), Arc::new(endpoint));
    let handler: Handler = Box::new(move |cx, event| {
        let endpoint = Arc::clone(&endpoint);
        Box::pin(async move { serve(&*endpoint, &cx, event).await })
    });
    let audience = <H::Caller as Caller<Store, LocalEnds>>::AUDIENCE;
    Served { function: function.into(), route, audience, handler }
}

/// The API's default route.
pub(crate) fn not_found() -> Served {
    served("not-found", custodian_fn_not_found::NotFound)
}

pub(crate) fn routes() -> Vec<Served> {
    let mut routes = vec![
        served("agents-list", custodian_fn_agents_list::ListAgents),
        served("agents-create", custodian_fn_agents_create::CreateAgent),
        served("agents-get", custodian_fn_agents_get::GetAgent),
        served("agents-update", custodian_fn_agents_update::UpdateAgent),
        served("agents-delete", custodian_fn_agents_delete::DeleteAgent),
        served("agents-permission", custodian_fn_agents_permission::SetPermission),
        served("agents-password", custodian_fn_agents_password::SetPassword),
        served("agents-status", custodian_fn_agents_status::SetStatus),
        served("agents-addresses", custodian_fn_agents_addresses::SetAddresses),
        served("agents-tag-ids", custodian_fn_agents_tag_ids::SetTagIds),
        served("ping", custodian_fn_ping::Ping),
        served("auth-delegate", custodian_fn_auth_delegate::Delegate),
        served("auth-login", custodian_fn_auth_login::Login),
        served("auth-email-verify", custodian_fn_auth_email_verify::EmailVerify),
        served("auth-email-verify-page", custodian_fn_auth_email_verify_page::EmailVerifyPage),
        served("auth-logout", custodian_fn_auth_logout::Logout),
        served("auth-password-forgot", custodian_fn_auth_password_forgot::Forgot),
        served("auth-password-reset", custodian_fn_auth_password_reset::PasswordReset),
        served("auth-password-reset-page", custodian_fn_auth_password_reset_page::PasswordResetPage),
        served("auth-signup", custodian_fn_auth_signup::SignUp),
        served("auth-unregister", custodian_fn_auth_unregister::Unregister),
        served("auth-unregister-cancel", custodian_fn_auth_unregister_cancel::CancelUnregister),
        served("accesskeys-list", custodian_fn_accesskeys_list::ListKeys),
        served("accesskeys-create", custodian_fn_accesskeys_create::CreateKey),
        served("accesskeys-get", custodian_fn_accesskeys_get::GetKey),
        served("accesskeys-update", custodian_fn_accesskeys_update::UpdateKey),
        served("accesskeys-delete", custodian_fn_accesskeys_delete::DeleteKey),
        served("customer-get", custodian_fn_customer_get::GetCustomer),
        served("customer-update", custodian_fn_customer_update::UpdateCustomer),
        served("customer-usage", custodian_fn_customer_usage::ShowUsage),
        served("customer-billing-account", custodian_fn_customer_billing_account::SetBillingAccount),
        served("billing-account", custodian_fn_billing_account::DefaultBillingAccount),
        served("transcribes-stop", custodian_fn_transcribes_stop::StopTranscribe),
        served("webhook-get", custodian_fn_webhook_get::ShowWebhook),
        served("webhook-rotate", custodian_fn_webhook_rotate::RotateSecret),
        served("webhook-test", custodian_fn_webhook_test::TestWebhook),
        served("webhook-deliveries", custodian_fn_webhook_deliveries::ListDeliveries),
        served("webhook-redeliver", custodian_fn_webhook_redeliver::Redeliver),
        served("me", custodian_fn_me::Me),
        served("customers-list", custodian_fn_customers_list::ListAll),
        served("customers-create", custodian_fn_customers_create::CreateAccount),
        served("customers-get", custodian_fn_customers_get::GetAccount),
        served("customers-update", custodian_fn_customers_update::UpdateAccount),
        served("customers-delete", custodian_fn_customers_delete::DeleteAccount),
        served("customers-freeze", custodian_fn_customers_freeze::FreezeAccount),
        served("customers-recover", custodian_fn_customers_recover::RecoverAccount),
        served("customers-plan", custodian_fn_customers_plan::SetPlan),
        served("customers-balance", custodian_fn_customers_balance::AdjustBalance),
    ];
    for kind in routed() {
        routes.extend(kind.shared_verbs().iter().filter_map(|verb| of_kind(kind, verb)));
    }
    routes
}

/// A kind's function for a verb.
fn of_kind(kind: &'static Kind, verb: &str) -> Option<Served> {
    let name = format!("resource-{verb} {}", kind.route);
    Some(match verb {
        "list" => served(name, custodian_fn_resource_list::ListRows { kind }),
        "create" => served(name, custodian_fn_resource_create::CreateRow { kind }),
        "get" => served(name, custodian_fn_resource_get::GetRow { kind }),
        "update" => served(name, custodian_fn_resource_update::UpdateRow { kind }),
        "delete" => served(name, custodian_fn_resource_delete::DeleteRow { kind }),
        _ => return None,
    })
}

/// Every route with the function that serves it, for the test that compares them with the template.
pub fn deployed_routes() -> Vec<(String, Route)> {
    routes().into_iter().chain([not_found()]).map(|served| (served.function, served.route)).collect()
}

/// The same but the default route, with whom each serves, for the description of the API.
pub fn deployed_operations() -> Vec<(String, Route, Audience)> {
    routes().into_iter().map(|served| (served.function, served.route, served.audience)).collect()
}
