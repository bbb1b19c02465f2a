//! `GET /v1.0/me`: returns the calling agent. An access key gets its customer's guest agent.
//! While the account is frozen, only administrators may call this. Access keys and delegates count as administrators.

use custodian_app::ports::{Authenticator, ReadAgents};
use custodian_app::{Context, Failure};
use custodian_domain::{Principal, Reason};
use custodian_http::{Account, ActiveOrFrozenForAdmins, AnyPrincipal, Endpoint, Request, Response, Route};
use custodian_views::AgentView;

pub struct Me;

impl<S: Authenticator + ReadAgents, E: Send + Sync> Endpoint<S, E> for Me {
    type Caller = Account<AnyPrincipal, ActiveOrFrozenForAdmins>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/me")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        let agent = match caller.principal {
            Principal::Agent { agent, .. } | Principal::Delegate { guest: agent, .. } => agent,
            Principal::Key(_) => {
                let guest = cx.store.agent(caller.customer.id, caller.customer.guest_id).await?;
                guest.ok_or(Reason::AgentNotFound)?
            }
        };
        Ok(Response::row(&AgentView::from(&agent)))
    }
}
