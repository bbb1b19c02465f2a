//! The permissions of each port of the store. The generator fails if a function uses a port that is missing here.
//!
//! A port does not inherit the grants of its supertraits. It has to name them after `with`.

use custodian_domain::kinds::{Kind, UniqueScope};
use custodian_store::schema::{
    ACCESS_KEYS, AGENTS, AUDITS, BILLING_ACCOUNTS, BY_STATUS, CUSTOMERS, DELETION_LINKS, DELETIONS, DUE,
    EXPORTS, HELD, IDEMPOTENCY, IDENTIFIERS, OPEN, OUTBOX, RECEIPT_SIGNING_KEYS, RECEIPT_VERIFYING_KEYS,
    SIGNING_KEYS, THROTTLE, TOKENS, USAGE, VERIFYING_KEYS, WEBHOOKS,
};

use crate::grant::Target::{
    AuthenticationTables, CountedTables, EmptiedTables, Index, KindTable, LinkedTables, OwnedTables,
    PairedTables,
};
use crate::grant::{Use, When, grant, table};
use crate::ports::ports;

const TAGS: &str = custodian_domain::kinds::TAGS.table;

const BATCH_GET: &[&str] = &["dynamodb:BatchGetItem"];
const CHECK: &[&str] = &["dynamodb:ConditionCheckItem"];
const DELETE: &[&str] = &["dynamodb:DeleteItem"];
const GET: &[&str] = &["dynamodb:GetItem"];
const SCAN_DELETE: &[&str] = &["dynamodb:Scan", "dynamodb:DeleteItem"];
const BATCH_GET_CHECK_QUERY: &[&str] =
    &["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:Query"];
const PUT: &[&str] = &["dynamodb:PutItem"];
const QUERY: &[&str] = &["dynamodb:Query"];
const UPDATE: &[&str] = &["dynamodb:UpdateItem"];
const GET_PUT_UPDATE: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];
const BATCH_GET_UPDATE: &[&str] = &["dynamodb:BatchGetItem", "dynamodb:UpdateItem"];
const BATCH_GET_CHECK: &[&str] = &["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem"];
const GET_UPDATE: &[&str] = &["dynamodb:GetItem", "dynamodb:UpdateItem"];
const GET_DELETE: &[&str] = &["dynamodb:GetItem", "dynamodb:DeleteItem"];
const CHECK_UPDATE: &[&str] = &["dynamodb:ConditionCheckItem", "dynamodb:UpdateItem"];
const CHECK_PUT: &[&str] = &["dynamodb:ConditionCheckItem", "dynamodb:PutItem"];
const PUT_DELETE: &[&str] = &["dynamodb:PutItem", "dynamodb:DeleteItem"];
const PUT_UPDATE: &[&str] = &["dynamodb:PutItem", "dynamodb:UpdateItem"];
const PUT_UPDATE_DELETE: &[&str] = &["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];
const GET_CHECK_UPDATE: &[&str] = &["dynamodb:GetItem", "dynamodb:ConditionCheckItem", "dynamodb:UpdateItem"];
const BATCH_GET_AND_WRITE: &[&str] = &[
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
];
const BATCH_GET_CHECK_AND_UPDATE: &[&str] = &[
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
];
const GET_PUT_DELETE: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"];
const GET_PUT_UPDATE_DELETE: &[&str] =
    &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];

/// Changes of customers that set a new status. They also update the gates, which are rows of the table `usage`.
const NEW_STATUS: &[Use] = &[Use::Verify, Use::Freeze, Use::Recover, Use::Delete, Use::Purge, Use::Expire];

/// Changes of customers that end an account.
const ENDINGS: &[Use] = &[Use::Delete, Use::Purge, Use::Expire];

fn has_unique_names(kind: &Kind) -> bool {
    kind.unique.is_some()
}

/// Whether the bytes of the rows are not counted, so that an update only checks the gate.
fn has_fixed_size(kind: &Kind) -> bool {
    !kind.counts_bytes()
}

fn has_platform_names(kind: &Kind) -> bool {
    kind.unique.as_ref().is_some_and(|unique| unique.scope == UniqueScope::Platform)
}

/// Whether an update can change a field that is part of the kind's unique name.
fn can_rename(kind: &Kind) -> bool {
    let fields = kind.unique.as_ref().map_or(&[][..], |unique| unique.fields);
    fields.iter().filter_map(|name| kind.field(name)).any(|field| field.is_writable(false))
}

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
        table(PUT_UPDATE_DELETE, THROTTLE).when(When::UnlessAny(&[Use::NeverRelease, Use::CountTakenNames])),
        table(PUT_UPDATE, THROTTLE).only_for(&[Use::NeverRelease]),
        table(PUT_UPDATE, THROTTLE).when(When::ForKind(Use::CountTakenNames, has_platform_names)),
    ];
    custodian_app::ports::ReadThrottles => [
        table(GET, THROTTLE).when(When::Unless(Use::CountTakenNames)),
        table(GET, THROTTLE).when(When::ForKind(Use::CountTakenNames, has_platform_names)),
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
            Use::PermitDelegates,
            Use::HoldLedger,
            Use::ReleaseHold,
        ]),
    ];
    // A dry run of a deletion counts the rows that the deletion would remove, and reads the numbers.
    custodian_app::ports::CountRowsToDelete => [grant(QUERY, CountedTables)];
    custodian_app::ports::OpenAccounts with
        custodian_app::ports::CreateCustomers, custodian_app::ports::ChangeCustomers,
        custodian_app::ports::FindNames => [];

    // Agents. If a gate is closed, a write reads the customer's row to find the reason.
    custodian_app::ports::ReadAgents => [
        table(GET, CUSTOMERS).when(When::CustomerNotRead),
        table(GET, AGENTS).when(When::Unless(Use::ListAgents)),
        table(QUERY, AGENTS).only_for(&[Use::ListAgents, Use::Verify]),
    ];
    custodian_app::ports::CreateAgents => [
        table(GET, CUSTOMERS),
        table(PUT, AGENTS),
        // The caller must still exist.
        table(CHECK, AGENTS),
        table(CHECK, ACCESS_KEYS),
        // The name and the limit are read before the password is hashed.
        table(BATCH_GET, IDENTIFIERS),
        table(BATCH_GET, USAGE),
        table(GET_PUT_DELETE, IDENTIFIERS),
        table(CHECK, IDENTIFIERS),
        table(CHECK_UPDATE, USAGE),
        table(CHECK, TAGS),
        table(PUT, OUTBOX),
        table(PUT, AUDITS),
    ];
    custodian_app::ports::UpdateAgents => [
        table(GET, CUSTOMERS).when(When::Unless(Use::SignOut)),
        table(GET_UPDATE, AGENTS),
        // The caller must still exist.
        table(CHECK, AGENTS).only_for(&[Use::ChangeCredentials]),
        table(CHECK, ACCESS_KEYS).only_for(&[Use::ChangeCredentials]),
        // Before a surplus of keys is revoked, another administrator must exist.
        table(QUERY, AGENTS).only_for(&[Use::RevokeKeys]),
        table(CHECK, USAGE),
        table(CHECK_UPDATE, USAGE).only_for(&[Use::CountAdmins]),
        table(CHECK, TAGS).only_for(&[Use::SetTags]),
        table(GET_CHECK_UPDATE, TOKENS).only_for(&[Use::ConsumeMailToken]),
        table(PUT, OUTBOX).when(When::Unless(Use::SignOut)),
        table(PUT, AUDITS),
    ];
    custodian_app::ports::DeleteAgents => [
        table(GET, CUSTOMERS),
        table(GET_DELETE, AGENTS),
        table(QUERY, AGENTS),
        table(DELETE, IDENTIFIERS),
        table(CHECK_UPDATE, USAGE),
        table(PUT, OUTBOX),
        table(PUT, AUDITS),
    ];
    // A sign-in also reads the access key on which the password depends.
    custodian_app::ports::RecordSignIns => [table(UPDATE, AGENTS), table(BATCH_GET, ACCESS_KEYS)];
    custodian_app::ports::AuditLog => [table(PUT, AUDITS), table(CHECK, USAGE)];
    custodian_app::ports::ReadAuditLog => [table(QUERY, AUDITS)];

    // Access keys.
    custodian_app::ports::AccessKeys => [table(GET, CUSTOMERS).when(When::CustomerNotRead), table(QUERY, ACCESS_KEYS)];
    // At the limit, a creation deletes expired keys to make room.
    custodian_app::ports::CreateAccessKeys => [
        table(GET, CUSTOMERS),
        table(&["dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"], ACCESS_KEYS),
        // The caller must still exist.
        table(CHECK, ACCESS_KEYS),
        table(CHECK, AGENTS),
        table(CHECK_UPDATE, USAGE),
        table(PUT, OUTBOX),
        table(PUT, AUDITS),
    ];
    custodian_app::ports::UpdateAccessKeys => [
        table(GET, CUSTOMERS),
        table(GET_UPDATE, ACCESS_KEYS),
        table(CHECK, USAGE),
        table(PUT, OUTBOX),
        table(PUT, AUDITS),
    ];
    custodian_app::ports::DeleteAccessKeys => [
        table(GET, CUSTOMERS),
        // The function that deletes or demotes an agent lists the keys to revoke with it, and does not read them again.
        table(&["dynamodb:Query", "dynamodb:DeleteItem"], ACCESS_KEYS),
        table(GET, ACCESS_KEYS).when(When::Unless(Use::RevokeKeys)),
        table(GET_CHECK_UPDATE, USAGE),
        table(PUT, OUTBOX),
        table(PUT, AUDITS),
    ];

    // Rows of a kind. Writes charge the bytes to a gate, and the condition of this update checks the gate. If it fails, they read
    // all gates. The counter of a limited kind has its own row.
    custodian_app::ports::ListResources => [grant(QUERY, KindTable)];
    custodian_app::ports::ReadResources => [table(GET, CUSTOMERS).when(When::CustomerNotRead), grant(GET, KindTable)];
    custodian_app::ports::FindResources with custodian_app::ports::ReadResources => [table(GET, IDENTIFIERS)];
    custodian_app::ports::CreateResources => [
        table(GET, CUSTOMERS),
        grant(PUT, KindTable),
        table(BATCH_GET_UPDATE, USAGE),
        table(PUT, OUTBOX),
        table(GET_PUT_DELETE, IDENTIFIERS).when(When::Kind(has_unique_names)),
        grant(CHECK, LinkedTables { creating: true }),
        // What a platform admin does.
        table(PUT, AUDITS),
    ];
    custodian_app::ports::UpdateResources => [
        table(GET, CUSTOMERS),
        grant(GET_UPDATE, KindTable).when(When::Unless(Use::WriteListed)),
        grant(UPDATE, KindTable).only_for(&[Use::WriteListed]),
        table(BATCH_GET_UPDATE, USAGE).when(When::Kind(Kind::counts_bytes)),
        table(BATCH_GET_CHECK, USAGE).when(When::Kind(has_fixed_size)),
        table(PUT, OUTBOX),
        table(GET_PUT_DELETE, IDENTIFIERS).when(When::Kind(can_rename)),
        table(DELETE, IDENTIFIERS).only_for(&[Use::StopTranscription]),
        grant(CHECK, LinkedTables { creating: false }),
        table(PUT, AUDITS).when(When::Unless(Use::WriteListed)),
    ];
    custodian_app::ports::DeleteResources => [
        table(GET, CUSTOMERS),
        grant(GET_DELETE, KindTable),
        table(BATCH_GET_UPDATE, USAGE),
        table(PUT, OUTBOX),
        table(DELETE, IDENTIFIERS).when(When::Kind(has_unique_names)),
        table(PUT, AUDITS),
    ];
    custodian_app::ports::Usage => [table(QUERY, USAGE)];
    custodian_app::ports::Recount => [
        table(GET, CUSTOMERS),
        table(&["dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"], USAGE),
        grant(QUERY, OwnedTables),
    ];

    // Tokens of mailed links.
    custodian_app::ports::ReadMailTokens => [table(GET, TOKENS)];
    // Using a verification link also deletes the row that would report it as expired.
    custodian_app::ports::UseMailTokens => [table(GET_CHECK_UPDATE, TOKENS), table(DELETE, TOKENS)];
    custodian_app::ports::StoreMailTokens => [table(GET_PUT_UPDATE_DELETE, TOKENS), table(CHECK, USAGE)];

    // Notices. The row in `webhooks` is the recipient of the mail about a deletion.
    custodian_app::ports::NoticeRows => [
        table(GET, ACCESS_KEYS),
        table(GET_DELETE, WEBHOOKS),
        table(UPDATE, CUSTOMERS),
        table(GET_UPDATE, AGENTS),
    ];

    // Webhooks.
    custodian_webhooks::WebhookStore => [
        table(BATCH_GET, WEBHOOKS).only_for(&[Use::ReadEndpoint]),
        table(BATCH_GET_UPDATE, WEBHOOKS).only_for(&[Use::RotateSecret]),
        table(PUT_DELETE, WEBHOOKS).only_for(&[Use::ChangeEndpoint]),
        table(QUERY, WEBHOOKS).only_for(&[Use::ListDeliveries, Use::Deliver]),
        table(GET, WEBHOOKS).only_for(&[Use::Redeliver]),
        table(BATCH_GET_AND_WRITE, WEBHOOKS).only_for(&[Use::Deliver]),
        // The state of an endpoint is stored only while the endpoint exists.
        table(CHECK, WEBHOOKS).only_for(&[Use::Deliver]),
        table(CHECK, USAGE).only_for(&[Use::RotateSecret, Use::Deliver]),
        // An attempt that disables the endpoint causes an event.
        table(PUT, OUTBOX).only_for(&[Use::Deliver]),
        table(PUT, AUDITS).only_for(&[Use::RotateSecret, Use::Deliver]),
    ];
    custodian_webhooks::ReadPayloadRows => [grant(GET, OwnedTables)];

    // Exports.
    custodian_exports::ReadExports => [table(GET, EXPORTS)];
    custodian_exports::StartExports with custodian_exports::ReadExports => [
        table(PUT_UPDATE, EXPORTS),
        table(PUT, AUDITS),
        table(CHECK, USAGE),
    ];
    custodian_exports::WriteExports with custodian_exports::ReadExports => [table(UPDATE, EXPORTS), table(CHECK, USAGE)];
    custodian_exports::ExportRows with custodian_app::ports::ReadCustomers => [
        grant(QUERY, OwnedTables),
        table(QUERY, WEBHOOKS),
        table(QUERY, AUDITS),
    ];

    // Deletions. The brake has many rows, which a transaction puts; to permit deletions again, it also resets their count.
    custodian_app::ports::DeletionBrake => [
        table(GET, DELETIONS),
        table(BATCH_GET, THROTTLE),
        table(PUT_UPDATE, DELETIONS).only_for(&[Use::SetBrake]),
        table(DELETE, THROTTLE).only_for(&[Use::SetBrake]),
    ];
    custodian_app::ports::DeletionLinks => [
        table(PUT, DELETION_LINKS).when(When::Unless(Use::ReadDeletionLink)),
        table(GET, DELETION_LINKS).only_for(&[Use::ReadDeletionLink]),
    ];
    custodian_app::ports::LastMail => [table(GET_DELETE, DELETIONS)];
    custodian_cascade::Ledgers => [
        table(QUERY, DELETIONS).when(When::Unless(Use::HoldLedger)),
        // The ledger and the brake.
        table(BATCH_GET, DELETIONS).when(When::UnlessAny(&[Use::HoldLedger, Use::ReadLedgerHold])),
        table(PUT_UPDATE, DELETIONS).when(When::UnlessAny(&[Use::HoldLedger, Use::ReadLedgerHold, Use::ReadLedger])),
        table(UPDATE, DELETIONS).only_for(&[Use::HoldLedger]),
        // The numbers of rows, which are copied to the ledger.
        table(QUERY, USAGE).when(When::UnlessAny(&[Use::HoldLedger, Use::ReadLedgerHold, Use::ReadLedger])),
    ];
    custodian_cascade::OpenLedgers => [
        grant(QUERY, Index { table: DELETIONS, index: OPEN }),
        table(&["dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], DELETIONS),
        table(QUERY, USAGE),
    ];
    custodian_cascade::CompletedLedgers with custodian_cascade::Ledgers => [
        grant(QUERY, Index { table: DELETIONS, index: OPEN }),
        table(BATCH_GET, DELETIONS),
    ];
    // Only a restore run scans tables and deletes rows outside a cascade.
    custodian_cascade::restore::RestoreRows => [
        grant(SCAN_DELETE, EmptiedTables),
        grant(BATCH_GET_CHECK_QUERY, OwnedTables),
        table(&["dynamodb:Scan", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:ConditionCheckItem"], CUSTOMERS),
        table(
            &["dynamodb:Scan", "dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            DELETIONS,
        ),
        table(&["dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"], USAGE),
        table(BATCH_GET_CHECK_AND_UPDATE, IDENTIFIERS),
    ];
    custodian_cascade::FindRows => [grant(QUERY, EmptiedTables)];
    // The worker closes the steps of a ledger, and adds a missing one, but never creates a ledger.
    custodian_cascade::EmptyTables with custodian_cascade::FindRows => [
        table(&["dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], DELETIONS),
        grant(&["dynamodb:BatchWriteItem"], EmptiedTables),
        // The worker deletes a second row only if the row still belongs to the customer.
        grant(DELETE, PairedTables),
        table(GET, WEBHOOKS),
    ];
}
