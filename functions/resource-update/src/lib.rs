//! `PUT /v1.0/<kind>/{id}`: changes what the body names.
//!
//! The kind is the function's configuration: one deployment a kind, with that table's policy alone.

use custodian_app::ports::{Admissions, UpdateResources, Wanted};
use custodian_app::resources::update;
use custodian_app::{Context, Failure};
use custodian_domain::Resource;
use custodian_domain::kinds::Kind;
use custodian_domain::resource::ResourcePatch;
use custodian_http::view::ResourceView;
use custodian_http::{Answer, Call, Endpoint, Route, Tenant};

pub struct UpdateRow {
    pub kind: &'static Kind,
}

impl<S: Admissions + UpdateResources, E: Send + Sync> Endpoint<S, E> for UpdateRow {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("PUT", format!("/v1.0/{}/{{id}}", self.kind.route))
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Kind(self.kind), |id| Wanted::Resource(self.kind, id))
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Tenant, call: &Call) -> Result<Answer, Failure> {
        call.id()?;
        let patch = ResourcePatch::changing(self.kind, &call.json()?)?;
        let next = |row: &Resource, now| Ok(Some(patch.clone().apply(row, now)));
        let row = update(cx, self.kind, caller.resource(self.kind.not_found)?, next).await?;
        Ok(Answer::row(&ResourceView::new(self.kind, &row)))
    }
}
