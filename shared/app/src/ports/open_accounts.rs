//! The ports that opening an account needs together.

use crate::ports::{ChangeCustomers, CreateCustomers, FindNames};

/// Creates accounts. Includes expiring an overdue account that holds the e-mail address or username.
pub trait OpenAccounts: CreateCustomers + ChangeCustomers + FindNames {}
impl<S: CreateCustomers + ChangeCustomers + FindNames> OpenAccounts for S {}
