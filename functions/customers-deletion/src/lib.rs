//! `GET /v1.0/customers/{id}/deletion`: shows operators how far the deletion of an account is, and its receipt.

use custodian_app::ports::{Authenticator, Usage};
use custodian_app::{Context, Failure};
use custodian_cascade::{Ledgers, progress};
use custodian_http::{AnyCustomer, Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::DeletionView;

pub struct ShowDeletion;

impl<S: Authenticator + Ledgers + Usage, E: Send + Sync> Endpoint<S, E> for ShowDeletion {
    type Caller = PlatformAdmin<AnyCustomer>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customers/{id}/deletion")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        let progress = progress(cx, &caller.target.0).await?;
        Ok(Response::json(&DeletionView::from(&progress)).retry_after(progress.poll_after()))
    }
}
