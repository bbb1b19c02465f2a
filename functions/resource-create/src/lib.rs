//! `POST /v1.0/<kind>`: a new row.
//!
//! The kind is the function's configuration: one deployment a kind, with that table's policy alone.

use custodian_app::ports::{Admissions, CreateResources, Wanted};
use custodian_app::resources::create;
use custodian_app::{Context, Failure};
use custodian_domain::kinds::Kind;
use custodian_domain::resource::ResourcePatch;
use custodian_http::view::ResourceView;
use custodian_http::{Answer, Call, Endpoint, Route, Tenant};

pub struct CreateRow {
    pub kind: &'static Kind,
}

impl<S: Admissions + CreateResources, E: Send + Sync> Endpoint<S, E> for CreateRow {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("POST", format!("/v1.0/{}", self.kind.route))
    }

    fn wanted(&self, _: &Call) -> Wanted {
        Wanted::Kind(self.kind)
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Tenant, call: &Call) -> Result<Answer, Failure> {
        let patch = ResourcePatch::creating(self.kind, &call.json()?)?;
        let row = create(cx, self.kind, caller.customer_id(), patch).await?;
        Ok(Answer::row(&ResourceView::new(self.kind, &row)).status(self.kind.created))
    }
}
