//! Settings of functions that serve a route. A function without special settings has no entry.

use custodian_domain::kinds::{BILLING_ACCOUNTS, CONTACTS, TRANSCRIPTIONS};

use crate::function::{Settings, settings};
use crate::grant::Use;

pub(crate) const SETTINGS: &[Settings] = &[
    settings("auth-login").hashes_passwords(),
    settings("auth-email-verify").uses(&[Use::Verify]),
    settings("auth-password-reset").hashes_passwords().uses(&[Use::ConsumeMailToken]),
    settings("auth-logout").uses(&[Use::SignOut]),
    // With `immediate`, the account is deleted without a grace period.
    settings("auth-unregister").hashes_passwords().uses(&[Use::Freeze, Use::Delete]),
    settings("auth-unregister-cancel").uses(&[Use::Recover]),
    settings("agents-list").uses(&[Use::ListAgents]),
    settings("agents-create").hashes_passwords().uses(&[Use::NeverReleaseQuota]),
    settings("agents-password").hashes_passwords().uses(&[Use::ChangeCredentials]),
    settings("agents-permission").uses(&[Use::CountAdmins, Use::RevokeKeys, Use::ChangeCredentials]),
    settings("agents-delete").uses(&[Use::RevokeKeys]),
    settings("agents-tag-ids").uses(&[Use::SetTags]),
    settings("customer-billing-account").uses(&[Use::ServeDelegates]).kind(&BILLING_ACCOUNTS),
    settings("billing-account").kind(&BILLING_ACCOUNTS),
    // If an account that was not verified in time still holds the address or the username, the function expires that account
    // immediately.
    settings("customers-create").hashes_passwords().uses(&[Use::OpenAccount, Use::Expire]),
    settings("customer-update").uses(&[Use::NeverReleaseQuota, Use::ServeDelegates]),
    settings("customers-update").uses(&[Use::ChangeProfile, Use::NeverReleaseQuota]),
    settings("customers-delete").uses(&[Use::Delete]),
    settings("customers-freeze").uses(&[Use::Freeze]),
    settings("customers-recover").uses(&[Use::Recover]),
    settings("customers-billing-account").uses(&[Use::ChangeBillingAccount]).kind(&BILLING_ACCOUNTS),
    settings("contacts-lookup").kind(&CONTACTS),
    settings("customers-plan").uses(&[Use::ChangePlan]).kind(&BILLING_ACCOUNTS),
    settings("customers-deletion").uses(&[Use::ReadLedger]),
    settings("auth-deletion").uses(&[Use::ReadLedger, Use::ReadDeletionLink]),
    settings("customers-hold-set").uses(&[Use::HoldLedger]),
    settings("customers-hold-get").uses(&[Use::ReadLedgerHold]),
    // An overdue account is purged or expired.
    settings("customers-hold-release").uses(&[Use::Purge, Use::Expire, Use::ReleaseHold]),
    settings("platform-deletions-set").uses(&[Use::SetBrake]),
    settings("customers-balance").kind(&BILLING_ACCOUNTS),
    settings("platform-restore").uses(&[Use::Restore]),
    settings("resource-create").uses(&[Use::CountTakenNames]),
    settings("transcribes-stop").uses(&[Use::ActOnRow, Use::StopTranscription]).kind(&TRANSCRIPTIONS),
    settings("export-create").uses(&[Use::NeverReleaseQuota]),
    settings("webhook-get").uses(&[Use::ReadEndpoint]),
    settings("webhook-endpoints").uses(&[Use::ReadEndpoint, Use::ChangeEndpoint, Use::ServeDelegates]),
    settings("webhook-rotate").uses(&[Use::RotateSecret]),
    settings("webhook-test").uses(&[Use::NeverReleaseQuota]),
    settings("webhook-deliveries").uses(&[Use::ListDeliveries]),
    settings("webhook-redeliver").uses(&[Use::Redeliver, Use::NeverReleaseQuota]),
];
