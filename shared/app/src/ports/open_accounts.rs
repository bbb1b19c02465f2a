//! The ports that opening an account needs together.

use crate::ports::{ChangeCustomers, CreateCustomers, FindEmails, FindLogins};

/// Creates accounts, and expires an overdue account that holds the e-mail address or the username.
pub trait OpenAccounts: CreateCustomers + ChangeCustomers + FindEmails + FindLogins {}
impl<S: CreateCustomers + ChangeCustomers + FindEmails + FindLogins> OpenAccounts for S {}
