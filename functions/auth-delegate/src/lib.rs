//! `POST /auth/delegate`: a platform admin acts as a customer's guest agent, for eight hours and with a reason that is
//! kept with the account.

use custodian_app::delegate::{Delegation, delegate};
use custodian_app::ports::{Admissions, Audits, ReadAgents, Signs};
use custodian_app::{Context, Failure};
use custodian_http::{Answer, Call, Endpoint, Operator, Route};
use serde_json::json;

pub struct Delegate;

impl<S: Admissions + ReadAgents + Audits, E: Signs> Endpoint<S, E> for Delegate {
    type Caller = Operator;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/delegate")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Operator, call: &Call) -> Result<Answer, Failure> {
        let delegated = delegate(cx, caller.agent(), Delegation::read(&call.json()?)?).await?;
        let (token, customer_id) = (delegated.token.expose(), delegated.customer_id);
        let expire = delegated.expire.to_rfc3339();
        Ok(Answer::json(&json!({ "token": token, "customer_id": customer_id, "expire": expire })))
    }
}
