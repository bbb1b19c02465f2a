//! The error pages. Each has the error, its meaning for the person, and the next step.

use custodian_app::context::Brand;
use custodian_domain::{Reason, Refusal};
use http::StatusCode;

use super::html::Content;
use super::paths::{DELETION, EXPORT_FILE, FORGOT, VERIFY};
use crate::response::Response;

/// The page of a refusal by the route with this path.
pub fn error(brand: &Brand, path: &str, status: StatusCode, refusal: &Refusal) -> Response {
    let (title, what, now) = texts(path, refusal);
    let content = Content::result(status, what).paragraph(&now);
    let content = match offers_new_link(path, refusal.reason) {
        // A browser sends no cookie with a request from a mail, but with one from this page.
        _ if path == EXPORT_FILE && needs_sign_in(refusal.reason) => content.link("", "Download"),
        _ if path == EXPORT_FILE => content,
        Some(label) => content.link(FORGOT, label),
        None => content,
    };
    content.continue_link(brand).page(brand, status, title)
}

/// The label of the link to the page for forgotten passwords, if that page helps.
fn offers_new_link(path: &str, reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::EmailAlreadyExists => Some("Set a new password"),
        _ if path == VERIFY || path == DELETION || is_temporary(reason) => None,
        _ => Some("Get a new link"),
    }
}

fn needs_sign_in(reason: Reason) -> bool {
    matches!(reason, Reason::AuthenticationRequired | Reason::InvalidCredentials)
}

fn is_temporary(reason: Reason) -> bool {
    matches!(reason, Reason::RateLimitExceeded | Reason::ServiceUnavailable | Reason::Internal)
}

/// The heading, the error, and the next step.
fn texts(path: &str, refusal: &Refusal) -> (&'static str, &'static str, String) {
    let (title, what, now) = match refusal.reason {
        Reason::RateLimitExceeded => {
            let now = format!("Try again {}.", when(refusal.retry_after));
            return ("Too many attempts", "There were too many attempts in a short time.", now);
        }
        Reason::ServiceUnavailable => (
            "Not available at the moment",
            "We cannot do this at the moment. It is not your fault.",
            "Go back and try again in a few seconds.",
        ),
        Reason::Internal => (
            "Something went wrong",
            "We made a mistake. It is not your fault.",
            "Try again in a few minutes. If it happens again, ask for help.",
        ),
        Reason::VerificationWindowEnded => (
            "This link has expired",
            "The account was not confirmed in time, so it is deleted.",
            "Sign up again. You can use the same e-mail address.",
        ),
        Reason::EmailAlreadyExists => (
            "This address belongs to another account",
            "Another account confirmed this e-mail address first. Your account cannot have it as well.",
            "Sign in to the other account. If you do not know its password, set a new one.",
        ),
        Reason::DeletionNotFound => (
            "No deletion",
            "This account is not being deleted. The deletion was cancelled from the account or by the operator.",
            "Sign in to use the account.",
        ),
        Reason::ReceiptNotFound => (
            "No receipt yet",
            "The receipt is issued when the deletion is confirmed, about half an hour after the last row was deleted.",
            "Go back, and try again later.",
        ),
        Reason::AccountFrozen => (
            "This account will be deleted",
            "Closing the account cancelled the change of its e-mail address.",
            "If the account is kept, change the address again.",
        ),
        Reason::PayloadTooLarge => (
            "The entry is too long",
            "What you entered is too long to be processed.",
            "Go back and enter a shorter text.",
        ),
        _ if path == DELETION => (
            "This link does not work",
            "It is older than a year, or part of it is missing.",
            "Open the link in the newest mail about the deletion.",
        ),
        reason if path == EXPORT_FILE && needs_sign_in(reason) => (
            "Download the export",
            "Only a signed-in administrator of the account can download the file.",
            "If you are signed in, download the file here. Otherwise, sign in first, and then open the link again.",
        ),
        Reason::ExportExpired => (
            "This file has been deleted",
            "The file of an export can be downloaded for seven days.",
            "Start a new export of your account.",
        ),
        _ if path == EXPORT_FILE => (
            "This file cannot be downloaded",
            "The export does not exist, it is not finished, or you are not an administrator of its account.",
            "Sign in as an administrator of the account, and open the link in the mail again.",
        ),
        _ if path == VERIFY => (
            "This link does not work",
            "A newer link has replaced this one, it has expired, or part of it is missing.",
            "Open the link in the newest mail. If there is none, sign up again, or change the address of your account again.",
        ),
        _ => (
            "This link does not work",
            "A newer link has replaced this one, it has expired, or part of it is missing. A link works once, within one hour.",
            "Open the link in the newest mail, or ask for a new link.",
        ),
    };
    (title, what, now.to_owned())
}

/// When a retry can succeed.
fn when(seconds: Option<u64>) -> String {
    match seconds {
        None => "later".to_owned(),
        Some(1) => "in 1 second".to_owned(),
        Some(seconds @ ..60) => format!("in {seconds} seconds"),
        Some(60) => "in 1 minute".to_owned(),
        Some(seconds @ ..7200) => format!("in {} minutes", seconds.div_ceil(60)),
        Some(seconds) => format!("in {} hours", seconds.div_ceil(3600)),
    }
}

#[cfg(test)]
mod tests {
    use super::when;

    #[test]
    fn the_time_of_a_retry_is_never_too_early() {
        let cases = [
            (Some(1), "in 1 second"),
            (Some(59), "in 59 seconds"),
            (Some(60), "in 1 minute"),
            (Some(61), "in 2 minutes"),
            (Some(7201), "in 3 hours"),
            (None, "later"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(when(seconds), expected);
        }
    }
}
