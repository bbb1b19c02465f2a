//! `POST /v1.0/customers/{id}/balance`: an operator credits (a positive amount) or debits (a negative one) the account's
//! default billing account.

use custodian_app::ports::{Admissions, UpdateResources, Wanted};
use custodian_app::update::by_operator;
use custodian_app::{Context, Failure, billing, resources};
use custodian_domain::CustomerId;
use custodian_domain::billing::Adjustment;
use custodian_domain::kinds::BILLING_ACCOUNTS;
use custodian_http::view::ResourceView;
use custodian_http::{Answer, Call, Endpoint, Operator, Route};

pub struct AdjustBalance;

impl<S: Admissions + UpdateResources, E: Send + Sync> Endpoint<S, E> for AdjustBalance {
    type Caller = Operator;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customers/{id}/balance")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, |id| Wanted::Customer(CustomerId(id)))
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Operator, call: &Call) -> Result<Answer, Failure> {
        call.id()?;
        let adjustment = Adjustment::read(&call.json()?)?;
        let customer = caller.target()?;
        by_operator(&customer)?;
        let account = billing::of(cx, &customer).await?;
        let next = |row: &_, now| adjustment.apply(row, now).map(Some);
        let row = resources::update(cx, &BILLING_ACCOUNTS, account, next).await?;
        Ok(Answer::row(&ResourceView::new(&BILLING_ACCOUNTS, &row)))
    }
}
