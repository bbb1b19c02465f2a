//! `PUT /v1.0/<kind>/{id}`: changes the fields that the body names.
//!
//! Each kind has its own deployment, and `RESOURCE_KIND` names the kind. The role of a deployment can neither read nor write
//! rows of other kinds.

use custodian_app::ports::{Authenticator, Prefetch, UpdateResources};
use custodian_app::resources::update;
use custodian_app::{Context, Failure};
use custodian_domain::Resource;
use custodian_domain::kinds::Kind;
use custodian_domain::resource::ResourcePatch;
use custodian_http::{Endpoint, OwnResource, Request, Response, Route, Tenant};
use custodian_views::ResourceView;

pub struct UpdateRow {
    pub kind: &'static Kind,
}

impl<S: Authenticator + UpdateResources, E: Send + Sync> Endpoint<S, E> for UpdateRow {
    type Caller = Tenant<OwnResource>;

    fn route(&self) -> Route {
        Route::new("PUT", format!("/v1.0/{}/{{id}}", self.kind.route))
    }

    fn prefetch(&self, request: &Request) -> Prefetch {
        request.id().map_or(Prefetch::Kind(self.kind), |id| Prefetch::Resource(self.kind, id))
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let patch = ResourcePatch::for_update(self.kind, &request.json()?)?;
        let reads_secrets = caller.principal.may_read_secrets();
        let patch = if reads_secrets { patch } else { patch.keeping_unread_secrets() };
        let next = |row: &Resource, now| patch.clone().apply(row, now).map(Some);
        let row = update(cx, self.kind, caller.target.decrypted(cx)?, next).await?;
        Ok(Response::row(&ResourceView::new(self.kind, &row).as_read_by(&caller.principal)))
    }
}
