//! `GET /auth/deletion?token=`: shows how far the deletion of an account is, and its receipt, to anyone who has the link, without
//! signing in. A browser gets a page, and other clients get JSON. `format=receipt` returns the receipt as a file.

use custodian_app::deletion_link::customer_of_link;
use custodian_app::ports::{DeletionLinks, ReadCustomers, Usage};
use custodian_app::{Context, Failure};
use custodian_cascade::{Ledgers, progress};
use custodian_domain::{Reason, Secret};
use custodian_http::{Anyone, Endpoint, Request, Response, Route, pages};
use custodian_views::DeletionView;

pub struct FollowDeletion;

impl<S: DeletionLinks + ReadCustomers + Ledgers + Usage, E: Send + Sync> Endpoint<S, E> for FollowDeletion {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("GET", "/auth/deletion")
    }

    fn shows_errors_as_page(&self, request: &Request) -> bool {
        request.accepts_pages()
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        let token = pages::link_token(request)?;
        let id = customer_of_link(cx, &Secret::new(token)).await?;
        let customer = cx.store.customer(id).await?.ok_or(Reason::DeletionNotFound)?;
        let progress = progress(cx, &customer).await?;
        if request.query("format") == Some("receipt") {
            let receipt = progress.receipt.ok_or(Reason::ReceiptNotFound)?;
            return Ok(Response::file("application/jwt", &format!("erasure-receipt-{id}.jwt"), receipt));
        }
        if request.accepts_pages() {
            return Ok(pages::deletion::page(&cx.settings.brand, token, &progress, cx.now()));
        }
        Ok(Response::json(&DeletionView::from(&progress)).retry_after(progress.poll_after(cx.now())))
    }
}
