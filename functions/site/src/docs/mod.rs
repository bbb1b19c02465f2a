//! `GET /openapi.json` and `GET /docs`: the description of the API, for programs and for people.
//!
//! The pages are made from the description, and they have no script. The description is the one of this release, and its paths are
//! relative to the service that serves it.

mod accent;
mod description;
mod index;
mod layout;
mod markdown;
mod operation;
mod paths;
mod schema;
mod schema_types;
mod webhook_payloads;

use custodian_app::context::Brand;
use custodian_http::{Request, Response};
use http::header::CACHE_CONTROL;

pub(crate) use self::paths::{DESCRIPTION, DOCS};

use crate::compressed;

use self::description::Description;
use self::paths::{STYLE_SHEET, WEBHOOK_PAYLOADS};

/// A new release changes the description, and browsers must not show the earlier one for long.
const CACHE: &str = "public, max-age=300";

/// The description as JSON.
pub(crate) fn description(request: &Request) -> Response {
    compressed::response(request, "application/json", description::COMPRESSED, description::plain)
        .header(CACHE_CONTROL, CACHE)
}

/// The page at a path below `/docs`: the index, a tag, or the payloads of webhooks.
pub(crate) fn page(brand: &Brand, path: Option<&str>) -> Response {
    let description = Description::get();
    let response = match path.map(|path| path.trim_end_matches('/')) {
        None | Some("") => {
            layout::page(brand, description, "API reference", "", &index::content(description))
        }
        Some(STYLE_SHEET) => layout::style_sheet(brand),
        Some(WEBHOOK_PAYLOADS) => {
            let content = webhook_payloads::content(description);
            layout::page(brand, description, "Webhook payloads", WEBHOOK_PAYLOADS, &content)
        }
        Some(name) => match description.tag(name) {
            Some(tag) => {
                layout::page(brand, description, tag.title, tag.name, &operation::page(description, &tag))
            }
            None => layout::missing(brand, description),
        },
    };
    response.header(CACHE_CONTROL, CACHE)
}

#[cfg(test)]
mod tests;
