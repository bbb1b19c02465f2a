//! The mails. Each cause sends its mails once, or again after a crash before the sending was recorded.
//!
//! `texts`, `notices` and `deletion_mails` have the wording of each mail. `message` renders a mail as text and HTML, `sender`
//! builds the `From` header, and `sending` sends every mail but the two about a deletion.

mod deletion_mails;
mod message;
mod names;
mod notices;
mod sender;
mod sending;
mod texts;

pub use self::deletion_mails::{deletion_begun, deletion_done, deletion_reminder, frozen, recovered};
pub use self::message::{Button, Message, escape_html};
pub use self::names::{account_name, plain_name};
pub use self::notices::{
    access_key_created, administrator_added, administrator_removed, email_changed, email_replaced,
    export_finished, password_set, username_changed, webhook_disabled,
};
pub use self::sender::sender;
pub(crate) use self::sending::{
    notice_token, send_notice, send_notice_with_link, send_once, send_once_limited,
};
pub use self::texts::{
    account_exists, confirm_email_change, email_change_requested, password_reset, verification,
};

/// The headers of every mail. RFC 3834: an automatic responder does not answer a mail with this header.
pub const HEADERS: [(&str, &str); 1] = [("Auto-Submitted", "auto-generated")];
