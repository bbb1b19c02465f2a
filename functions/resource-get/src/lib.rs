//! `GET /v1.0/<kind>/{id}`: one row.
//!
//! The kind is the function's configuration: one deployment a kind, with that table's policy alone.

use custodian_app::ports::{Admissions, Wanted};
use custodian_app::{Context, Failure};
use custodian_domain::kinds::Kind;
use custodian_http::view::ResourceView;
use custodian_http::{Answer, Call, Endpoint, Route, Tenant};

pub struct GetRow {
    pub kind: &'static Kind,
}

impl<S: Admissions, E: Send + Sync> Endpoint<S, E> for GetRow {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("GET", format!("/v1.0/{}/{{id}}", self.kind.route))
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Kind(self.kind), |id| Wanted::Resource(self.kind, id))
    }

    async fn handle(&self, _: &Context<S, E>, caller: Tenant, call: &Call) -> Result<Answer, Failure> {
        call.id()?;
        let row = caller.resource(self.kind.not_found)?;
        Ok(Answer::row(&ResourceView::new(self.kind, &row)))
    }
}
