//! Prepares usernames and passwords by RFC 8265, so that different spellings of one text are equal.
//!
//! Keyboards and systems send the same text in different ways: `é` as one character or as two, Latin letters in full width,
//! several kinds of spaces. The profiles of RFC 8265 compose characters and refuse invisible ones. In usernames, they map letters
//! in full width and refuse spaces. In passwords, they map spaces. They know the characters of Unicode 6.3, like the standard's
//! registry.

use precis_profiles::precis_core::profile::PrecisFastInvocation;
use precis_profiles::precis_core::{DerivedPropertyValue, Error};
use precis_profiles::{OpaqueString, UsernameCaseMapped, UsernameCasePreserved};
use unicode_normalization::UnicodeNormalization;

use crate::Secret;
use crate::field_problem::FieldProblem;
use crate::profile::fold_case;

/// A username as it is stored and displayed: prepared, but with its case (UsernameCasePreserved).
pub fn displayed_username(text: &str) -> Result<String, FieldProblem> {
    by_parts(text, |part| UsernameCasePreserved::enforce(composed(part)).map(Into::into))
}

/// A username as it is compared (UsernameCaseMapped).
pub fn prepared_username(text: &str) -> Result<String, FieldProblem> {
    // The profile maps each character alone. `to_lowercase` also knows the final sigma, so that ΟΔΟΣ equals οδος.
    by_parts(text, |part| UsernameCaseMapped::enforce(fold_case(&composed(part))).map(Into::into))
}

/// The key by which usernames are compared. Every new username can be prepared. A username of an earlier release may be one that
/// cannot, so its key is the username in lower case, as in that version.
pub fn username_key(text: &str) -> String {
    prepared_username(text).unwrap_or_else(|_| fold_case(text))
}

/// A password as it is hashed (OpaqueString). A password in printable ASCII is unchanged.
pub fn prepared_password(password: &str) -> Result<Secret, FieldProblem> {
    if password.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(Secret::new(password));
    }
    let composed = Secret::new(composed(password));
    match OpaqueString::enforce(composed.expose()) {
        Ok(prepared) => Ok(Secret::new(prepared)),
        Err(error) if is_too_new(&error) => Err(FieldProblem::NewCharacter),
        Err(_) => Err(FieldProblem::WrongPasswordCharacters),
    }
}

/// The characters of Korean, for example, are only valid when they are composed, so composition comes first.
fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// Prepares the local part and the domain of an e-mail address separately: they can have different writing directions.
fn by_parts(text: &str, enforce: impl Fn(&str) -> Result<String, Error>) -> Result<String, FieldProblem> {
    let enforce = |part: &str| match part {
        // The profile refuses an empty text. The caller decides about it.
        "" => Ok(String::new()),
        part => enforce(part).map_err(|error| username_error(part, &error)),
    };
    match text.rsplit_once(['@', '\u{ff20}']) {
        Some((local, domain)) => Ok(format!("{}@{}", enforce(local)?, enforce(domain)?)),
        None => enforce(text),
    }
}

fn username_error(part: &str, error: &Error) -> FieldProblem {
    match error {
        _ if part.chars().any(|c| c.is_whitespace() || c.is_control()) => FieldProblem::SpacesInUsername,
        Error::Invalid => FieldProblem::MixedDirections,
        error if is_too_new(error) => FieldProblem::NewCharacter,
        _ => FieldProblem::WrongUsernameCharacters,
    }
}

/// Whether the text has a character that the profiles do not know.
const fn is_too_new(error: &Error) -> bool {
    matches!(error, Error::BadCodepoint(info) if matches!(info.property, DerivedPropertyValue::Unassigned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_username_are_compared_as_one() {
        for (prepared, spellings) in [
            ("test1", vec!["test1", "Test1", "TEST1", "ｔｅｓｔ１"]),
            ("josé", vec!["Jos\u{e9}", "JOS\u{c9}", "jose\u{301}", "JOSE\u{301}"]),
            ("a@example.com", vec!["A@Example.com", "ａ＠ｅｘａｍｐｌｅ．ｃｏｍ"]),
            ("οδος", vec!["ΟΔΟΣ", "οδος"]),
            ("한글", vec!["한글", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"]),
            ("ガ", vec!["ガ", "\u{ff76}\u{ff9e}"]),
            ("שלום@example.com", vec!["שלום@EXAMPLE.com"]),
        ] {
            for spelling in spellings {
                assert_eq!(prepared_username(spelling).as_deref(), Ok(prepared), "{spelling}");
            }
        }
        assert_ne!(prepared_username("strasse"), prepared_username("straße"));
    }

    #[test]
    fn a_username_is_shown_in_the_case_in_which_it_was_entered() {
        for (entered, shown) in
            [("test1", "test1"), ("Test1", "Test1"), ("Ｔest1", "Test1"), ("Jose\u{301}", "Jos\u{e9}")]
        {
            assert_eq!(displayed_username(entered).as_deref(), Ok(shown), "{entered}");
        }
    }

    #[test]
    fn usernames_with_invisible_misleading_or_unknown_characters_are_refused_with_a_reason() {
        for (refused, reason) in [
            ("a b", "spaces"),
            ("a\u{a0}b", "spaces"),
            ("a\u{3000}b", "spaces"),
            ("a\tb", "control"),
            ("ad\u{200b}min", "invisible"),
            ("admin\u{ad}", "invisible"),
            ("\u{202e}nimda", "invisible"),
            ("ad\u{2066}min", "invisible"),
            ("a\u{200d}b", "invisible"),
            ("a\u{fe0f}", "invisible"),
            ("\u{e000}", "letters"),
            ("☃", "letters"),
            ("ﬁn", "letters"),
            ("ad\u{200b}min@example.com", "invisible"),
            ("שלוםabc", "right-to-left"),
            ("1שלום", "right-to-left"),
            ("\u{1f99c}", "too new"),
        ] {
            let error = prepared_username(refused).err();
            assert!(error.is_some_and(|error| error.to_string().contains(reason)), "{refused:?}: {error:?}");
            assert_eq!(displayed_username(refused).err(), error, "{refused:?}");
            assert_eq!(username_key(refused), refused.to_lowercase());
        }
    }

    #[test]
    fn preparing_a_prepared_username_changes_nothing_for_characters_of_2_and_3_bytes() {
        for c in '\u{80}'..='\u{ffff}' {
            for text in [format!("{c}"), format!("a{c}\u{301}"), format!("א{c}א")] {
                let names = (displayed_username(&text), prepared_username(&text));
                let (Ok(shown), Ok(prepared)) = names else { continue };
                assert_eq!(prepared_username(&shown).as_ref(), Ok(&prepared), "{text:?}");
                assert_eq!(prepared_username(&prepared).as_ref(), Ok(&prepared), "{text:?}");
            }
        }
    }

    #[test]
    fn spellings_of_one_password_are_one_and_case_matters() {
        for (prepared, spellings) in [
            ("correct horse", vec!["correct horse", "correct\u{a0}horse", "correct\u{3000}horse"]),
            ("pässword", vec!["p\u{e4}ssword", "pa\u{308}ssword"]),
            ("한", vec!["\u{1112}\u{1161}\u{11ab}"]),
            ("ＡＢ", vec!["ＡＢ"]),
            ("I ♥ \u{1f600}", vec!["I ♥ \u{1f600}"]),
        ] {
            for spelling in spellings {
                assert_eq!(prepared_password(spelling), Ok(Secret::new(prepared)), "{spelling}");
            }
        }
        assert_ne!(prepared_password("Pässword"), prepared_password("pässword"));
    }

    #[test]
    fn a_password_in_printable_ascii_is_unchanged() {
        let ascii: String = (' '..='~').collect();
        assert_eq!(prepared_password(&ascii), Ok(Secret::new(ascii)));
    }

    #[test]
    fn passwords_with_invisible_or_unknown_characters_are_refused_with_a_reason() {
        for (refused, reason) in [
            ("pass\u{200b}word", "invisible"),
            ("pass\u{0}word", "invisible"),
            ("pass\u{7f}word", "invisible"),
            ("❤\u{fe0f}", "invisible"),
            ("\u{202e}password", "invisible"),
            ("\u{1f99c} parrot", "too new"),
        ] {
            let error = prepared_password(refused).err();
            assert!(error.is_some_and(|error| error.to_string().contains(reason)), "{refused:?}: {error:?}");
        }
    }
}
