//! `PUT /v1.0/customers/{id}`: lets an operator change the profile of an initial or active account. A new e-mail address of an
//! active account takes effect when it is confirmed.

use custodian_app::confirm_email::require_available;
use custodian_app::ports::{Authenticator, ChangeCustomers, FindNames, ReadThrottles, Throttle};
use custodian_app::update::{require_initial_or_active, update};
use custodian_app::{Context, Failure};
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{Customer, RequestedBy};
use custodian_http::{AnyCustomer, Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::CustomerView;

pub struct UpdateAccount;

impl<S, E: Send + Sync> Endpoint<S, E> for UpdateAccount
where
    S: Authenticator + ChangeCustomers + FindNames + Throttle + ReadThrottles,
{
    type Caller = PlatformAdmin<AnyCustomer>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/customers/{id}")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let requested_by = RequestedBy::PlatformAdmin { operator: Some(caller.agent().into()) };
        let (AnyCustomer(target), destinations) = (caller.target, request.destinations(&cx.settings));
        let patch = ProfilePatch::read(&request.json()?, &target.profile, &destinations)?;
        require_available(cx, &target, patch.email()).await?;
        let next = |row: &Customer, now| row.with_profile_patch(&patch, requested_by, now);
        let customer = update(cx, target, require_initial_or_active, next).await?;
        Ok(Response::row(&CustomerView::new(&customer, cx.now())))
    }
}
