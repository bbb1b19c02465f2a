//! The paths of the pages.

pub use custodian_app::deletion_link::PATH as DELETION;

/// The path of the account page.
pub const ACCOUNT: &str = "/account";
/// The path of the page that sends a link to set a password.
pub const FORGOT: &str = "/auth/password-forgot";
/// The path of the page behind the link that sets a password.
pub const RESET: &str = "/auth/password-reset";
/// The path of the page behind the link that verifies an e-mail address.
pub const VERIFY: &str = "/auth/email-verify";
/// The path of the link to the file of an export.
pub(super) const EXPORT_FILE: &str = "/v1.0/customer/export/{id}/file";
