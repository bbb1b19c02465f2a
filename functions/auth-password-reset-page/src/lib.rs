//! `GET /auth/password-reset?token=`: the page behind a mailed link to set a password. Opening the page changes nothing,
//! because mail scanners open links too. The button on the page submits the form. The page names the account and the
//! username, so that a person sees whose password is set. The username is a form field, so that password managers store it.

use custodian_app::password::{is_used, look_up};
use custodian_app::ports::{ReadAgents, ReadMailTokens};
use custodian_app::{Context, Failure};
use custodian_domain::{Reason, Secret};
use custodian_http::{Anyone, Endpoint, Request, Response, Route, pages};

pub struct PasswordResetPage;

impl<S: ReadMailTokens + ReadAgents, E: Send + Sync> Endpoint<S, E> for PasswordResetPage {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("GET", "/auth/password-reset")
    }

    fn shows_errors_as_page(&self, _: &Request) -> bool {
        true
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        let (text, brand) = (pages::link_token(request)?, &cx.settings.brand);
        let token = Secret::new(text);
        match look_up(cx, &token).await {
            Ok((customer, agent)) => {
                Ok(pages::password::set_password_form(brand, text, &customer, &agent, None))
            }
            Err(failure) if failure.is(Reason::InvalidToken) && is_used(cx, &token).await? => {
                Ok(match pages::form_was_accepted(request) {
                    true => pages::password::password_set(brand),
                    false => pages::password::link_used(brand),
                })
            }
            Err(failure) => Err(failure),
        }
    }
}
