//! `GET /v1.0/customer`: the own account, also while it awaits its verification or its deletion.

use custodian_app::ports::Admissions;
use custodian_app::{Context, Failure};
use custodian_http::view::CustomerView;
use custodian_http::{Account, AdminOrManager, Answer, Call, Endpoint, Living, Route};

pub struct GetCustomer;

impl<S: Admissions, E: Send + Sync> Endpoint<S, E> for GetCustomer {
    type Caller = Account<AdminOrManager, Living>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customer")
    }

    async fn handle(&self, _: &Context<S, E>, caller: Self::Caller, _: &Call) -> Result<Answer, Failure> {
        Ok(Answer::row(&CustomerView::from(&caller.customer)))
    }
}
