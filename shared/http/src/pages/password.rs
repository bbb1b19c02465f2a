//! The pages on which a person requests a link to set a password, and sets the password.

use custodian_app::context::Brand;
use custodian_app::mail::{account_name, escape_html};
use custodian_domain::{Agent, Customer};
use http::StatusCode;

use super::html::{Content, hidden_token};
use super::paths::{FORGOT, RESET};
use crate::response::Response;

/// The attributes of a field, and the error below it.
fn field_error(name: &str, error: Option<&str>) -> (String, String) {
    let Some(error) = error else { return Default::default() };
    let attributes = " aria-invalid=\"true\" autofocus".to_owned();
    (attributes, format!("<p class=\"error\" id=\"{name}-error\">{}</p>", escape_html(error)))
}

fn status_of(error: Option<&str>) -> StatusCode {
    if error.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK }
}

/// The form that requests a link. `error` is the error of the entered username.
pub fn request_link_form(brand: &Brand, username: &str, error: Option<&str>) -> Response {
    let (attributes, message) = field_error("username", error);
    let described = if error.is_some() { " aria-describedby=\"username-error\"" } else { "" };
    let field = format!(
        "<label for=\"username\">Username or e-mail address</label>\
         <input id=\"username\" name=\"username\" value=\"{}\" autocomplete=\"username\" autocapitalize=\"none\" \
         spellcheck=\"false\" required{described}{attributes}>{message}",
        escape_html(username)
    );
    let ask = format!(
        "Enter the username or the e-mail address with which you sign in to {}. We then send you a link to set a new password.",
        brand.product_name
    );
    Content::default().paragraph(&ask).form(FORGOT, &field, "Send the link").page(
        brand,
        status_of(error),
        "Forgot your password?",
    )
}

/// The page after the form was sent. It is the same for known and for unknown names.
pub fn link_requested(brand: &Brand) -> Response {
    Content::result(
        StatusCode::OK,
        "If an account belongs to what you entered, a mail with a link to set the password is on its way.",
    )
    .paragraph("The link works once, within one hour. A newer link replaces it.")
    .paragraph(
        "If no mail arrives in a few minutes, look into the folder for spam and check the spelling. For a username that is \
         not an e-mail address, the mail goes to the e-mail address of the account.",
    )
    .link(FORGOT, "Send another link")
    .page(brand, StatusCode::OK, "Check your mail")
}

/// The form that sets a password. `error` is the error of the entered password.
pub fn set_password_form(
    brand: &Brand,
    token: &str,
    customer: &Customer,
    agent: &Agent,
    error: Option<&str>,
) -> Response {
    let (attributes, message) = field_error("password", error);
    let described = if error.is_some() { "password-error password-hint" } else { "password-hint" };
    let fields = format!(
        "{}<label for=\"username\">Username</label>\
         <input id=\"username\" name=\"username\" value=\"{}\" autocomplete=\"username\" readonly>\
         <label for=\"password\">New password</label>\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"new-password\" required minlength=\"8\" \
         aria-describedby=\"{described}\"{attributes}>{message}\
         <label class=\"choice\" hidden><input id=\"show-password\" type=\"checkbox\"> Show the password</label>\
         <p class=\"quiet\" id=\"password-hint\">8 to 128 characters. Several words in a row are hard to guess and easy to \
         remember.</p>",
        hidden_token(token),
        escape_html(&agent.username)
    );
    let ask = format!("Choose a new password to sign in to {}.", brand.product_name);
    Content::default()
        .paragraph(&ask)
        .facts(&[("Account", account_name(customer))])
        .form(RESET, &fields, "Set password")
        .note("This signs you out everywhere. If you did not ask for this, close this page: the password stays as it is.")
        .with_show_password()
        .page(brand, status_of(error), "Set your password")
}

/// The page after the person set the password.
pub fn password_set(brand: &Brand) -> Response {
    let result = format!("Sign in to {} with your new password from now on.", brand.product_name);
    Content::result(StatusCode::OK, &result)
        .paragraph("You are signed out everywhere, so nobody stays signed in with the old password.")
        .continue_link(brand)
        .page(brand, StatusCode::OK, "Your password is set")
}

/// The page of a link that was used earlier.
pub fn link_used(brand: &Brand) -> Response {
    let status = StatusCode::BAD_REQUEST;
    Content::result(status, "A password was set with this link. Each link works once.")
        .paragraph("Sign in with that password. If you do not know it, ask for a new link.")
        .link(FORGOT, "Get a new link")
        .continue_link(brand)
        .page(brand, status, "This link was used")
}
