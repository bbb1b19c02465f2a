//! `GET /auth/password-forgot`: the form with which a person requests a link to set a password. After the form was sent, the page
//! says that a link is on its way if the account exists. It is the same for known and unknown names.

use custodian_app::{Context, Failure};
use custodian_http::{Anyone, Endpoint, Request, Response, Route, pages};

pub struct ForgotPasswordPage;

impl<S: Send + Sync, E: Send + Sync> Endpoint<S, E> for ForgotPasswordPage {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("GET", "/auth/password-forgot")
    }

    fn shows_errors_as_page(&self, _: &Request) -> bool {
        true
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        let brand = &cx.settings.brand;
        if pages::form_was_accepted(request) {
            return Ok(pages::password::link_requested(brand));
        }
        Ok(pages::password::request_link_form(brand, "", None))
    }
}
