//! `GET /v1.0/customers`: the accounts, newest first. Those that are gone are listed only when `status` asks for them.

use custodian_app::ports::{Admissions, ListCustomers};
use custodian_app::{Context, Failure};
use custodian_domain::{Reason, Refusal, Status};
use custodian_http::page::{PageRequest, shown};
use custodian_http::view::CustomerView;
use custodian_http::{Answer, Call, Endpoint, Operator, Route};

pub struct ListAll;

impl<S: Admissions + ListCustomers, E: Send + Sync> Endpoint<S, E> for ListAll {
    type Caller = Operator;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customers")
    }

    async fn handle(&self, cx: &Context<S, E>, _: Operator, call: &Call) -> Result<Answer, Failure> {
        let statuses = statuses(call)?;
        let wanted = PageRequest::read(call, "customers")?;
        let read = |below, limit| cx.store.customers(&statuses, below, limit);
        let page = wanted.fill(read, |row| row.id.0, |row| shown(&CustomerView::from(row))).await?;
        Ok(Answer::json(&page))
    }
}

fn statuses(call: &Call) -> Result<Vec<Status>, Refusal> {
    let Some(text) = call.query("status") else {
        return Ok(vec![Status::Initial, Status::Active, Status::Frozen]);
    };
    let unknown = || Refusal::field(Reason::InvalidRequestParameter, "status", "is no status of a customer");
    Status::parse(text).map(|status| vec![status]).ok_or_else(unknown)
}
