//! Pages that a person with a browser sees. They have one layout, and they work without scripts.
//!
//! The POST of an accepted form ends in a redirect to a page, so that reloading the page repeats nothing.

pub mod deletion;
mod error;
mod html;
pub mod password;
mod paths;
pub mod verification;

pub use error::error;
pub use html::{STYLE, web_url};
pub use paths::{ACCOUNT, DELETION, FORGOT, RESET, VERIFY};

use custodian_auth::mail_token::is_well_formed;
use custodian_domain::refusal::Detail;
use custodian_domain::{Reason, Refusal};
use serde_json::{Map, Value};

use crate::request::Request;
use crate::response::Response;

/// The query parameter of a page that is shown after its form was accepted.
const DONE: &str = "done";

/// The token in the link that the browser opened.
pub fn link_token(request: &Request) -> Result<&str, Reason> {
    request.query("token").filter(|token| is_well_formed(token)).ok_or(Reason::InvalidToken)
}

/// The token in a page's form.
pub fn form_token(form: &Map<String, Value>) -> Result<&str, Reason> {
    let token = form.get("token").and_then(Value::as_str);
    token.filter(|token| is_well_formed(token)).ok_or(Reason::InvalidToken)
}

/// The error of a field, as a sentence for the person who filled it in.
pub fn field_sentence(refusal: &Refusal, field: &str) -> Option<String> {
    let is_about = |detail: &&Detail| detail.get("field").is_some_and(|name| name == field);
    let description = refusal.details.iter().find(is_about)?.get("description")?;
    Some(format!("The {field} {description}."))
}

/// The response to a form: a redirect to a page.
fn redirect(location: impl Into<String>) -> Response {
    Response::redirect(location)
}

/// A redirect to the page of a link. The token must be well formed.
pub fn redirect_to_link(path: &str, token: &str) -> Response {
    redirect(format!("{path}?token={token}"))
}

/// Whether the page's form was accepted just now.
pub fn form_was_accepted(request: &Request) -> bool {
    request.query(DONE).is_some()
}

/// A redirect to a page after its form was accepted. The token must be well formed.
pub fn redirect_done(path: &str, token: Option<&str>) -> Response {
    let token = token.map(|token| format!("token={token}&")).unwrap_or_default();
    redirect(format!("{path}?{token}{DONE}=1"))
}
