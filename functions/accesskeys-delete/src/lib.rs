//! `DELETE /v1.0/accesskeys/{id}`: deletes an access key and, without `?keys=keep`, the keys that were made through it. They stop
//! working at once.

use custodian_app::access_keys::delete;
use custodian_app::ports::{Authenticator, DeleteAccessKeys};
use custodian_app::{Context, Failure};
use custodian_http::{Account, Active, Admin, Endpoint, OwnKey, Request, Response, Route};
use custodian_views::AccessKeyView;

pub struct DeleteKey;

impl<S: Authenticator + DeleteAccessKeys, E: Send + Sync> Endpoint<S, E> for DeleteKey {
    type Caller = Account<Admin, Active, OwnKey>;

    fn route(&self) -> Route {
        Route::new("DELETE", "/v1.0/accesskeys/{id}")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let key = delete(cx, caller.target.0, request.made_keys()?).await?;
        Ok(Response::row(&AccessKeyView::deleted(&key, cx.now())))
    }
}
