//! The commands.

mod account;
mod audit;
pub(crate) mod brake;
pub(crate) mod customers;
mod delete;
pub(crate) mod deletion;
pub(crate) mod export;
mod files;
pub(crate) mod hold;
mod proof;
pub(crate) mod receipt;
pub(crate) mod restore;
pub(crate) mod session;
pub(crate) mod shell;
