//! `PUT /v1.0/customers/{id}`: lets an operator change the profile of an initial or active account. A new e-mail address of an
//! active account takes effect when it is confirmed.

use custodian_app::confirm_email::require_available;
use custodian_app::ports::{Authenticator, ChangeCustomers, FindNames, Prefetch, ReadThrottles, Throttle};
use custodian_app::update::{require_initial_or_active, update};
use custodian_app::{Context, Failure};
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{Customer, CustomerId, RequestedBy};
use custodian_http::{Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::CustomerView;

pub struct UpdateAccount;

impl<S, E: Send + Sync> Endpoint<S, E> for UpdateAccount
where
    S: Authenticator + ChangeCustomers + FindNames + Throttle + ReadThrottles,
{
    type Caller = PlatformAdmin;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/customers/{id}")
    }

    fn prefetch(&self, request: &Request) -> Prefetch {
        request.prefetch(|id| Prefetch::Customer(CustomerId(id)))
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: PlatformAdmin,
        request: &Request,
    ) -> Result<Response, Failure> {
        request.id()?;
        let (body, target) = (request.json()?, caller.target());
        let current = target.as_ref().map(|target| target.profile.clone()).unwrap_or_default();
        let patch = ProfilePatch::read(&body, &current, &request.destinations(&cx.settings))?;
        let target = target?;
        require_available(cx, &target, patch.email()).await?;
        let next = |row: &Customer, now| row.with_profile_patch(&patch, RequestedBy::PlatformAdmin, now);
        let customer = update(cx, target, require_initial_or_active, next).await?;
        Ok(Response::row(&CustomerView::from(&customer)))
    }
}
