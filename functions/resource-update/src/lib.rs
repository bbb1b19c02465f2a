//! `PUT /v1.0/<kind>/{id}`: changes the fields that the body names. Also serves the routes that change a part of a row, such as
//! `PUT /v1.0/queues/{id}/tag_ids`, because they need the same permissions.
//!
//! Each kind has its own deployment, and `RESOURCE_KIND` names the kind. Of other kinds, the role of a deployment can read only
//! agents, check that referenced rows exist, and write nothing.

use custodian_app::ports::{Authenticator, Prefetch, UpdateResources};
use custodian_app::resources::update;
use custodian_app::{Context, Failure};
use custodian_domain::kinds::{Kind, Part};
use custodian_domain::resource::ResourcePatch;
use custodian_domain::resource_part::PartPatch;
use custodian_domain::{Refusal, Resource, Timestamp};
use custodian_http::{Endpoint, OwnResource, Request, Response, Route, Tenant};
use custodian_views::ResourceView;

pub struct UpdateRow {
    pub kind: &'static Kind,
    /// The part that the route changes. `None` for the route of the whole row.
    pub part: Option<&'static Part>,
}

impl UpdateRow {
    /// The route of the row, and those of its parts.
    pub fn routes(kind: &'static Kind) -> impl Iterator<Item = Self> {
        let parts = kind.parts.iter().map(Some);
        std::iter::once(None).chain(parts).map(move |part| Self { kind, part })
    }
}

impl<S: Authenticator + UpdateResources, E: Send + Sync> Endpoint<S, E> for UpdateRow {
    type Caller = Tenant<OwnResource>;

    fn route(&self) -> Route {
        let row = Route::new("PUT", format!("/v1.0/{}/{{id}}", self.kind.route));
        match self.part {
            Some(part) => Route::new(part.method, format!("{}/{}", row.path, part.path)),
            None => row,
        }
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
        let change = Change::read(self, request, caller.principal.may_read_secrets())?;
        let next = |row: &Resource, now| change.apply(row, now).map(Some);
        let row = update(cx, self.kind, caller.target.decrypted(cx)?, next).await?;
        let response = Response::row(&ResourceView::new(self.kind, &row).as_read_by(&caller.principal));
        let creates = self.part.is_some_and(|part| part.method == "POST");
        Ok(if creates { response.status(self.kind.created_status) } else { response })
    }
}

/// What a request changes.
enum Change {
    Row(ResourcePatch),
    Part(PartPatch),
}

impl Change {
    fn read(endpoint: &UpdateRow, request: &Request, reads_secrets: bool) -> Result<Self, Refusal> {
        let UpdateRow { kind, part } = *endpoint;
        let Some(part) = part else {
            let patch = ResourcePatch::for_update(kind, &request.json()?)?;
            return Ok(Self::Row(if reads_secrets { patch } else { patch.keeping_unread_secrets() }));
        };
        let item = part.item_parameter().map(|name| request.path_id(name)).transpose()?;
        let body = if part.has_body() { request.json()? } else { request.optional_json()? };
        PartPatch::read(kind, part.change, body, item).map(Self::Part)
    }

    fn apply(&self, row: &Resource, now: Timestamp) -> Result<Resource, Refusal> {
        match self {
            Self::Row(patch) => patch.clone().apply(row, now),
            Self::Part(patch) => patch.apply(row, now),
        }
    }
}
