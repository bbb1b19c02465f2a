//! `GET /auth/password-forgot`: the page that asks for a link to set a password. After the form was sent, it says that the
//! link is on its way, whether the name is known or not.

use custodian_app::{Context, Failure};
use custodian_http::{Anyone, Endpoint, Request, Response, Route, pages};

pub struct ForgotPasswordPage;

impl<S: Send + Sync, E: Send + Sync> Endpoint<S, E> for ForgotPasswordPage {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("GET", "/auth/password-forgot")
    }

    fn responds_with_page(&self, _: &Request) -> bool {
        true
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        let brand = &cx.settings.brand;
        if pages::is_done(request) {
            return Ok(pages::password::link_requested(brand));
        }
        Ok(pages::password::ask_for_link(brand, "", None))
    }
}
