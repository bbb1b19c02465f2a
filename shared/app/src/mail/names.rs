//! How mails name accounts, agents and pages. Strangers choose some of these names, so a name that could pass for a message or a
//! link is not shown.

use custodian_domain::Customer;
use custodian_domain::fields::is_email;

use crate::context::Settings;

/// The page where a person asks for a link to set a password.
pub(super) fn forgot_password_page(settings: &Settings) -> String {
    format!("{}/auth/password-forgot", settings.base_url)
}

/// How a mail names an account to a mailbox that must not learn the account's e-mail address: a mailbox that is not confirmed
/// yet, or no longer the account's.
pub(super) fn undisclosed_account(settings: &Settings, customer: &Customer) -> String {
    let name = plain_name(&customer.profile.name).unwrap_or(&settings.brand.product_name);
    format!("{name} account")
}

/// The name by which a person knows an account: its name, or its e-mail address. A stranger can choose the name in a signup,
/// so a name that could pass for a message or a link is not shown.
pub fn account_name(customer: &Customer) -> &str {
    plain_name(&customer.profile.name).unwrap_or(&customer.profile.email)
}

/// A name that cannot pass for a message or a link.
pub fn plain_name(name: &str) -> Option<&str> {
    const MAX_SHOWN: usize = 80;
    let is_plain = !name.is_empty() && name.chars().count() <= MAX_SHOWN;
    // Mail clients make a link of a host name such as evil.example.
    let has_host = name
        .split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'])
        .skip(1)
        .any(|rest| rest.starts_with(char::is_alphanumeric));
    let has_link = has_host || name.contains('@') || name.contains("://");
    (is_plain && !has_link).then_some(name)
}

/// How a mail names an agent: by its username, which may be an e-mail address.
pub(super) fn agent_name(username: &str) -> &str {
    let is_address = is_email(username) && username.chars().count() <= 120;
    if is_address { username } else { plain_name(username).unwrap_or("an agent") }
}

#[cfg(test)]
mod tests {
    use super::plain_name;

    #[test]
    fn a_name_that_a_mail_client_would_make_a_link_is_not_shown() {
        for name in ["Acme Inc.", "A/B Telephony", "Müller & Söhne", "No. 1 Phones"] {
            assert_eq!(plain_name(name), Some(name));
        }
        for name in [
            "",
            "locked, go to evil.example/unlock",
            "http://evil",
            "www.evil.example",
            "a@evil",
            "evil\u{3002}example",
        ] {
            assert_eq!(plain_name(name), None, "{name}");
        }
    }
}
