//! `PUT /v1.0/platform/deletions`: turns the brake on or off. While it is on, it stops all purges, expiries, deletions and
//! cascades of the platform. When an operator turns it off, some of the stopped cascades continue at once, and `reconcile`
//! continues the rest.

use std::time::Duration;

use custodian_app::ports::{Authenticator, DeletionBrake};
use custodian_app::{Context, Failure};
use custodian_cascade::{CascadeQueue, OpenLedgers, resume_some};
use custodian_domain::Brake;
use custodian_http::{Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::BrakeView;

/// The time for resuming cascades, so that the request ends long before its deadline.
const RESUME_WITHIN: Duration = Duration::from_secs(3);

pub struct SetBrake;

impl<S: Authenticator + DeletionBrake + OpenLedgers, E: CascadeQueue> Endpoint<S, E> for SetBrake {
    type Caller = PlatformAdmin;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/platform/deletions")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: PlatformAdmin,
        request: &Request,
    ) -> Result<Response, Failure> {
        let brake = Brake::read(&request.json()?, caller.agent().id, cx.now())?;
        cx.store.store_brake(&brake).await?;
        if !brake.paused {
            resume_some(cx, cx.now().plus(RESUME_WITHIN)).await;
        }
        let deletions = cx.store.deletions_within_an_hour(cx.now()).await?;
        Ok(Response::json(&BrakeView::new(&brake, deletions, cx.settings.max_deletions_per_hour)))
    }
}
