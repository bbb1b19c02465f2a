//! The ports of the rows of a kind.

use custodian_domain::kinds::Kind;
use custodian_store::schema::{AUDITS, CUSTOMERS, IDENTIFIERS, OUTBOX, USAGE};

use crate::actions::{
    BATCH_GET_CHECK, BATCH_GET_UPDATE, CHECK, DELETE, GET, GET_DELETE, GET_PUT_DELETE, GET_UPDATE, PUT,
    QUERY, UPDATE,
};
use crate::grant::Target::{KindTable, LinkedTables, OwnedTables};
use crate::grant::{Use, When, grant, table};
use crate::ports::ports;

fn has_unique_names(kind: &Kind) -> bool {
    kind.unique.is_some()
}

/// Whether the bytes of the rows are not counted, so that an update only checks the gate.
fn counts_no_bytes(kind: &Kind) -> bool {
    !kind.counts_bytes()
}

/// Whether an update can change a field that is part of the kind's unique name.
fn can_rename(kind: &Kind) -> bool {
    let fields = kind.unique.as_ref().map_or(&[][..], |unique| unique.fields);
    fields.iter().filter_map(|name| kind.field(name)).any(|field| field.is_writable(false))
}

ports! {
    // Rows of a kind. Writes charge the bytes, if the kind counts them, to a gate, and the condition of this update checks the
    // gate. If it fails, they read all gates. The counter of a limited kind has its own row.
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
        // The audit entry of what a platform admin does.
        table(PUT, AUDITS),
    ];
    custodian_app::ports::UpdateResources => [
        table(GET, CUSTOMERS),
        grant(GET_UPDATE, KindTable).when(When::Unless(Use::WriteListed)),
        grant(UPDATE, KindTable).only_for(&[Use::WriteListed]),
        table(BATCH_GET_UPDATE, USAGE).when(When::Kind(Kind::counts_bytes)),
        table(BATCH_GET_CHECK, USAGE).when(When::Kind(counts_no_bytes)),
        table(PUT, OUTBOX),
        table(GET_PUT_DELETE, IDENTIFIERS).when(When::KindUnless(Use::ActOnRow, can_rename)),
        table(DELETE, IDENTIFIERS).only_for(&[Use::StopTranscription]),
        grant(CHECK, LinkedTables { creating: false }).when(When::Unless(Use::ActOnRow)),
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
}
