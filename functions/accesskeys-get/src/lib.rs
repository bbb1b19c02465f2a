//! `GET /v1.0/accesskeys/{id}`: one key.

use custodian_app::ports::{Admissions, Wanted};
use custodian_app::{Context, Failure};

use custodian_http::view::KeyView;
use custodian_http::{Account, Admin, Answer, Call, Endpoint, Open, Route};

pub struct GetKey;

impl<S: Admissions, E: Send + Sync> Endpoint<S, E> for GetKey {
    type Caller = Account<Admin, Open>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/accesskeys/{id}")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, Wanted::Key)
    }

    async fn handle(&self, _: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        call.id()?;
        Ok(Answer::row(&KeyView::from(&caller.key()?)))
    }
}
