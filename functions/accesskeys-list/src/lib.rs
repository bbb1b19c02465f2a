//! `GET /v1.0/accesskeys`: the account's keys, newest first, those that have ended too.

use custodian_app::ports::{AccessKeys, Admissions};
use custodian_app::{Context, Failure};
use custodian_http::page::{PageRequest, shown};
use custodian_http::view::KeyView;
use custodian_http::{Account, Admin, Answer, Call, Endpoint, Open, Route};

pub struct ListKeys;

impl<S: Admissions + AccessKeys, E: Send + Sync> Endpoint<S, E> for ListKeys {
    type Caller = Account<Admin, Open>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/accesskeys")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        let wanted = PageRequest::read(call, "accesskeys")?;
        let read = |below, limit| cx.store.access_keys(caller.customer_id(), below, limit);
        let page = wanted.fill(read, |key| key.id, |key| shown(&KeyView::from(key))).await?;
        Ok(Answer::json(&page))
    }
}
