//! `DELETE /v1.0/<kind>/{id}`: removes a row for good, and shows it for the last time.
//!
//! The kind is the function's configuration: one deployment a kind, with that table's policy alone.

use custodian_app::ports::{Admissions, DeleteResources, Wanted};
use custodian_app::resources::delete;
use custodian_app::{Context, Failure};
use custodian_domain::kinds::Kind;
use custodian_http::view::ResourceView;
use custodian_http::{Answer, Call, Endpoint, Route, Tenant};

pub struct DeleteRow {
    pub kind: &'static Kind,
}

impl<S: Admissions + DeleteResources, E: Send + Sync> Endpoint<S, E> for DeleteRow {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("DELETE", format!("/v1.0/{}/{{id}}", self.kind.route))
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Kind(self.kind), |id| Wanted::Resource(self.kind, id))
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Tenant, call: &Call) -> Result<Answer, Failure> {
        call.id()?;
        let row = delete(cx, self.kind, caller.resource(self.kind.not_found)?).await?;
        let tm_delete = Some(cx.now().to_rfc3339());
        Ok(Answer::row(&ResourceView { kind: self.kind, row: &row, tm_delete }))
    }
}
