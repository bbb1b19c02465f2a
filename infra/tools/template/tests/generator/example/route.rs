use custodian_app::ports::{Authenticator, Usage};
use custodian_app::{Context, Failure};
use custodian_http::{Endpoint, Request, Response, Route, Tenant};

/// `GET /v1.0/customer/summary`: how many rows the account has of each kind.
pub struct ShowSummary;

impl<S: Authenticator + Usage, E: Send + Sync> Endpoint<S, E> for ShowSummary {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customer/summary")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Tenant, _: &Request) -> Result<Response, Failure> {
        let usage = cx.store.usage(caller.customer_id()).await?;
        Ok(Response::json(&serde_json::json!(usage.counts)))
    }
}
