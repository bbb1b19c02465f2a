//! Exports: an account and its rows that the API shows, as one JSON object a line, in a compressed file.
//!
//! An administrator starts an export, also while the account is frozen. A worker reads the account's tables page by page and
//! writes the file in parts. Each part is one or two complete gzip members, and members may follow each other in a file. After each
//! part the worker stores where the next one begins. So its memory does not grow with the account, and if a worker dies, the next
//! worker repeats one part at most. A mail says that the file is complete; its link needs a sign-in.
//!
//! Secrets are not in the file: lines have the views of lists, which show no secrets.

mod download;
mod lines;
mod part;
mod ports;
mod section;
mod start;
mod task;
mod worker;

pub use download::{LINK_LIFETIME, link};
pub use lines::FORMAT_VERSION;
pub use ports::{
    CompleteOutcome, ExportFile, ExportFiles, ExportLinks, ExportQueue, ExportRows, LastExport, OwnedRow,
    ReadExports, StartExports, WriteExports,
};
pub use section::Section;
pub use start::start;
pub use task::ExportTask;
pub use worker::write;
