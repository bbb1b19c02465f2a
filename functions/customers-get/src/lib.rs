//! `GET /v1.0/customers/{id}`: returns any account, including deleted ones.

use custodian_app::ports::Authenticator;
use custodian_app::{Context, Failure};
use custodian_http::{AnyCustomer, Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::CustomerView;

pub struct GetAccount;

impl<S: Authenticator, E: Send + Sync> Endpoint<S, E> for GetAccount {
    type Caller = PlatformAdmin<AnyCustomer>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customers/{id}")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        Ok(Response::row(&CustomerView::new(&caller.target.0, cx.now())))
    }
}
