//! `GET /v1.0/customers/{id}`: returns any account, including deleted ones.

use custodian_app::ports::{Authenticator, Prefetch};
use custodian_app::{Context, Failure};
use custodian_domain::CustomerId;
use custodian_http::{Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::CustomerView;

pub struct GetAccount;

impl<S: Authenticator, E: Send + Sync> Endpoint<S, E> for GetAccount {
    type Caller = PlatformAdmin;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customers/{id}")
    }

    fn prefetch(&self, request: &Request) -> Prefetch {
        request.prefetch(|id| Prefetch::Customer(CustomerId(id)))
    }

    async fn handle(
        &self,
        _: &Context<S, E>,
        caller: PlatformAdmin,
        request: &Request,
    ) -> Result<Response, Failure> {
        request.id()?;
        Ok(Response::row(&CustomerView::from(&caller.target()?)))
    }
}
