//! `GET /v1.0/platform/deletions`: shows whether the brake stops all deletions, and how many count towards its limit.

use custodian_app::ports::{Authenticator, DeletionBrake};
use custodian_app::{Context, Failure};
use custodian_http::{Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::BrakeView;

pub struct ShowBrake;

impl<S: Authenticator + DeletionBrake, E: Send + Sync> Endpoint<S, E> for ShowBrake {
    type Caller = PlatformAdmin;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/platform/deletions")
    }

    async fn handle(&self, cx: &Context<S, E>, _: PlatformAdmin, _: &Request) -> Result<Response, Failure> {
        let brake = cx.store.brake().await?;
        let deletions = cx.store.deletions_within_an_hour(cx.now()).await?;
        Ok(Response::json(&BrakeView::new(&brake, deletions, cx.settings.max_deletions_per_hour)))
    }
}
