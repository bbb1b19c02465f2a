//! The words of the mails.

use custodian_domain::{Customer, Secret, Timestamp};

use crate::context::Settings;
use crate::ports::Mail;

/// Asks to confirm an e-mail address.
pub fn verification(settings: &Settings, customer: &Customer, token: &Secret, until: Timestamp) -> Mail {
    let link = format!("{}/auth/email-verify?token={}", settings.base_url, token.expose());
    let text = format!(
        "Hello,\n\nan account was opened with this e-mail address. Confirm the address with this link:\n\n{link}\n\n\
         The link works until {}. If you do not know of this account, do nothing: it then expires, and nothing of \
         it is kept.\n",
        until.to_rfc3339()
    );
    Mail { to: customer.profile.email.clone(), subject: "Confirm your e-mail address".to_owned(), text }
}
