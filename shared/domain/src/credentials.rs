//! The rules for the username and the password of an agent, and the fields that set them.

use std::time::Duration;

use crate::agent::GUEST_PREFIX;
use crate::common_passwords::is_common;
use crate::email::is_email;
use crate::field_problem::FieldProblem;
use crate::fields::Fields;
use crate::{Secret, precis};

/// How long a password cannot confirm an immediate deletion of the account: after another principal of the account has set it or
/// has made its agent an administrator, and, if it was set with a link to a new e-mail address of the account, after the change of
/// the address. Otherwise, a thief with a stolen key could set a password, promote an agent or change the address, and delete the
/// account.
pub const TRUST_DELAY: Duration = Duration::from_secs(86_400);

/// The maximum number of bytes of a username that a request may contain. Preparation can shorten it.
pub const MAX_ENTERED_USERNAME: usize = 4 * MAX_USERNAME;
/// The maximum number of bytes of a password that a request may contain. Preparation composes characters, such as three of 3
/// bytes to one.
pub const MAX_ENTERED_PASSWORD: usize = 12 * MAX_PASSWORD;

/// The maximum number of bytes of a username after preparation.
pub const MAX_USERNAME: usize = 255;
/// The minimum number of characters of a password after preparation.
pub const MIN_PASSWORD: usize = 8;
/// The maximum number of characters of a password after preparation.
pub const MAX_PASSWORD: usize = 128;

/// A new username, in the spelling that is stored, or the problem. A username has 1 to 255 bytes after preparation,
/// and at most as many characters before it, and does not start with the prefix of guest agents.
pub fn parse_username(text: &str) -> Result<String, FieldProblem> {
    let prepared = precis::prepared_username(text)?;
    let displayed = precis::displayed_username(text)?;
    let length = prepared.len().max(displayed.len()).max(text.chars().count());
    if !(1..=MAX_USERNAME).contains(&length) {
        return Err(FieldProblem::WrongNumberOfBytes { min: 1, max: MAX_USERNAME });
    }
    if prepared.starts_with(GUEST_PREFIX) {
        return Err(FieldProblem::ReservedForGuests);
    }
    Ok(displayed)
}

/// Reads the required field `username` of a request that creates an agent.
pub fn new_username(fields: &mut Fields<'_>) -> String {
    let entered = fields.required_text("username", MAX_ENTERED_USERNAME);
    new_username_from(fields, &entered)
}

/// Reads the field `username` of a request that creates an account. The default is the e-mail address.
pub fn owners_username(fields: &mut Fields<'_>, email: &str) -> String {
    match fields.given("username") {
        Some(_) => new_username(fields),
        None if is_email(email) => new_username_from(fields, email),
        // The caller refuses a missing address, and the parser of the profile an invalid one.
        None => String::new(),
    }
}

fn new_username_from(fields: &mut Fields<'_>, entered: &str) -> String {
    // An empty text was refused already.
    let parsed = if entered.is_empty() { Ok(String::new()) } else { parse_username(entered) };
    parsed.unwrap_or_else(|error| {
        fields.refuse("username", error);
        String::new()
    })
}

/// Reads the field `password` of a request that creates an account. Without it, a mailed link sets the password.
pub fn owners_password(fields: &mut Fields<'_>) -> Option<Secret> {
    fields.given("password").map(|_| new_password(fields))
}

/// Reads the required field `password` of a request that sets a password.
pub fn new_password(fields: &mut Fields<'_>) -> Secret {
    let password = Secret::new(fields.required_text("password", MAX_ENTERED_PASSWORD));
    if let Some(error) = password_error(password.expose()).filter(|_| !password.expose().is_empty()) {
        fields.refuse("password", error);
    }
    password
}

/// The problem of an invalid new password. A password has 8 to 128 characters after preparation, and is not one of the
/// most common ones.
pub fn password_error(password: &str) -> Option<FieldProblem> {
    match precis::prepared_password(password) {
        Err(error) => Some(error),
        Ok(prepared) if !(MIN_PASSWORD..=MAX_PASSWORD).contains(&prepared.expose().chars().count()) => {
            Some(FieldProblem::WrongNumberOfCharacters { min: MIN_PASSWORD, max: MAX_PASSWORD })
        }
        Ok(prepared) => is_common(prepared.expose()).then_some(FieldProblem::CommonPassword),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_has_1_to_255_bytes_no_spaces_and_no_guest_prefix() {
        for good in
            ["test1", "a@example.com", "ü", "@", &"x".repeat(255), &"ü".repeat(127), &"e\u{301}".repeat(127)]
        {
            assert!(parse_username(good).is_ok(), "{good}");
        }
        for bad in
            ["", "a b", "a\tb", "guest-1", "GUEST-1", "ｇｕｅｓｔ－1", &"x".repeat(256), &"ü".repeat(128)]
        {
            assert!(parse_username(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_has_8_to_128_characters_after_preparation() {
        for (length, good) in [(7, false), (8, true), (128, true), (129, false)] {
            for character in ["é", "e\u{301}", "\u{1112}\u{1161}\u{11ab}"] {
                let password = character.repeat(length);
                assert_eq!(password_error(&password).is_none(), good, "{length} x {character}");
                assert!(!good || password.len() <= MAX_ENTERED_PASSWORD, "{length} x {character}");
            }
        }
    }

    #[test]
    fn a_common_or_unreadable_password_is_refused_with_a_reason() {
        for (password, reason) in
            [("Password1", "most common"), ("ILOVEYOU", "most common"), ("pass\u{200b}word", "invisible")]
        {
            assert!(
                password_error(password).is_some_and(|error| error.to_string().contains(reason)),
                "{password}"
            );
        }
    }
}
