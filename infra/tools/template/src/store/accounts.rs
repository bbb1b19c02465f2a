//! The ports of authentication and of customers.

use custodian_domain::kinds::Kind;
use custodian_store::schema::{
    ACCESS_KEYS, AGENTS, AUDITS, BILLING_ACCOUNTS, BY_STATUS, CUSTOMERS, DELETIONS, DUE, HELD, IDEMPOTENCY,
    IDENTIFIERS, OUTBOX, RECEIPT_SIGNING_KEYS, RECEIPT_VERIFYING_KEYS, SIGNING_KEYS, THROTTLE, USAGE,
    VERIFYING_KEYS, WEBHOOKS,
};

use crate::actions::{
    BATCH_GET, BATCH_GET_UPDATE, CHECK, CHECK_PUT, CHECK_UPDATE, DELETE, GET, GET_PUT_DELETE, GET_PUT_UPDATE,
    GET_PUT_UPDATE_DELETE, PUT, PUT_DELETE, PUT_UPDATE, PUT_UPDATE_DELETE, QUERY, UPDATE,
};
use crate::grant::Target::{AuthenticationTables, CountedTables, Index};
use crate::grant::{Use, When, grant, table};
use crate::ports::ports;

/// Changes of customers that set a new status. They also update the gates, which are rows of the table `usage`.
const NEW_STATUS: &[Use] = &[Use::Verify, Use::Freeze, Use::Recover, Use::Delete, Use::Purge, Use::Expire];

/// Changes of customers that end an account.
const ENDINGS: &[Use] = &[Use::Delete, Use::Purge, Use::Expire];

ports! {
    // Authentication. The shared policy permits every function to read the verifying keys.
    custodian_app::ports::VerifyingKeys => [];
    custodian_app::ports::Authenticator with custodian_app::ports::RecordKeyUse, custodian_app::ports::Idempotency => [
        grant(BATCH_GET, AuthenticationTables),
    ];
    custodian_app::ports::RecordKeyUse => [table(UPDATE, ACCESS_KEYS).when(When::Authenticated)];
    custodian_app::ports::Idempotency => [
        table(GET_PUT_UPDATE_DELETE, IDEMPOTENCY).when(When::Idempotent),
        // The record of an earlier release.
        table(CHECK, IDEMPOTENCY).when(When::Idempotent),
        table(CHECK, USAGE).when(When::Idempotent),
    ];
    custodian_app::ports::FindNames => [table(BATCH_GET, IDENTIFIERS)];
    custodian_app::ports::Throttle => [
        table(PUT_UPDATE_DELETE, THROTTLE).when(When::UnlessAny(&[Use::NeverReleaseQuota, Use::CountTakenNames])),
        table(PUT_UPDATE, THROTTLE).only_for(&[Use::NeverReleaseQuota]),
        table(PUT_UPDATE, THROTTLE).when(When::ForKind(Use::CountTakenNames, Kind::has_platform_names)),
    ];
    custodian_app::ports::ReadThrottles => [
        table(GET, THROTTLE).when(When::Unless(Use::CountTakenNames)),
        table(GET, THROTTLE).when(When::ForKind(Use::CountTakenNames, Kind::has_platform_names)),
    ];
    custodian_app::ports::Budgets => [table(UPDATE, THROTTLE)];
    custodian_app::ports::ClearThrottles => [table(DELETE, THROTTLE)];
    custodian_app::ports::ReceiptKeys => [table(GET, RECEIPT_SIGNING_KEYS)];
    custodian_app::ports::PublishedReceiptKeys => [table(GET, RECEIPT_VERIFYING_KEYS)];
    custodian_app::ports::ManageReceiptKeys => [
        table(&["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], RECEIPT_SIGNING_KEYS),
        table(PUT_UPDATE, RECEIPT_VERIFYING_KEYS),
    ];
    custodian_app::ports::SigningKeys => [table(GET_PUT_UPDATE, SIGNING_KEYS), table(PUT_DELETE, VERIFYING_KEYS)];

    // Customers.
    custodian_app::ports::ReadCustomers => [table(GET, CUSTOMERS)];
    custodian_app::ports::ListCustomers => [
        grant(QUERY, Index { table: CUSTOMERS, index: BY_STATUS }),
        grant(QUERY, Index { table: CUSTOMERS, index: DUE }),
        grant(QUERY, Index { table: CUSTOMERS, index: HELD }),
        table(&["dynamodb:BatchGetItem", "dynamodb:Query"], IDENTIFIERS),
    ];
    custodian_app::ports::CountDue => [grant(QUERY, Index { table: CUSTOMERS, index: DUE })];
    custodian_app::ports::DueCustomers => [table(BATCH_GET, CUSTOMERS), grant(QUERY, Index { table: CUSTOMERS, index: DUE })];
    custodian_app::ports::CreateCustomers => [
        table(PUT, CUSTOMERS),
        table(PUT, AGENTS),
        table(PUT, USAGE),
        table(GET, CUSTOMERS),
        table(GET_PUT_DELETE, IDENTIFIERS),
        table(CHECK, IDENTIFIERS).when(When::Unless(Use::UsernameIsOwnAddress)),
        table(PUT, OUTBOX),
        table(PUT, AUDITS),
    ];
    custodian_app::ports::ChangeCustomers => [
        table(GET, CUSTOMERS),
        // An anonymised row is put whole. All other changes update the row.
        table(PUT, CUSTOMERS).only_for(&[Use::Delete, Use::Purge, Use::Expire]),
        table(UPDATE, CUSTOMERS).when(When::UnlessAny(&[Use::Delete, Use::Purge, Use::Expire])),
        table(UPDATE, CUSTOMERS).only_for(&[Use::Freeze, Use::ReplaceSignup, Use::ReleaseHold]),
        table(UPDATE, USAGE).only_for(NEW_STATUS),
        // The ledger of the deletion, the recipient of the last mail, and the brake.
        table(&["dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], DELETIONS).only_for(ENDINGS),
        table(GET, DELETIONS).only_for(&[Use::Purge, Use::Expire]),
        // The number of deletions within an hour.
        table(BATCH_GET_UPDATE, THROTTLE).only_for(ENDINGS),
        // The deletion notice, and the recipient of the first mail about the deletion.
        table(PUT, WEBHOOKS).only_for(&[Use::Delete, Use::Purge]),
        // Verification creates the billing account and the first access key, or confirms a new e-mail address.
        table(PUT, BILLING_ACCOUNTS).only_for(&[Use::Verify]),
        table(CHECK_PUT, ACCESS_KEYS).only_for(&[Use::Verify]),
        table(CHECK_UPDATE, AGENTS).only_for(&[Use::Verify]),
        // Confirming an address renames agents, and claims the names.
        table(CHECK, USAGE).only_for(&[Use::Verify]),
        table(CHECK_UPDATE, IDENTIFIERS).only_for(&[Use::Verify]),
        table(GET_PUT_DELETE, IDENTIFIERS).only_for(&[Use::Verify, Use::ChangeProfile]),
        // The plan is also written to the billing account.
        table(UPDATE, BILLING_ACCOUNTS).only_for(&[Use::ChangePlan]),
        table(UPDATE, USAGE).only_for(&[Use::ChangePlan]),
        table(PUT, OUTBOX).only_for(&[Use::Verify, Use::ChangePlan]),
        // The entries of the audit log are deleted with the account, so a deletion writes none.
        table(PUT, AUDITS).only_for(&[
            Use::Verify,
            Use::Freeze,
            Use::Recover,
            Use::ChangeProfile,
            Use::ChangePlan,
            Use::ChangeBillingAccount,
            Use::ServeDelegates,
            Use::HoldLedger,
            Use::ReleaseHold,
        ]),
    ];
    // A dry run of a deletion counts the rows that the deletion would remove, and reads the numbers.
    custodian_app::ports::CountRowsToDelete => [grant(QUERY, CountedTables)];
    custodian_app::ports::OpenAccounts with
        custodian_app::ports::CreateCustomers, custodian_app::ports::ChangeCustomers,
        custodian_app::ports::FindNames => [];
}
