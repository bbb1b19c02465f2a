//! `DELETE /v1.0/accesskeys/{id}`: deletes an access key and the keys that were made through it. They stop working at once.

use custodian_app::access_keys::delete;
use custodian_app::ports::{Authenticator, DeleteAccessKeys, Prefetch};
use custodian_app::{Context, Failure};
use custodian_http::{Account, Active, Admin, Endpoint, Request, Response, Route};
use custodian_views::AccessKeyView;

pub struct DeleteKey;

impl<S: Authenticator + DeleteAccessKeys, E: Send + Sync> Endpoint<S, E> for DeleteKey {
    type Caller = Account<Admin, Active>;

    fn route(&self) -> Route {
        Route::new("DELETE", "/v1.0/accesskeys/{id}")
    }

    fn prefetch(&self, request: &Request) -> Prefetch {
        request.prefetch(Prefetch::Key)
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        request.id()?;
        let key = delete(cx, caller.key()?, request.made_keys()?).await?;
        Ok(Response::row(&AccessKeyView::deleted(&key, cx.now())))
    }
}
