//! What is written by hand: one entry a route, beside those of its neighbours; and the kinds' entries, which are not.

mod accounts;
mod auth;
mod kinds;
mod people;
mod webhooks;

use crate::operation::Operation;

/// Every operation that is described, in the order of the document.
pub(crate) fn all() -> Vec<Operation> {
    [auth::all(), accounts::all(), webhooks::all(), people::all(), kinds::all()]
        .into_iter()
        .flatten()
        .collect()
}
