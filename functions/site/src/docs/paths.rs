//! The paths of the reference.

/// The path of the description.
pub(crate) const DESCRIPTION: &str = "/openapi.json";
/// The path of the pages.
pub(crate) const DOCS: &str = "/docs";
/// The names below `/docs` that are no tag.
pub(super) const STYLE_SHEET: &str = "style.css";
pub(super) const WEBHOOK_PAYLOADS: &str = "webhook-payloads";
