//! The page behind a link that verifies an e-mail address.

use custodian_app::context::Brand;
use custodian_app::mail::{account_name, plain_name};
use custodian_app::ports::Purpose;
use custodian_app::verify::VerificationLink;
use custodian_domain::Customer;
use http::StatusCode;

use super::html::{Content, hidden_token};
use super::paths::VERIFY;
use crate::response::Response;

/// The page of a link: the question whether to confirm, or the fact that the address is confirmed. `form_was_accepted` means that the
/// person confirmed it just now.
pub fn page(brand: &Brand, token: &str, link: &VerificationLink, form_was_accepted: bool) -> Response {
    match link {
        VerificationLink::Activates(customer) => ask_to_activate(brand, token, customer),
        VerificationLink::ChangesEmail { customer, address } => {
            ask_to_change(brand, token, customer, address)
        }
        VerificationLink::Confirmed { purpose, address } => {
            confirmed(brand, *purpose, address, form_was_accepted)
        }
    }
}

fn ask_to_activate(brand: &Brand, token: &str, customer: &Customer) -> Response {
    let (name, address) = (account_name(customer), &*customer.profile.email);
    let named = [("Account", name), ("E-mail address", address)];
    // `account_name` is the address if the account has no name, or one that could pass for a link. The address is then shown once.
    let facts = if name == address { &named[1..] } else { &named[..] };
    let ask = format!(
        "An account at {} was opened with this e-mail address. Confirm that the address is yours to start using the account.",
        brand.product_name
    );
    Content::default()
        .paragraph(&ask)
        .facts(facts)
        .form(VERIFY, &hidden_token(token), "Confirm address")
        .note("If you do not know this account, close this page. The account then expires, and nothing of it is kept.")
        .page(brand, StatusCode::OK, "Confirm your e-mail address")
}

fn ask_to_change(brand: &Brand, token: &str, customer: &Customer, address: &str) -> Response {
    // The reader of the new mailbox may be a stranger, who must not learn the present address. `plain_name` also refuses a name that has an
    // address or a link in it.
    let account = plain_name(&customer.profile.name).unwrap_or(&brand.product_name);
    let ask = format!(
        "{address} becomes the e-mail address of the account {account} at {}. Mails about the account then go to this \
         address, and its owner signs in with it.",
        brand.product_name
    );
    Content::default()
        .paragraph(&ask)
        .facts(&[("Account", account), ("New e-mail address", address)])
        .form(VERIFY, &hidden_token(token), "Use this address")
        .note("If you do not know this account, close this page. Nothing changes then.")
        .page(brand, StatusCode::OK, "Confirm your new e-mail address")
}

fn confirmed(brand: &Brand, purpose: Purpose, address: &str, form_was_accepted: bool) -> Response {
    let (result, next) = match purpose {
        Purpose::EmailChange => (
            format!("{address} is confirmed as the e-mail address of your account."),
            "Use this address to sign in from now on.",
        ),
        _ => (
            format!("{address} is confirmed. Your account is active."),
            "If you have no password yet, open the next mail from us: it has a link to set one. Then you can sign in.",
        ),
    };
    let title = if form_was_accepted {
        "Your e-mail address is confirmed"
    } else {
        "Your e-mail address is already confirmed"
    };
    Content::result(StatusCode::OK, &result).paragraph(next).continue_link(brand).page(
        brand,
        StatusCode::OK,
        title,
    )
}
