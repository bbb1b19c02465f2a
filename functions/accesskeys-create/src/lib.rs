//! `POST /v1.0/accesskeys`: a new key. Its token is in this answer and nowhere else.

use custodian_app::access_keys::create;
use custodian_app::ports::{Admissions, CreateAccessKeys};
use custodian_app::{Context, Failure};
use custodian_domain::access_key::KeyPatch;
use custodian_http::view::KeyView;
use custodian_http::{Account, Admin, Answer, Call, Endpoint, Open, Route};

pub struct CreateKey;

impl<S: Admissions + CreateAccessKeys, E: Send + Sync> Endpoint<S, E> for CreateKey {
    type Caller = Account<Admin, Open>;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/accesskeys")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        let patch = KeyPatch::read(&call.json()?)?;
        let made = create(cx, caller.customer_id(), patch).await?;
        Ok(Answer::row(&KeyView::with_token(&made.key, &made.token)))
    }
}
