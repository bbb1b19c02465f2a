//! The ports of agents, of their credentials and of the notices.

use custodian_store::schema::{
    ACCESS_KEYS, AGENTS, AUDITS, CUSTOMERS, IDENTIFIERS, OUTBOX, TOKENS, USAGE, WEBHOOKS,
};

use crate::actions::{
    BATCH_GET, CHECK, CHECK_UPDATE, DELETE, GET, GET_CHECK_UPDATE, GET_DELETE, GET_PUT_DELETE,
    GET_PUT_UPDATE_DELETE, GET_UPDATE, PUT, QUERY, UPDATE,
};
use crate::grant::{Use, When, table};
use crate::ports::ports;

const TAGS: &str = custodian_domain::kinds::TAGS.table;

ports! {
    // Agents. If a gate is closed, a write other than a sign-out reads the customer's row to find the reason.
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
}
