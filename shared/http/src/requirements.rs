//! The permissions and account statuses that endpoints need, as types.

use std::marker::PhantomData;

use custodian_domain::{Customer, Permission, Principal, Reason, Refusal, Status, account_status};

/// The credentials that an endpoint permits, among those with the permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialRule {
    Any,
    /// For example, platform admins who act as a guest agent must not make credentials that outlive their eight hours.
    NoDelegates,
    /// An export has the rows of every kind, so no scope covers it.
    NoLimitedKeys,
    /// For example, limited keys must not make or change agents' credentials either, because no agent is limited.
    NoDelegatesOrLimitedKeys,
}

impl CredentialRule {
    pub(crate) fn check(self, principal: &Principal) -> Result<(), Refusal> {
        let is_refused = match self {
            Self::Any => false,
            Self::NoDelegates => principal.is_delegate(),
            Self::NoLimitedKeys => principal.is_limited(),
            Self::NoDelegatesOrLimitedKeys => principal.is_delegate() || principal.is_limited(),
        };
        if is_refused { Err(Reason::PermissionDenied.into()) } else { Ok(()) }
    }
}

/// The permission that an endpoint needs.
pub trait RequiredPermission: Send + 'static {
    const NEEDED: Permission;
    const PERMITS: CredentialRule = CredentialRule::Any;
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

/// Principals with the permission `R`, except delegates.
#[derive(Debug)]
pub struct NoDelegate<R>(PhantomData<R>);
/// Principals with the permission `R`, except limited keys.
#[derive(Debug)]
pub struct NoLimitedKey<R>(PhantomData<R>);
/// Principals with the permission `R`, except delegates and limited keys.
#[derive(Debug)]
pub struct NoDelegateOrLimitedKey<R>(PhantomData<R>);

impl<R: RequiredPermission> RequiredPermission for NoDelegate<R> {
    const NEEDED: Permission = R::NEEDED;
    const PERMITS: CredentialRule = CredentialRule::NoDelegates;
}

impl<R: RequiredPermission> RequiredPermission for NoLimitedKey<R> {
    const NEEDED: Permission = R::NEEDED;
    const PERMITS: CredentialRule = CredentialRule::NoLimitedKeys;
}

impl<R: RequiredPermission> RequiredPermission for NoDelegateOrLimitedKey<R> {
    const NEEDED: Permission = R::NEEDED;
    const PERMITS: CredentialRule = CredentialRule::NoDelegatesOrLimitedKeys;
}

/// The account status that an endpoint needs.
pub trait StatusRequirement: Send + 'static {
    /// The reasons for which the status check refuses accounts that are not terminal.
    const REFUSALS: &'static [Reason];
    /// Whether the check refuses the principals of a frozen account except its administrators.
    const PERMITS_ADMINS_OF_FROZEN: bool = false;

    fn check(customer: &Customer, principal: &Principal) -> Result<(), Refusal>;
}

/// Active accounts.
#[derive(Debug)]
pub struct Active;
/// Active accounts, and frozen ones for administrators, who may look at what the deletion will remove.
#[derive(Debug)]
pub struct ActiveOrFrozenForAdmins;
/// Every account that is not deleted or expired, for endpoints that read, leave or recover the account.
#[derive(Debug)]
pub struct NotDeleted;

impl StatusRequirement for Active {
    const REFUSALS: &'static [Reason] = &[Reason::AccountFrozen, Reason::AccountNotVerified];

    fn check(customer: &Customer, _: &Principal) -> Result<(), Refusal> {
        account_status::require_active(customer)
    }
}

impl StatusRequirement for ActiveOrFrozenForAdmins {
    const REFUSALS: &'static [Reason] = Active::REFUSALS;
    const PERMITS_ADMINS_OF_FROZEN: bool = true;

    fn check(customer: &Customer, principal: &Principal) -> Result<(), Refusal> {
        let is_admin = principal.permission().allows(Permission::ADMIN);
        if customer.status() == Status::Frozen && is_admin {
            return Ok(());
        }
        account_status::require_active(customer)
    }
}

impl StatusRequirement for NotDeleted {
    const REFUSALS: &'static [Reason] = &[];

    fn check(customer: &Customer, _: &Principal) -> Result<(), Refusal> {
        account_status::require_not_terminal(customer)
    }
}
