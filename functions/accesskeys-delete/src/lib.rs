//! `DELETE /v1.0/accesskeys/{id}`: ends it at once.

use custodian_app::access_keys::delete;
use custodian_app::ports::{Admissions, DeleteAccessKeys, Wanted};
use custodian_app::{Context, Failure};
use custodian_http::view::KeyView;
use custodian_http::{Account, Admin, Answer, Call, Endpoint, Open, Route};

pub struct DeleteKey;

impl<S: Admissions + DeleteAccessKeys, E: Send + Sync> Endpoint<S, E> for DeleteKey {
    type Caller = Account<Admin, Open>;

    fn route(&self) -> Route {
        Route::new("DELETE", "/v1.0/accesskeys/{id}")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, Wanted::Key)
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        call.id()?;
        let key = delete(cx, caller.key()?).await?;
        Ok(Answer::row(&KeyView::deleted(&key, cx.now())))
    }
}
