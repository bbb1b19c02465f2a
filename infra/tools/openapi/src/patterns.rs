//! Patterns of texts. Everything that a pattern matches has a permitted form, unless it matches the exclusion that the pattern's
//! comment names. So samples and forms that follow the schema work.
//!
//! Some rules are too complex for a pattern, such as those of RFC 8265. Then the pattern is narrower than the rule, and the schema
//! says so with `x-accepts-more`.

use custodian_domain::destination::ALLOWED_PORTS;

/// A label of a host name.
const LABEL: &str = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
/// The last label of a host name that cannot be mistaken for an IP address.
const TOP_LABEL: &str = "[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
/// The characters of the local part of an e-mail address, apart from dots.
const MAILBOX: &str = "A-Za-z0-9!#$%&'*+/=?^_`{|}~-";
/// Letters of Latin, Greek, Cyrillic, Japanese, Chinese and Korean that usernames and passwords may contain. Each is one character
/// when composed, and RFC 8265 permits it.
const LETTERS: &str = "À-ÖØ-öø-ÿĀ-įĴ-ľŁ-ňŊ-žΑ-ΡΣ-Ωα-ωА-яぁ-ゖァ-ヺ一-鿌가-힣";

/// The maximum number of bytes of one of the [`LETTERS`] in UTF-8.
pub(crate) const MAX_LETTER_BYTES: usize = 3;
/// The maximum number of bytes of a character in UTF-8.
pub(crate) const MAX_CHARACTER_BYTES: usize = 4;
/// A text with characters outside ASCII.
pub(crate) const NOT_ASCII: &str = "[^\\u0000-\\u007f]";
/// Two dots that follow each other, which no e-mail address has.
pub(crate) const TWO_DOTS: &str = "[.][.]";
/// An internationalised label. Not every one can be decoded.
pub(crate) const ENCODED_LABEL: &str = "[Xx][Nn]--";
/// A host name whose last label is a number.
pub(crate) const NUMERIC_NAME: &str = "(^|[.])[0-9]+[.]?$";
/// A host name with or without a trailing dot, or an empty string. [`NUMERIC_NAME`] must not match it.
pub(crate) const HOST_NAME: &str =
    "^(([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?[.])*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?[.]?)?$";
/// The prefix of guest agents.
pub(crate) const GUEST: &str = "^[Gg][Uu][Ee][Ss][Tt]-";

/// An `http` or `https` URL whose host is a name in ASCII, or an empty text. [`ENCODED_LABEL`] must not match it.
pub(crate) fn web_url() -> String {
    let ports = ALLOWED_PORTS.map(|port| port.to_string()).join("|");
    format!("^(https?://({LABEL}[.])*{TOP_LABEL}(:({ports}))?([/?#][!-~]*)?)?$")
}

/// An e-mail address in ASCII. [`TWO_DOTS`] must not match it.
pub(crate) fn email() -> String {
    format!("^[{MAILBOX}]([.{MAILBOX}]{{0,62}}[{MAILBOX}])?@{LABEL}([.]{LABEL})*$")
}

/// A username. [`GUEST`] must not match it.
pub(crate) fn username() -> String {
    format!("^[!-~{LETTERS}]+$")
}

/// A new password.
pub(crate) fn password() -> String {
    format!("^[ -~{LETTERS}]+$")
}

/// An IP address, or a network in CIDR notation.
pub(crate) fn network() -> String {
    const OCTET: &str = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    const GROUP: &str = "[0-9A-Fa-f]{1,4}";
    // Up to seven groups, with `::` for the others.
    let shortened = (1..=6).map(|first| format!("({GROUP}:){{1,{first}}}(:{GROUP}){{1,{}}}", 7 - first));
    let whole =
        [format!("({GROUP}:){{7}}{GROUP}"), format!("({GROUP}:){{1,7}}:"), format!(":((:{GROUP}){{1,7}}|:)")];
    let ipv6 = whole.into_iter().chain(shortened).collect::<Vec<_>>().join("|");
    format!(
        "^({OCTET}([.]{OCTET}){{3}}(/([12]?[0-9]|3[0-2]))?|({ipv6})(/([1-9]?[0-9]|1[01][0-9]|12[0-8]))?)$"
    )
}
