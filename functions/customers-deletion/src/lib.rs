//! `GET /v1.0/customers/{id}/deletion`: shows operators how far the deletion of an account is, and its receipt. With
//! `?dry_run=true` it shows what a deletion would delete now. This is no parameter of `DELETE`, because a version of the service
//! that does not know it would delete the account.

use custodian_app::deletion_preview::{DeletionPreview, preview_by_operator};
use custodian_app::ports::{Authenticator, CountRowsToDelete, Usage};
use custodian_app::{Context, Failure};
use custodian_cascade::{Ledgers, progress};
use custodian_http::{AnyCustomer, Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::{DeletionPreviewView, DeletionView};

pub struct ShowDeletion;

impl<S: Authenticator + CountRowsToDelete + Ledgers + Usage, E: Send + Sync> Endpoint<S, E> for ShowDeletion {
    type Caller = PlatformAdmin<AnyCustomer>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customers/{id}/deletion")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        if request.is_dry_run()? {
            let preview = preview_by_operator(cx, &caller.target.0).await?;
            let DeletionPreview { customer_id, immediate, tm_due, rows } = &preview;
            let view =
                DeletionPreviewView::new(*customer_id, *immediate, *tm_due, rows.counts(), &rows.numbers);
            return Ok(Response::json(&view));
        }
        let progress = progress(cx, &caller.target.0).await?;
        Ok(Response::json(&DeletionView::from(&progress)).retry_after(progress.poll_after(cx.now())))
    }
}
