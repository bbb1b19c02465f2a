//! `GET /v1.0/accesskeys/{id}`: returns one access key, without its token.

use custodian_app::ports::Authenticator;
use custodian_app::{Context, Failure};

use custodian_http::{Account, Active, Admin, Endpoint, OwnKey, Request, Response, Route};
use custodian_views::AccessKeyView;

pub struct GetKey;

impl<S: Authenticator, E: Send + Sync> Endpoint<S, E> for GetKey {
    type Caller = Account<Admin, Active, OwnKey>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/accesskeys/{id}")
    }

    async fn handle(
        &self,
        _: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        Ok(Response::row(&AccessKeyView::from(&caller.target.0)))
    }
}
