//! `PUT /v1.0/accesskeys/{id}`: its name and detail.

use custodian_app::access_keys::update;
use custodian_app::ports::{Admissions, UpdateAccessKeys, Wanted};
use custodian_app::{Context, Failure};
use custodian_domain::access_key::KeyPatch;
use custodian_http::view::KeyView;
use custodian_http::{Account, Admin, Answer, Call, Endpoint, Open, Route};

pub struct UpdateKey;

impl<S: Admissions + UpdateAccessKeys, E: Send + Sync> Endpoint<S, E> for UpdateKey {
    type Caller = Account<Admin, Open>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/accesskeys/{id}")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, Wanted::Key)
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        call.id()?;
        let patch = KeyPatch::read(&call.json()?)?;
        let key = update(cx, caller.key()?, patch).await?;
        Ok(Answer::row(&KeyView::from(&key)))
    }
}
