//! `PUT /v1.0/accesskeys/{id}`: changes the name and detail of an access key.

use custodian_app::access_keys::update;
use custodian_app::ports::{Authenticator, UpdateAccessKeys};
use custodian_app::{Context, Failure};
use custodian_domain::access_key::KeyPatch;
use custodian_http::{Account, Active, Admin, Endpoint, OwnKey, Request, Response, Route};
use custodian_views::AccessKeyView;

pub struct UpdateKey;

impl<S: Authenticator + UpdateAccessKeys, E: Send + Sync> Endpoint<S, E> for UpdateKey {
    type Caller = Account<Admin, Active, OwnKey>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/accesskeys/{id}")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let patch = KeyPatch::read(&request.json()?)?;
        let key = update(cx, caller.target.0, patch).await?;
        Ok(Response::row(&AccessKeyView::from(&key)))
    }
}
