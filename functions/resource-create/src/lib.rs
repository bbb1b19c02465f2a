//! `POST /v1.0/<kind>`: creates a row.
//!
//! Each kind has its own deployment, and `RESOURCE_KIND` names the kind. Of other kinds, the role of a deployment can read only
//! agents, check that referenced rows exist, and write nothing.

use custodian_app::ports::{Authenticator, CreateResources, Prefetch, ReadThrottles, Throttle};
use custodian_app::resources::create;
use custodian_app::{Context, Failure};
use custodian_domain::kinds::Kind;
use custodian_domain::resource::ResourcePatch;
use custodian_http::{Endpoint, Request, Response, Route, Tenant};
use custodian_views::ResourceView;

pub struct CreateRow {
    pub kind: &'static Kind,
}

impl<S, E: Send + Sync> Endpoint<S, E> for CreateRow
where
    S: Authenticator + CreateResources + Throttle + ReadThrottles,
{
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("POST", format!("/v1.0/{}", self.kind.route))
    }

    fn prefetch(&self, _: &Request) -> Prefetch {
        Prefetch::Kind(self.kind)
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Tenant,
        request: &Request,
    ) -> Result<Response, Failure> {
        let patch = ResourcePatch::for_create(self.kind, &request.json()?)?;
        let row = create(cx, self.kind, caller.customer_id(), patch).await?;
        Ok(Response::row(&ResourceView::new(self.kind, &row).as_read_by(&caller.principal))
            .status(self.kind.created_status))
    }
}
