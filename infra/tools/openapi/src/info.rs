//! What the document says about the API as a whole.

use serde_json::{Value, json};

const DESCRIPTION: &str = include_str!("info.md");

/// The section `info`.
pub(crate) fn info() -> Value {
    json!({
        "title": "Custodian", "version": env!("CARGO_PKG_VERSION"),
        "summary": "Customer accounts as a service: sign-up, sign-in, the resources of an account, and its deletion.",
        "description": DESCRIPTION.trim_end(),
        "contact": { "name": "The Custodian authors" },
        "license": { "name": "MIT", "identifier": "MIT" },
    })
}

/// The section `servers`. A deployed stack serves the document at its own address.
pub(crate) fn servers() -> Value {
    json!([
        { "url": "/", "description": "The service that serves this document." },
        { "url": "http://127.0.0.1:8080", "description": "The local service that `cargo run` starts." },
    ])
}
