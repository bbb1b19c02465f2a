//! `DELETE /v1.0/<kind>/{id}`: deletes a row and returns it for the last time.
//!
//! Each kind has its own deployment, and `RESOURCE_KIND` names the kind. Of other kinds, the role of a deployment can read only
//! agents, and write nothing.

use custodian_app::ports::{Authenticator, DeleteResources, Prefetch};
use custodian_app::resources::delete;
use custodian_app::{Context, Failure};
use custodian_domain::kinds::Kind;
use custodian_http::{Endpoint, OwnResource, Request, Response, Route, Tenant};
use custodian_views::ResourceView;

pub struct DeleteRow {
    pub kind: &'static Kind,
}

impl<S: Authenticator + DeleteResources, E: Send + Sync> Endpoint<S, E> for DeleteRow {
    type Caller = Tenant<OwnResource>;

    fn route(&self) -> Route {
        Route::new("DELETE", format!("/v1.0/{}/{{id}}", self.kind.route))
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
        let row = delete(cx, self.kind, caller.target.decrypted(cx)?).await?;
        Ok(Response::row(&ResourceView::deleted(self.kind, &row, cx.now())))
    }
}
