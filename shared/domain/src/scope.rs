//! Scopes limit an access key to some routes. A key without scopes may do everything that a key can do.

use serde::{Deserialize, Serialize};

use crate::kinds::routed;

/// Permits every request under `/v1.0` that reads, except on routes that refuse every limited key.
const READ: &str = "read";
/// The suffix of a scope that only permits to read.
const READ_SUFFIX: &str = ":read";
/// The path segments that a scope can name besides the routes of [`routed`] kinds.
const OTHER_SEGMENTS: [&str; 4] = ["accesskeys", "agents", "billing_account", "customer"];

/// One entry of a key's scopes: `read`, a path segment such as `numbers`, or one that may only be read, such as `numbers:read`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope(String);

/// The path segments that a scope can name.
fn segments() -> impl Iterator<Item = &'static str> {
    OTHER_SEGMENTS.into_iter().chain(routed().map(|kind| kind.route))
}

impl Scope {
    /// Every valid scope.
    pub fn all() -> impl Iterator<Item = String> {
        let of_segment = |segment: &'static str| [segment.to_owned(), format!("{segment}{READ_SUFFIX}")];
        [READ.to_owned()].into_iter().chain(segments().flat_map(of_segment))
    }

    /// `None` if the text is no scope.
    pub fn parse(text: &str) -> Option<Self> {
        Self::all().any(|scope| scope == text).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this scope permits requests to the route with this path. `is_read` says whether they only read.
    fn covers(&self, path: &str, is_read: bool) -> bool {
        // Routes outside `/v1.0`, such as `/auth/unregister`, close or recover the account or end sessions. No scope permits that.
        let Some(path) = path.strip_prefix("/v1.0/") else { return false };
        let segment = path.split('/').next().unwrap_or_default();
        match self.0.strip_suffix(READ_SUFFIX) {
            Some(readable) => is_read && readable == segment,
            None => self.0 == segment || (self.0 == READ && is_read),
        }
    }

    /// Whether this scope permits everything that `other` permits.
    fn includes(&self, other: &Self) -> bool {
        let kind = other.0.strip_suffix(READ_SUFFIX);
        self == other || kind.is_some_and(|kind| self.0 == READ || self.0 == kind)
    }
}

/// Whether these scopes permit a request to the route with this path.
pub fn permit(scopes: &[Scope], path: &str, is_read: bool) -> bool {
    scopes.is_empty() || scopes.iter().any(|scope| scope.covers(path, is_read))
}

/// Whether a key with the scopes `new` can do no more than a key with the scopes `old`.
pub fn are_within(new: &[Scope], old: &[Scope]) -> bool {
    let is_within = |scope: &Scope| old.iter().any(|wider| wider.includes(scope));
    old.is_empty() || (!new.is_empty() && new.iter().all(is_within))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(texts: &[&str]) -> Vec<Scope> {
        texts.iter().filter_map(|text| Scope::parse(text)).collect()
    }

    #[test]
    fn a_scope_is_read_or_names_a_known_path_segment() {
        for good in ["read", "numbers", "numbers:read", "customer", "accesskeys:read", "billing_account"] {
            assert!(Scope::parse(good).is_some(), "{good}");
        }
        for bad in ["", "write", "me", "customers", "auth", "read:read", "numbers:write", "Numbers", ":read"]
        {
            assert!(Scope::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_scope_covers_the_routes_of_its_path_segment() {
        for (scope, path, is_read, permitted) in [
            ("read", "/v1.0/numbers", true, true),
            ("read", "/v1.0/me", true, true),
            ("read", "/v1.0/numbers", false, false),
            ("read", "/auth/unregister", true, false),
            ("numbers", "/v1.0/numbers/{id}", false, true),
            ("numbers", "/v1.0/me", true, false),
            ("numbers:read", "/v1.0/numbers/{id}", true, true),
            ("numbers:read", "/v1.0/numbers/{id}", false, false),
            ("numbers", "/v1.0/flows", true, false),
            ("billing_account", "/v1.0/billing_accounts", true, false),
            ("customer", "/v1.0/customers", true, false),
        ] {
            assert_eq!(permit(&scopes(&[scope]), path, is_read), permitted, "{scope} {path} {is_read}");
        }
        assert!(permit(&[], "/auth/unregister", false), "a key without scopes is not limited");
    }

    #[test]
    fn a_new_key_stays_within_the_scopes_of_its_maker() {
        for (new, old, within) in [
            (&["numbers"][..], &[][..], true),
            (&[], &[], true),
            (&[], &["numbers"], false),
            (&["numbers:read"], &["numbers"], true),
            (&["numbers:read"], &["read"], true),
            (&["numbers"], &["read"], false),
            (&["read"], &["numbers"], false),
            (&["read"], &["read", "numbers"], true),
            (&["numbers", "flows"], &["numbers"], false),
        ] {
            assert_eq!(are_within(&scopes(new), &scopes(old)), within, "{new:?} {old:?}");
        }
    }
}
