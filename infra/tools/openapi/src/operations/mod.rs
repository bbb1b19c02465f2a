//! The operations: one entry per route, written by hand. The entries of the kinds come from their registry.

mod access_keys;
mod accounts;
mod agents;
mod auth;
mod deletions;
mod exports;
mod kinds;
mod parts;
mod platform;
mod webhooks;

use crate::operation::Operation;

/// All described operations, in the order of the document.
pub(crate) fn all() -> Vec<Operation> {
    [
        auth::all(),
        accounts::all(),
        deletions::all(),
        platform::all(),
        exports::all(),
        webhooks::all(),
        agents::all(),
        access_keys::all(),
        kinds::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
