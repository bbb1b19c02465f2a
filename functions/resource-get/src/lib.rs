//! `GET /v1.0/<kind>/{id}`: returns one row.
//!
//! Each kind has its own deployment, and `RESOURCE_KIND` names the kind. Of other kinds, the role of a deployment can read only
//! agents, and write nothing.

use custodian_app::ports::{Authenticator, Prefetch};
use custodian_app::{Context, Failure};
use custodian_domain::kinds::Kind;
use custodian_http::{Endpoint, OwnResource, Request, Response, Route, Tenant};
use custodian_views::ResourceView;

pub struct GetRow {
    pub kind: &'static Kind,
}

impl<S: Authenticator, E: Send + Sync> Endpoint<S, E> for GetRow {
    type Caller = Tenant<OwnResource>;

    fn route(&self) -> Route {
        Route::new("GET", format!("/v1.0/{}/{{id}}", self.kind.route))
    }

    fn prefetch(&self, request: &Request) -> Prefetch {
        request.id().map_or(Prefetch::Kind(self.kind), |id| Prefetch::Resource(self.kind, id))
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        let row = caller.target.decrypted(cx)?;
        Ok(Response::row(&ResourceView::new(self.kind, &row).as_read_by(&caller.principal)))
    }
}
