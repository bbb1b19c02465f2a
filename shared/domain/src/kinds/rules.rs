//! Conditions that span several fields of a row.

use serde_json::{Map, Value};

use super::kind::KindRule;
use crate::field_problem::FieldProblem;

pub(super) const NUMBERS: &[KindRule] = &[KindRule {
    field: "number",
    problem: FieldProblem::WrongPrefix,
    is_met: matches_its_type,
    concerns: "",
}];

pub(super) const TRUNKS: &[KindRule] = &[
    KindRule {
        field: "username",
        problem: FieldProblem::Missing,
        is_met: |trunk| !registers_by_password(trunk) || !text(trunk, "username").is_empty(),
        concerns: TRUNKS_WITH_PASSWORDS,
    },
    KindRule {
        field: "password",
        problem: FieldProblem::Missing,
        is_met: |trunk| !registers_by_password(trunk) || !text(trunk, "password").is_empty(),
        concerns: TRUNKS_WITH_PASSWORDS,
    },
];

const TRUNKS_WITH_PASSWORDS: &str = "with `basic` among its `auth_types` and with a `domain_name`";

/// Whether a device can register with a trunk by username and password. Nothing registers with a trunk without a domain.
fn registers_by_password(trunk: &Map<String, Value>) -> bool {
    let auth_types = trunk.get("auth_types").and_then(Value::as_array);
    let has_basic = auth_types.into_iter().flatten().any(|auth_type| auth_type == "basic");
    has_basic && !text(trunk, "domain_name").is_empty()
}

/// Only virtual numbers start with +899. The prefix +899000 is reserved.
fn matches_its_type(number: &Map<String, Value>) -> bool {
    match (text(number, "type"), text(number, "number").strip_prefix("+899")) {
        ("virtual", Some(rest)) => rest.len() == 9 && !rest.starts_with("000"),
        ("virtual", None) => false,
        (_, within) => within.is_none(),
    }
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}
