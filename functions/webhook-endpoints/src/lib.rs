//! Changes the webhook endpoints of the account: `POST /v1.0/customer/webhook/endpoints`, and `PUT` and `DELETE` of
//! `/v1.0/customer/webhook/endpoints/{id}`. For PUT and DELETE, `If-Match` takes the `ETag` of the account, whose row holds the
//! endpoints.

use custodian_app::ports::{Authenticator, ChangeCustomers};
use custodian_app::{Context, Failure};
use custodian_http::{Account, Active, Admin, Endpoint, EndpointToChange, Request, Response, Route};
use custodian_webhooks::{WebhookStore, create_endpoint, delete_endpoint, update_endpoint};

/// What a route of this function does.
#[derive(Clone, Copy, Debug)]
enum Change {
    Create,
    Update,
    Delete,
}

pub struct ChangeEndpoint(Change);

impl ChangeEndpoint {
    pub fn routes() -> impl Iterator<Item = Self> {
        [Change::Create, Change::Update, Change::Delete].into_iter().map(Self)
    }
}

impl<S: Authenticator + ChangeCustomers + WebhookStore, E: Send + Sync> Endpoint<S, E> for ChangeEndpoint {
    type Caller = Account<Admin, Active, EndpointToChange>;

    fn route(&self) -> Route {
        match self.0 {
            Change::Create => Route::new("POST", "/v1.0/customer/webhook/endpoints"),
            Change::Update => Route::new("PUT", "/v1.0/customer/webhook/endpoints/{id}"),
            Change::Delete => Route::new("DELETE", "/v1.0/customer/webhook/endpoints/{id}"),
        }
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        // Without an id in the path, the target is the first endpoint, which `Create` does not use. `destinations` are the rules
        // for URLs. They apply to a new URL, and they decide whether the response shows the state `refused`.
        let (id, customer, destinations) =
            (caller.target.0.id, caller.customer, request.destinations(&cx.settings));
        let endpoint = match self.0 {
            Change::Create => create_endpoint(cx, customer, &request.json()?, &destinations).await?,
            Change::Update => update_endpoint(cx, customer, id, &request.json()?, &destinations).await?,
            Change::Delete => delete_endpoint(cx, customer, id, &destinations).await?,
        };
        Ok(Response::json(&endpoint))
    }
}
