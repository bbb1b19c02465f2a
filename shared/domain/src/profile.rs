//! The profile: the seven editable text fields of a customer, and their limits.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::destination::{self, DestinationRules, MAX_URI_BYTES};
use crate::email::is_email;
use crate::field_problem::{FieldProblem, Values};
use crate::fields::Fields;
use crate::refusal::Refusal;

/// The maximum number of bytes of a name, of an account and of every row.
pub const MAX_NAME: usize = 255;
/// The maximum number of bytes of a detail, of an account and of every row.
pub const MAX_DETAIL: usize = 4096;
/// The maximum number of bytes of an e-mail address.
pub const MAX_EMAIL: usize = 255;
/// The maximum number of bytes of a telephone number.
pub const MAX_PHONE_NUMBER: usize = 255;
/// The maximum number of bytes of a postal address.
pub const MAX_ADDRESS: usize = 1024;

/// The values of `webhook_method`. The empty string is POST.
const WEBHOOK_METHODS: [&str; 5] = ["", "POST", "GET", "PUT", "DELETE"];

/// Name, contact data and webhook destination. All are empty (`Default`) once the account is deleted or expired.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub name: String,
    pub detail: String,
    pub email: String,
    pub phone_number: String,
    pub address: String,
    pub webhook_method: String,
    pub webhook_uri: String,
}

/// The profile fields of a request. An absent field stays unchanged, and an empty string clears any field but the e-mail address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfilePatch {
    name: Option<String>,
    detail: Option<String>,
    email: Option<String>,
    phone_number: Option<String>,
    address: Option<String>,
    webhook_method: Option<String>,
    webhook_uri: Option<String>,
}

impl ProfilePatch {
    /// Parses the profile fields of a body and ignores all other fields. `current` is the profile that the patch changes. Its
    /// webhook URL stays valid, even if it is not allowed any more.
    pub fn read(
        body: &Map<String, Value>,
        current: &Profile,
        destinations: &DestinationRules,
    ) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let patch = Self::read_fields(&mut fields, current, destinations);
        fields.finish(patch)
    }

    /// As [`Self::read`], for a body that has other fields as well. The caller reports the errors of all of them together.
    pub fn read_fields(fields: &mut Fields<'_>, current: &Profile, destinations: &DestinationRules) -> Self {
        let (webhook_uri, webhook_method) = read_destination(fields, &current.webhook_uri, destinations);
        let patch = Self {
            name: fields.text("name", MAX_NAME),
            detail: fields.multi_line_text("detail", MAX_DETAIL),
            email: fields.text("email", MAX_EMAIL),
            phone_number: fields.text("phone_number", MAX_PHONE_NUMBER),
            address: fields.multi_line_text("address", MAX_ADDRESS),
            webhook_method,
            webhook_uri,
        };
        if patch.email.as_deref().is_some_and(|email| !is_email(email)) && !fields.is_refused("email") {
            fields.refuse("email", FieldProblem::NotAnEmail);
        }
        patch
    }

    /// The requested e-mail address, if any.
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// The patch without an e-mail address.
    #[must_use]
    pub fn without_email(self) -> Self {
        Self { email: None, ..self }
    }

    pub fn apply(self, profile: &Profile) -> Profile {
        let current = profile.clone();
        Profile {
            name: self.name.unwrap_or(current.name),
            detail: self.detail.unwrap_or(current.detail),
            email: self.email.unwrap_or(current.email),
            phone_number: self.phone_number.unwrap_or(current.phone_number),
            address: self.address.unwrap_or(current.address),
            webhook_method: self.webhook_method.unwrap_or(current.webhook_method),
            webhook_uri: self.webhook_uri.unwrap_or(current.webhook_uri),
        }
    }
}

/// Parses where webhooks are sent: the URI and the method. The current URI stays valid, even if it is not allowed any more.
pub(crate) fn read_destination(
    fields: &mut Fields<'_>,
    current_uri: &str,
    destinations: &DestinationRules,
) -> (Option<String>, Option<String>) {
    let method = fields.text("webhook_method", 255);
    if method.as_deref().is_some_and(|method| !WEBHOOK_METHODS.contains(&method)) {
        fields.refuse("webhook_method", FieldProblem::NotOneOf { values: Values(&WEBHOOK_METHODS) });
    }
    let uri = fields.text("webhook_uri", MAX_URI_BYTES);
    let changed = uri.as_deref().filter(|uri| !uri.is_empty() && *uri != current_uri);
    if let Some(Err(refusal)) = changed.map(|uri| destination::check(uri, destinations)) {
        fields.refuse("webhook_uri", refusal.problem());
    }
    (uri, method)
}

/// The lower-case form of a text, for comparison and uniqueness.
pub fn fold_case(text: &str) -> String {
    text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::destination::AllowedAddresses;

    fn read(body: Value) -> Result<ProfilePatch, Refusal> {
        let current = Profile { webhook_uri: "https://10.0.0.1/old".into(), ..Profile::default() };
        let body = body.as_object().unwrap_or_else(|| unreachable!());
        ProfilePatch::read(body, &current, &DestinationRules::default())
    }

    #[test]
    fn a_patch_keeps_absent_fields_clears_empty_ones_and_ignores_unknown_ones() {
        let before = Profile {
            name: "Acme".into(),
            detail: "old".into(),
            email: "a@b.c".into(),
            ..Profile::default()
        };
        let patch = read(json!({"detail": "", "name": null, "status": "deleted", "nonsense": [1]}));
        assert_eq!(patch.map(|p| p.apply(&before)), Ok(Profile { detail: String::new(), ..before }));
    }

    #[test]
    fn a_profile_field_may_be_exactly_as_long_as_its_limit() {
        let limits = [("name", 255), ("phone_number", 255), ("address", 1024), ("detail", 4096)];
        for (field, limit) in limits {
            assert!(read(json!({field: "x".repeat(limit)})).is_ok(), "{field}");
            assert!(read(json!({field: "x".repeat(limit + 1)})).is_err(), "{field}");
        }
        let uri = |length: usize| format!("https://h.example/{}", "x".repeat(length - 18));
        assert!(read(json!({"webhook_uri": uri(1023)})).is_ok());
        assert!(read(json!({"webhook_uri": uri(1024)})).is_err());
    }

    #[test]
    fn a_profile_with_invalid_types_or_values_is_refused() {
        for body in [
            json!({"name": 1}),
            json!({"email": ""}),
            json!({"email": "no"}),
            json!({"webhook_method": "PATCH"}),
            json!({"webhook_method": "post"}),
            json!({"webhook_uri": "ftp://x.y"}),
            json!({"webhook_uri": "http:///x"}),
            json!({"webhook_uri": "http:h"}),
            json!({"webhook_uri": "https://10.0.0.1/new"}),
        ] {
            assert!(read(body.clone()).is_err(), "{body}");
        }
    }

    #[test]
    fn a_webhook_url_that_is_not_allowed_any_more_can_be_sent_back() {
        assert!(read(json!({"webhook_uri": "https://10.0.0.1/old"})).is_ok());
        let body = json!({"webhook_uri": "http://127.0.0.1:9/"});
        let body = body.as_object().unwrap_or_else(|| unreachable!());
        assert!(ProfilePatch::read(body, &Profile::default(), &AllowedAddresses::Loopback.into()).is_ok());
        assert!(ProfilePatch::read(body, &Profile::default(), &DestinationRules::default()).is_err());
    }
}
