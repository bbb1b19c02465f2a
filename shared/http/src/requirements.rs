//! The permissions and account statuses that endpoints need, as types.

use custodian_domain::{Customer, Permission, Reason, Refusal, account_status};

/// The permission that an endpoint needs.
pub trait RequiredPermission: Send + 'static {
    const NEEDED: Permission;
}

/// Administrators of the account.
#[derive(Debug)]
pub struct Admin;
/// Administrators and managers of the account.
#[derive(Debug)]
pub struct AdminOrManager;

/// Every principal of the account: its agents, its access keys, and a platform admin who acts as its guest agent.
#[derive(Debug)]
pub struct AnyPrincipal;

impl RequiredPermission for AnyPrincipal {
    const NEEDED: Permission = Permission::ANY;
}

impl RequiredPermission for Admin {
    const NEEDED: Permission = Permission::ADMIN;
}

impl RequiredPermission for AdminOrManager {
    const NEEDED: Permission = Permission::ADMIN_OR_MANAGER;
}

/// The account status that an endpoint needs.
pub trait StatusRequirement: Send + 'static {
    /// The reasons for which the status check refuses accounts that are not deleted.
    const REFUSALS: &'static [Reason];

    fn check(customer: &Customer) -> Result<(), Refusal>;
}

/// Active accounts.
#[derive(Debug)]
pub struct Active;
/// Every account that is not deleted or expired, for endpoints that read, leave or recover the account.
#[derive(Debug)]
pub struct NotDeleted;

impl StatusRequirement for Active {
    const REFUSALS: &'static [Reason] = &[Reason::AccountFrozen, Reason::AccountNotVerified];

    fn check(customer: &Customer) -> Result<(), Refusal> {
        account_status::require_active(customer)
    }
}

impl StatusRequirement for NotDeleted {
    const REFUSALS: &'static [Reason] = &[];

    fn check(customer: &Customer) -> Result<(), Refusal> {
        account_status::require_not_terminal(customer)
    }
}
