//! Conditions that span several fields of a body. The registry has them as functions, so their schemas are written here.

use custodian_domain::kinds::{Kind, NUMBERS, TRUNKS};
use serde_json::{Value, json};

/// A virtual number, which is `+899` and nine digits that do not begin with `000`.
const VIRTUAL_NUMBER: &str = "^\\+899(00[1-9]|0[1-9][0-9]|[1-9][0-9]{2})[0-9]{6}$";

/// The keywords with the conditions of a body that creates a row. An update changes a stored row, so no schema can express its
/// conditions.
pub(crate) fn conditions(kind: &Kind) -> Option<Value> {
    match kind.noun {
        noun if noun == NUMBERS.noun => Some(json!({ "not": { "anyOf": [
            {
                "required": ["type"],
                "properties": { "type": { "const": "virtual" }, "number": { "not": { "pattern": VIRTUAL_NUMBER } } },
            },
            { "properties": { "type": { "not": { "const": "virtual" } }, "number": { "pattern": "^\\+899" } } },
        ] } })),
        noun if noun == TRUNKS.noun => {
            let given = json!({ "type": "string", "minLength": 1 });
            let basic =
                json!({ "type": "array", "items": { "type": "string" }, "contains": { "const": "basic" } });
            Some(json!({ "not": {
                "required": ["auth_types", "domain_name"],
                "properties": { "auth_types": basic, "domain_name": given },
                "not": {
                    "required": ["username", "password"], "properties": { "username": given, "password": given },
                },
            } }))
        }
        _ => None,
    }
}

/// The fields that a condition of an update can refuse, because of other fields of the stored row.
pub(crate) fn refused_fields(kind: &Kind) -> Vec<&'static str> {
    kind.rules.iter().map(|rule| rule.field).filter(|name| is_updatable(kind, name)).collect()
}

fn is_updatable(kind: &Kind, name: &str) -> bool {
    kind.field(name).is_some_and(|field| field.is_writable(false))
}
