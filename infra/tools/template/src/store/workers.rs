//! The ports of webhooks, exports and deletions.

use custodian_store::schema::{
    AUDITS, CUSTOMERS, DELETION_LINKS, DELETIONS, EXPORTS, IDENTIFIERS, OPEN, OUTBOX, THROTTLE, USAGE,
    WEBHOOKS,
};

use crate::actions::{
    BATCH_GET, BATCH_GET_CHECK_QUERY, BATCH_GET_UPDATE, CHECK, DELETE, GET, GET_BATCH_GET_CHECK_PUT_UPDATE,
    GET_BATCH_GET_PUT_UPDATE_DELETE, GET_DELETE, PUT, PUT_DELETE, PUT_UPDATE, QUERY, SCAN_DELETE, UPDATE,
};
use crate::grant::Target::{EmptiedTables, Index, OwnedTables, PairedTables};
use crate::grant::{Use, When, grant, table};
use crate::ports::ports;

ports! {
    // Webhooks.
    custodian_webhooks::WebhookStore => [
        table(BATCH_GET, WEBHOOKS).only_for(&[Use::ReadEndpoint]),
        table(BATCH_GET_UPDATE, WEBHOOKS).only_for(&[Use::RotateSecret]),
        table(PUT_DELETE, WEBHOOKS).only_for(&[Use::ChangeEndpoint]),
        table(QUERY, WEBHOOKS).only_for(&[Use::ListDeliveries, Use::Deliver]),
        table(GET, WEBHOOKS).only_for(&[Use::Redeliver]),
        table(GET_BATCH_GET_PUT_UPDATE_DELETE, WEBHOOKS).only_for(&[Use::Deliver]),
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
    // A restore run scans tables and deletes rows outside a cascade.
    custodian_cascade::restore::RestoreRows => [
        grant(SCAN_DELETE, EmptiedTables),
        grant(BATCH_GET_CHECK_QUERY, OwnedTables),
        table(&["dynamodb:Scan", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:ConditionCheckItem"], CUSTOMERS),
        table(
            &["dynamodb:Scan", "dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            DELETIONS,
        ),
        table(&["dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"], USAGE),
        table(GET_BATCH_GET_CHECK_PUT_UPDATE, IDENTIFIERS),
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
