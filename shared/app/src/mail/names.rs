//! The names of accounts, agents, pages and contacts in mails. Strangers choose some of these names, so a mail does not show a name
//! that could pass for a message or a link, except a username that is an e-mail address.

use custodian_domain::Customer;
use custodian_domain::email::is_email;

use crate::context::Settings;

/// The page where a person requests a link to set a password.
pub(super) fn forgot_password_page(settings: &Settings) -> String {
    format!("{}/auth/password-forgot", settings.base_url)
}

/// The name of an account in the mails about a change of its e-mail address that go to the new or the former address. It does not
/// reveal the account's e-mail address.
pub(super) fn undisclosed_account(settings: &Settings, customer: &Customer) -> String {
    let name = plain_name(&customer.profile.name).unwrap_or(&settings.brand.product_name);
    format!("{name} account")
}

/// The account's name, or its e-mail address if the name is not plain. A stranger can choose the name in a signup.
pub fn account_name(customer: &Customer) -> &str {
    plain_name(&customer.profile.name).unwrap_or(&customer.profile.email)
}

/// The name, or `None` if it could pass for a message or a link.
pub fn plain_name(name: &str) -> Option<&str> {
    const MAX_SHOWN: usize = 80;
    let is_plain = !name.is_empty() && name.chars().count() <= MAX_SHOWN;
    // Mail clients turn a host name such as evil.example into a link.
    let has_host = name
        .split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'])
        .skip(1)
        .any(|rest| rest.starts_with(char::is_alphanumeric));
    let has_link = has_host || name.contains('@') || name.contains("://");
    (is_plain && !has_link).then_some(name)
}

/// The name of an agent in a mail: its username, which may be an e-mail address.
pub(super) fn agent_name(username: &str) -> &str {
    if is_email(username) { username } else { plain_name(username).unwrap_or("an agent") }
}

/// Whom a reader may ask.
pub(super) fn contact(settings: &Settings) -> String {
    match &*settings.brand.support {
        "" => format!("the operator of {}", settings.brand.product_name),
        support => support.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{agent_name, plain_name};

    #[test]
    fn a_name_that_a_mail_client_turns_into_a_link_is_not_plain() {
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

    #[test]
    fn an_agent_is_named_by_its_address_however_long_it_is() {
        let address = format!("{}@{}.example", "a".repeat(64), "b".repeat(60));
        assert_eq!(agent_name(&address), address);
        assert_eq!(agent_name(&"a".repeat(121)), "an agent");
    }
}
