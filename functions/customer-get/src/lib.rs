//! `GET /v1.0/customer`: returns the caller's account, also before verification and while it is frozen.

use custodian_app::ports::Authenticator;
use custodian_app::{Context, Failure};
use custodian_http::{Account, AdminOrManager, Endpoint, NotDeleted, Request, Response, Route};
use custodian_views::CustomerView;

pub struct GetCustomer;

impl<S: Authenticator, E: Send + Sync> Endpoint<S, E> for GetCustomer {
    type Caller = Account<AdminOrManager, NotDeleted>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customer")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        Ok(Response::row(&CustomerView::new(&caller.customer, cx.now())))
    }
}
