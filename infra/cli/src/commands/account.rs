//! An account: its path in the API, and how a person reads it.

use serde_json::Value;
use uuid::Uuid;

use crate::output::{field, fields};

pub(super) fn path(id: Uuid) -> String {
    format!("/v1.0/customers/{id}")
}

/// An account as a person reads it.
pub(super) fn profile(customer: &Value) -> String {
    let mut rows = vec![
        ("Id", field(customer, "id")),
        ("Name", field(customer, "name")),
        ("Status", field(customer, "status")),
        ("E-mail", field(customer, "email")),
        ("Verified", field(customer, "email_verified")),
        ("Phone", field(customer, "phone_number")),
        ("Address", field(customer, "address")),
        ("Detail", field(customer, "detail")),
        ("Webhook", field(customer, "webhook_uri")),
        ("Created", field(customer, "tm_create")),
        ("Changed", field(customer, "tm_update")),
        ("Will be deleted", field(customer, "tm_deletion_scheduled")),
        ("Deleted on", field(customer, "tm_delete")),
    ];
    if let Some(hold) = customer.get("hold").filter(|hold| !hold.is_null()) {
        let until = field(hold, "until");
        rows.push((
            "On hold",
            if until == "-" { "until it is released".to_owned() } else { format!("until {until}") },
        ));
    }
    fields(&rows)
}
