//! All texts that tell a caller what is wrong with a field or a parameter. The text follows the field's name: "name must be a
//! string".

use std::fmt::{self, Display, Formatter};

/// The values that a text permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Values(pub &'static [&'static str]);

/// The values in their order. The empty string comes last, as the word `empty`.
impl Display for Values {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let named: Vec<_> = self.0.iter().copied().filter(|value| !value.is_empty()).collect();
        f.write_str(&named.join(", "))?;
        if named.len() < self.0.len() { f.write_str(" or empty") } else { Ok(()) }
    }
}

macro_rules! field_problems {
    ($($(#[$doc:meta])* $variant:ident $({ $($limit:ident: $type:ty = $example:expr),+ })? = $text:literal;)*) => {
        /// What is wrong with a field or a parameter of a request.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum FieldProblem {
            $($(#[$doc])* $variant $({ $($limit: $type),+ })?,)*
        }

        impl FieldProblem {
            /// Every problem, with example values for its limits.
            pub const EXAMPLES: &[Self] = &[$(Self::$variant $({ $($limit: $example),+ })?,)*];
        }

        impl Display for FieldProblem {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant $({ $($limit),+ })? => write!(f, $text),)*
                }
            }
        }
    };
}

field_problems! {
    Missing = "is required";
    Empty = "must not be empty";
    GivenTwice = "must be given only once";
    UnknownParameter = "is not a parameter of this list";
    /// An update would change a field that only a creation sets.
    CreateOnly = "can only be set at creation";

    NotAString = "must be a string";
    NotStrings = "must be a list of strings";
    TooManyBytes { max: usize = 255 } = "must be at most {max} bytes long";
    WrongNumberOfBytes { min: usize = 1, max: usize = 255 } = "must be {min} to {max} bytes long";
    WrongNumberOfCharacters { min: usize = 8, max: usize = 128 } = "must be {min} to {max} characters long";
    ControlCharacters = "must not contain control characters";
    ControlCharactersInLines = "must not contain control characters other than line breaks and tabs";
    NotPrintable { min: usize = 10, max: usize = 200 } = "must be {min} to {max} printable ASCII characters";
    NotVisible { min: usize = 1, max: usize = 255 } = "must be {min} to {max} visible ASCII characters";

    /// The field permits only this value.
    NotTheValue { value: &'static str = "keep" } = "must be {value}";
    NotOneOf { values: Values = Values(&["", "POST", "GET"]) } = "must be one of {values}";
    NotAListOf { max: usize = 2, values: Values = Values(&["basic", "ip"]) } = "must be a list of at most {max} of these values: {values}";
    NotABoolean = "must be true or false";
    NotBooleans { names: Values = Values(&["rtp_debug"]) } = "must be an object in which these are true or false: {names}";

    NotAnInteger = "must be an integer";
    OutsideRange { min: i64 = 0, max: i64 = 100 } = "must be an integer from {min} to {max}";
    NotSeconds = "must be a whole number of seconds";
    TooFewSeconds { min: u64 = 86_400 } = "must be at least {min} seconds";
    /// The maximum is a hundred years.
    TooManySeconds { max: u64 = 3_153_600_000 } = "must be at most {max} seconds, which are 100 years";
    WrongPermission = "must be 1, 16, 32, 64 or a sum of these";

    NotATime = "must be an RFC 3339 time, such as 2027-01-31T12:00:00Z";
    NotInTheFuture = "must be an RFC 3339 time in the future, such as 2027-01-31T12:00:00Z";
    BeforeSetDeletion = "must not be before the deletion time that is already set";
    LaterThanMaker = "must not let the key expire later than the key that creates it";

    NotAUuid = "must be a UUID";
    NotUuids { max: usize = 50 } = "must be a list of at most {max} different UUIDs";
    NotUuidsWithCommas { max: usize = 100 } = "must be 1 to {max} UUIDs, separated by commas";
    UnknownReference = "refers to a row that does not exist in this account";

    NotAnEmail = "must be an e-mail address in ASCII";
    NotAPhoneNumber = "must be a telephone number: + and 1 to 15 digits";
    /// Only virtual numbers start with +899. The prefix +899000 is reserved.
    WrongPrefix = "must be +899 and nine digits that do not begin with 000 if the type is virtual, and must not begin with +899 otherwise";
    NotAHostName = "must be a host name in ASCII, or empty";
    NotNetworks { max: usize = 100 } = "must be a list of at most {max} IP addresses or networks in CIDR notation";
    NotActions { max: usize = 1000, max_bytes: usize = 131_072 } = "must be a list of at most {max} objects with a type. The list must take at most {max_bytes} bytes in a response, and its strings must not contain control characters other than line breaks and tabs";
    NotAddresses { max: usize = 10, types: Values = Values(&["tel", "email"]) } = "must be a list of at most {max} objects with a type ({types}) and a target";
    WrongAddressType { types: Values = Values(&["tel", "email"]) } = "must each have one of these types: {types}";
    WrongAddressTarget = "must each have a target, and no two may have the same type and target";
    WrongAddressMembers { max: usize = 255 } = "must each have a string of at most {max} bytes as name and detail, if given, and true or false as is_primary, if given";

    SpacesInUsername = "must not contain spaces or control characters";
    MixedDirections = "contains right-to-left letters, so it must not contain other letters. It must begin with a letter and end with a letter or a digit";
    WrongUsernameCharacters = "must contain only letters, digits and ASCII punctuation, and no invisible characters";
    ReservedForGuests = "must not begin with guest-, which is reserved";
    NewCharacter = "contains a character that is too new to be supported, such as a recent emoji";
    WrongPasswordCharacters = "contains a character that passwords must not have, such as an invisible one";
    CommonPassword = "is one of the most common passwords, so it is easy to guess";
    NewAgentRingMethod { value: &'static str = "ringall" } = "must be {value} for a new agent";
    NotScopes = "must contain only scopes, such as read (every GET but those of exports), numbers (every request to numbers) or numbers:read (every GET of numbers)";

    NotEventTypes = "must be a list of event types that GET /v1.0/customer/webhook/event_types lists";
    NotAWebUrl = "must be an http or https URL with a host";
    UserInUrl = "must not contain a username or a password";
    WrongPort = "must use the port 80, 443, 8080 or 8443";
    PrivateAddress = "must not point to a private, loopback, link-local or reserved IP address, because webhooks are only sent to public addresses";
    OwnService = "must not point to this API, because a webhook must not call it";

    BalanceMissing = "is required, unless balance_token is given";
    BalanceTooLow { balance: i64 = 5 } = "is {balance}, which is less than the debit";
    BalanceTooHigh { max: i64 = 9_007_199_254_740_991 } = "must not raise the balance above {max}";

    /// A contact lookup has neither `phone` nor `email`.
    NeitherPhoneNorEmail = "is required, unless email is given";
    NotAPageToken = "must be a next_page_token of the same list, or an RFC 3339 time";
    UnknownTable = "must be `all` or the name of a table";
    NotARestoreToken = "must be the `next` of an earlier response for the same table";
}

impl std::error::Error for FieldProblem {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_problem_has_its_own_text() {
        let texts: HashSet<_> = FieldProblem::EXAMPLES.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), FieldProblem::EXAMPLES.len());
    }

    #[test]
    fn an_empty_value_is_named_last() {
        assert_eq!(Values(&["", "POST", "GET"]).to_string(), "POST, GET or empty");
        assert_eq!(Values(&["tel", "email"]).to_string(), "tel, email");
    }
}
