//! `GET /auth/email-verify?token=`: the page behind a mailed verification link. It names the address and, before the confirmation,
//! the account if it has a plain name. Opening the page changes nothing, because mail scanners open links too. The button on the
//! page submits the form.

use custodian_app::ports::{ReadCustomers, ReadMailTokens};
use custodian_app::verify::look_up;
use custodian_app::{Context, Failure};
use custodian_domain::Secret;
use custodian_http::{Anyone, Endpoint, Request, Response, Route, pages};

pub struct EmailVerifyPage;

impl<S: ReadMailTokens + ReadCustomers, E: Send + Sync> Endpoint<S, E> for EmailVerifyPage {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("GET", "/auth/email-verify")
    }

    fn shows_errors_as_page(&self, _: &Request) -> bool {
        true
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        let token = pages::link_token(request)?;
        let link = look_up(cx, &Secret::new(token)).await?;
        Ok(pages::verification::page(&cx.settings.brand, token, &link, pages::form_was_accepted(request)))
    }
}
