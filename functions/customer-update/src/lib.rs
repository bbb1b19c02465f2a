//! `PUT /v1.0/customer`: changes the profile. A new e-mail address takes effect when it is confirmed.

use custodian_app::confirm_email::require_available;
use custodian_app::ports::{Authenticator, ChangeCustomers, FindNames, ReadThrottles, Throttle};
use custodian_app::{Context, Failure, update::update};
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{Customer, account_status};
use custodian_http::{Account, Active, Admin, Endpoint, OwnProfile, Request, Response, Route};
use custodian_views::CustomerView;

pub struct UpdateCustomer;

impl<S, E: Send + Sync> Endpoint<S, E> for UpdateCustomer
where
    S: Authenticator + ChangeCustomers + FindNames + Throttle + ReadThrottles,
{
    type Caller = Account<Admin, Active, OwnProfile>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/customer")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let (current, destinations) = (&caller.customer.profile, request.destinations(&cx.settings));
        let patch = ProfilePatch::read(&request.json()?, current, &destinations)?;
        let patch = caller.permitted_patch(patch)?;
        require_available(cx, &caller.customer, patch.email()).await?;
        let requested_by = caller.principal.requested_by();
        let next = |row: &Customer, now| row.with_profile_patch(&patch, requested_by, now);
        let customer = update(cx, caller.customer, account_status::require_active, next).await?;
        Ok(Response::row(&CustomerView::new(&customer, cx.now())))
    }
}
