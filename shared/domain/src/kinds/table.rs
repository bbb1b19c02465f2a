//! The declarations of the kinds.

use super::field::{Field, Source};
use super::field_type::FieldType;
use super::kind::{Kind, Verbs};
use super::part::{Part, PartChange};
use super::rules;
use super::unique::{Unique, UniqueScope, contact_addresses, running_transcription, text_name};
use crate::permission::Permission;
use crate::profile::{MAX_DETAIL, MAX_NAME};
use crate::reason::Reason;

const NAME: Field = Field::text("name", MAX_NAME);
const DETAIL: Field = Field::multi_line_text("detail", MAX_DETAIL);
const DIRECT_HASH: Field = Field::text("direct_hash", 255).read_only();
const HA1: Field = Field::sip_digest("ha1");

/// Every kind of the specification.
pub const ALL: &[&Kind] = &[
    &AGENTS,
    &NUMBERS,
    &FLOWS,
    &QUEUES,
    &TRUNKS,
    &EXTENSIONS,
    &FILES,
    &BILLING_ACCOUNTS,
    &TAGS,
    &TRANSCRIPTIONS,
    &CONTACTS,
];

/// Agents have their own functions: they sign in and hold permissions, and an account must keep at least one admin.
pub const AGENTS: Kind = Kind {
    noun: "agent",
    limits: [Some(5), Some(50), Some(500), None],
    verbs: Verbs::Own,
    ..Kind::new("agents", Reason::AgentNotFound, &[])
};

pub const NUMBERS: Kind = Kind {
    noun: "number",
    rules: rules::NUMBERS,
    unique: Some(Unique {
        scope: UniqueScope::Platform,
        prefix: "number",
        fields: &["number"],
        names: |fields| text_name(fields, "number"),
        taken_reason: Reason::NumberAlreadyExists,
    }),
    limits: [Some(5), Some(50), Some(500), None],
    parts: &[Part::set("flow_ids", &["call_flow_id", "message_flow_id"])],
    ..Kind::new(
        "numbers",
        Reason::NumberNotFound,
        &[
            Field::new("number", FieldType::Phone).create_only().required(),
            Field::choice("type", &["normal", "virtual"]).create_only(),
            Field::link("call_flow_id", "flows"),
            Field::link("message_flow_id", "flows"),
            NAME,
            DETAIL,
            Field::choice("status", &["active"]).read_only(),
            Field::new("t38_enabled", FieldType::Flag).read_only(),
            Field::new("emergency_enabled", FieldType::Flag).read_only(),
            Field::new("metadata", FieldType::Flags(&["rtp_debug"])),
            Field::new("tm_purchase", FieldType::Time).from(Source::CreationTime),
            Field::new("tm_renew", FieldType::Time).read_only(),
        ],
    )
};

pub const FLOWS: Kind = Kind {
    noun: "flow",
    limits: [Some(10_000), Some(10_000), Some(10_000), Some(10_000)],
    ..Kind::new(
        "flows",
        Reason::FlowNotFound,
        &[
            Field::choice("type", &["flow", "conference", "queue", "campaign", "transfer"]),
            NAME,
            DETAIL,
            // Actions contain URLs and headers, which may contain credentials.
            Field::new("actions", FieldType::Actions { max: 1000 }).encrypted(),
            Field::link("on_complete_flow_id", "flows"),
            DIRECT_HASH,
        ],
    )
};

pub const QUEUES: Kind = Kind {
    noun: "queue",
    limits: [Some(2), Some(10), Some(100), None],
    parts: &[Part::set("tag_ids", &["tag_ids"]), Part::set("routing_method", &["routing_method"])],
    ..Kind::new(
        "queues",
        Reason::QueueNotFound,
        &[
            NAME,
            DETAIL,
            Field::new(
                "routing_method",
                FieldType::Choice { values: &["random"], reason: Reason::InvalidRoutingMethod },
            )
            .non_empty(),
            Field::links("tag_ids", "tags"),
            DIRECT_HASH,
            Field::link("wait_flow_id", "flows"),
            // In milliseconds.
            Field::integer("wait_timeout"),
            Field::integer("service_timeout"),
            Field::new("wait_queuecall_ids", FieldType::Ids).read_only(),
            Field::new("service_queuecall_ids", FieldType::Ids).read_only(),
            Field::integer("total_incoming_count").read_only(),
            Field::integer("total_serviced_count").read_only(),
            Field::integer("total_abandoned_count").read_only(),
        ],
    )
};

pub const TRUNKS: Kind = Kind {
    noun: "trunk",
    rules: rules::TRUNKS,
    unique: Some(Unique {
        scope: UniqueScope::Platform,
        prefix: "domain",
        fields: &["domain_name"],
        names: |fields| text_name(fields, "domain_name"),
        taken_reason: Reason::DomainAlreadyExists,
    }),
    limits: [Some(1), Some(5), Some(50), None],
    ..Kind::new(
        "trunks",
        Reason::TrunkNotFound,
        &[
            NAME,
            DETAIL,
            Field::new("domain_name", FieldType::Domain).create_only(),
            Field::new("auth_types", FieldType::Choices { values: &["basic", "ip"] }),
            Field::text("username", 255),
            // Only administrators and access keys see it, in responses about a single row.
            Field::text("password", 255).secret(),
            HA1,
            Field::new("allowed_ips", FieldType::Networks { max: 100 }),
        ],
    )
};

pub const EXTENSIONS: Kind = Kind {
    noun: "extension",
    unique: Some(Unique {
        scope: UniqueScope::Customer,
        prefix: "extension",
        fields: &["extension"],
        names: |fields| text_name(fields, "extension"),
        taken_reason: Reason::ExtensionAlreadyExists,
    }),
    limits: [Some(5), Some(50), Some(500), None],
    ..Kind::new(
        "extensions",
        Reason::ExtensionNotFound,
        &[
            NAME,
            DETAIL,
            Field::text("extension", 255).create_only().required(),
            Field::text("domain_name", 255).from(Source::Customer),
            Field::text("username", 255).from(Source::Copy("extension")),
            Field::text("password", 255).secret().required(),
            HA1,
            DIRECT_HASH,
        ],
    )
};

/// Metadata of files. The service does not store their content.
pub const FILES: Kind = Kind {
    noun: "file",
    table: "files",
    ..Kind::new(
        "storage_files",
        Reason::FileNotFound,
        &[
            Field::text("owner_type", 255),
            Field::new("owner_id", FieldType::Id),
            Field::choice("reference_type", &["", "normal", "recording"]),
            Field::new("reference_id", FieldType::Id),
            Field::choice("type", &["", "rag", "talk", "recording"]),
            NAME,
            DETAIL,
            Field::text("filename", 255),
            // In bytes.
            Field::integer("filesize"),
            // A URL may contain credentials.
            Field::text("uri_download", 1023).encrypted(),
            Field::new("tm_download_expire", FieldType::Time).read_only(),
        ],
    )
};

/// Verifying an account creates its billing account. Only platform admins change the balance.
pub const BILLING_ACCOUNTS: Kind = Kind {
    noun: "billing_account",
    required_permission: Permission::ADMIN,
    verbs: Verbs::ReadAndUpdate,
    ..Kind::new(
        "billing_accounts",
        Reason::BillingAccountNotFound,
        &[
            NAME,
            DETAIL,
            Field::choice("plan_type", &["free", "basic", "professional", "unlimited"]).read_only(),
            Field::choice("plan_status", &["active", "canceling"]).read_only(),
            // In millionths of the currency unit.
            Field::integer("balance_credit").read_only(),
            Field::integer("balance_token").read_only(),
            Field::choice("payment_type", &["", "prepaid"]),
            Field::choice("payment_method", &["", "credit card"]),
            Field::new("tm_last_topup", FieldType::Time).read_only(),
            Field::new("tm_next_topup", FieldType::Time).read_only(),
        ],
    )
};

pub const TAGS: Kind = Kind { noun: "tag", ..Kind::new("tags", Reason::TagNotFound, &[NAME, DETAIL]) };

pub const TRANSCRIPTIONS: Kind = Kind {
    noun: "transcribe",
    table: "transcriptions",
    unique: Some(Unique {
        scope: UniqueScope::Customer,
        prefix: "transcribe",
        fields: &["status", "reference_type", "reference_id"],
        names: running_transcription,
        taken_reason: Reason::TranscribeAlreadyProgressing,
    }),
    ..Kind::new(
        "transcribes",
        Reason::TranscribeNotFound,
        &[
            NAME,
            DETAIL,
            Field::new("activeflow_id", FieldType::Id).read_only(),
            Field::link("on_end_flow_id", "flows").create_only(),
            Field::choice("reference_type", &["unknown", "recording", "call", "confbridge"]).create_only(),
            Field::new("reference_id", FieldType::Id).create_only(),
            Field::choice("status", &["progressing", "done"]).read_only(),
            Field::text("language", 255).create_only(),
            Field::choice("direction", &["both", "in", "out"]).create_only(),
            Field::choice("provider", &["", "gcp", "aws"]).create_only(),
        ],
    )
};

pub const CONTACTS: Kind = Kind {
    noun: "contact",
    unique: Some(Unique {
        scope: UniqueScope::Customer,
        prefix: "address",
        fields: &["addresses"],
        names: contact_addresses,
        taken_reason: Reason::AddressAlreadyExists,
    }),
    created_status: 201,
    parts: &[
        Part::new("POST", "addresses", PartChange::AddAddress),
        Part::new("PUT", "addresses/{address_id}", PartChange::ChangeAddress),
        Part::new("DELETE", "addresses/{address_id}", PartChange::RemoveAddress),
        Part::new("POST", "tags", PartChange::AddTag),
        Part::new("DELETE", "tags/{tag_id}", PartChange::RemoveTag),
    ],
    ..Kind::new(
        "contacts",
        Reason::ContactNotFound,
        &[
            Field::text("first_name", 255),
            Field::text("last_name", 255),
            Field::text("display_name", 255),
            Field::text("company", 255),
            Field::text("job_title", 255),
            Field::choice("source", &["manual", "import", "api", "sync"]),
            Field::text("external_id", 255),
            Field::multi_line_text("notes", 4096),
            Field::new("addresses", FieldType::Addresses { max: 10 }),
            Field::links("tag_ids", "tags"),
        ],
    )
};
