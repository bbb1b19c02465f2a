//! `GET /v1.0/accesskeys/{id}`: returns one access key, without its token.

use custodian_app::ports::{Authenticator, Prefetch};
use custodian_app::{Context, Failure};

use custodian_http::{Account, Active, Admin, Endpoint, Request, Response, Route};
use custodian_views::AccessKeyView;

pub struct GetKey;

impl<S: Authenticator, E: Send + Sync> Endpoint<S, E> for GetKey {
    type Caller = Account<Admin, Active>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/accesskeys/{id}")
    }

    fn prefetch(&self, request: &Request) -> Prefetch {
        request.prefetch(Prefetch::Key)
    }

    async fn handle(
        &self,
        _: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        request.id()?;
        Ok(Response::row(&AccessKeyView::from(&caller.key()?)))
    }
}
