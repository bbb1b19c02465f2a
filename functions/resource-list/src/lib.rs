//! `GET /v1.0/<kind>`: what the caller's customer owns of a kind, newest first.
//!
//! The kind is the function's configuration: one deployment a kind, with that table's policy alone.

use custodian_app::ports::{Admissions, ListResources, Wanted};
use custodian_app::{Context, Failure};
use custodian_domain::kinds::Kind;
use custodian_http::page::{PageRequest, shown};
use custodian_http::view::ResourceView;
use custodian_http::{Answer, Call, Endpoint, Route, Tenant};

pub struct ListRows {
    pub kind: &'static Kind,
}

impl<S: Admissions + ListResources, E: Send + Sync> Endpoint<S, E> for ListRows {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("GET", format!("/v1.0/{}", self.kind.route))
    }

    fn wanted(&self, _: &Call) -> Wanted {
        Wanted::Kind(self.kind)
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Tenant, call: &Call) -> Result<Answer, Failure> {
        let wanted = PageRequest::read(call, self.kind.route)?;
        let read = |below, limit| cx.store.resources(self.kind, caller.customer_id(), below, limit);
        let page = wanted.fill(read, |row| row.id, |row| shown(&ResourceView::new(self.kind, row))).await?;
        Ok(Answer::json(&page))
    }
}
