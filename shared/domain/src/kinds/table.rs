//! The declarations.

use serde_json::{Map, Value};

use super::field::{Field, Source};
use super::shape::Shape;
use super::unique::{Scope, Unique, of_text, reached_at, transcribed};
use super::{Kind, Rule, Verbs};
use crate::permission::Permission;
use crate::reason::Reason;

const NAME: Field = Field::text("name", 255);
const DETAIL: Field = Field::text("detail", 4096);
const DIRECT_HASH: Field = Field::text("direct_hash", 255).served();

/// Every kind, as the specification names them.
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

/// Agents have crates of their own: they log in, hold permissions and one of them has to stay.
pub const AGENTS: Kind = Kind {
    noun: "agent",
    limits: [Some(5), Some(50), Some(500), None],
    verbs: Verbs::Own,
    ..Kind::new("agents", Reason::AgentNotFound, &[])
};

pub const NUMBERS: Kind = Kind {
    noun: "number",
    rule: Some(Rule {
        field: "number",
        words: "must, if it is virtual, be +899 and nine digits, not beginning with +899000, and else not begin with +899",
        holds: is_of_its_type,
    }),
    unique: Some(Unique {
        scope: Scope::Platform,
        what: "number",
        from: &["number"],
        names: |row| of_text(row, "number"),
        taken: Reason::NumberAlreadyExists,
    }),
    limits: [Some(5), Some(50), Some(500), None],
    ..Kind::new(
        "numbers",
        Reason::NumberNotFound,
        &[
            Field::new("number", Shape::Phone).once().required(),
            Field::choice("type", &["normal", "virtual"]).once(),
            Field::link("call_flow_id", "flows"),
            Field::link("message_flow_id", "flows"),
            NAME,
            DETAIL,
            Field::choice("status", &["active"]).served(),
            Field::new("t38_enabled", Shape::Flag).served(),
            Field::new("emergency_enabled", Shape::Flag).served(),
            Field::new("metadata", Shape::Flags(&["rtp_debug"])),
            Field::new("tm_purchase", Shape::Time).from(Source::Creation),
            Field::new("tm_renew", Shape::Time).served(),
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
            Field::new("actions", Shape::Actions { most: 1000 }),
            Field::link("on_complete_flow_id", "flows"),
            DIRECT_HASH,
        ],
    )
};

pub const QUEUES: Kind = Kind {
    noun: "queue",
    limits: [Some(2), Some(10), Some(100), None],
    ..Kind::new(
        "queues",
        Reason::QueueNotFound,
        &[
            NAME,
            DETAIL,
            Field::new(
                "routing_method",
                Shape::Choice { of: &["random"], wrong: Reason::InvalidRoutingMethod },
            )
            .filled(),
            Field::links("tag_ids", "tags"),
            DIRECT_HASH,
            Field::link("wait_flow_id", "flows"),
            // Milliseconds.
            Field::integer("wait_timeout"),
            Field::integer("service_timeout"),
            Field::new("wait_queuecall_ids", Shape::Ids).served(),
            Field::new("service_queuecall_ids", Shape::Ids).served(),
            Field::integer("total_incoming_count").served(),
            Field::integer("total_serviced_count").served(),
            Field::integer("total_abandoned_count").served(),
        ],
    )
};

pub const TRUNKS: Kind = Kind {
    noun: "trunk",
    unique: Some(Unique {
        scope: Scope::Platform,
        what: "domain",
        from: &["domain_name"],
        names: |row| of_text(row, "domain_name"),
        taken: Reason::DomainAlreadyExists,
    }),
    limits: [Some(1), Some(5), Some(50), None],
    ..Kind::new(
        "trunks",
        Reason::TrunkNotFound,
        &[
            NAME,
            DETAIL,
            Field::new("domain_name", Shape::Domain).once(),
            Field::new("auth_types", Shape::Choices { of: &["basic", "ip"] }),
            Field::text("username", 255),
            Field::text("password", 255).secret(),
            Field::new("allowed_ips", Shape::Networks { most: 100 }),
        ],
    )
};

pub const EXTENSIONS: Kind = Kind {
    noun: "extension",
    unique: Some(Unique {
        scope: Scope::Customer,
        what: "extension",
        from: &["extension"],
        names: |row| of_text(row, "extension"),
        taken: Reason::ExtensionAlreadyExists,
    }),
    limits: [Some(5), Some(50), Some(500), None],
    ..Kind::new(
        "extensions",
        Reason::ExtensionNotFound,
        &[
            NAME,
            DETAIL,
            Field::text("extension", 255).once().required(),
            Field::text("domain_name", 255).from(Source::Customer),
            Field::text("username", 255).from(Source::Copy("extension")),
            Field::text("password", 255).secret(),
            DIRECT_HASH,
        ],
    )
};

/// Records of files, not their bytes.
pub const FILES: Kind = Kind {
    noun: "file",
    table: "files",
    ..Kind::new(
        "storage_files",
        Reason::FileNotFound,
        &[
            Field::text("owner_type", 255),
            Field::new("owner_id", Shape::Id),
            Field::choice("reference_type", &["", "normal", "recording"]),
            Field::new("reference_id", Shape::Id),
            Field::choice("type", &["", "rag", "talk", "recording"]),
            NAME,
            DETAIL,
            Field::text("filename", 255),
            // Bytes.
            Field::integer("filesize"),
            Field::text("uri_download", 1023),
            Field::new("tm_download_expire", Shape::Time).served(),
        ],
    )
};

/// Made with the account that it is of; its balance is moved by platform admins alone.
pub const BILLING_ACCOUNTS: Kind = Kind {
    noun: "billing_account",
    needs: Permission::ADMIN,
    verbs: Verbs::ReadAndUpdate,
    ..Kind::new(
        "billing_accounts",
        Reason::BillingAccountNotFound,
        &[
            NAME,
            DETAIL,
            Field::choice("plan_type", &["free", "basic", "professional", "unlimited"]).served(),
            Field::choice("plan_status", &["active", "canceling"]).served(),
            // Millionths of the currency's unit.
            Field::integer("balance_credit").served(),
            Field::integer("balance_token").served(),
            Field::choice("payment_type", &["", "prepaid"]),
            Field::choice("payment_method", &["", "credit card"]),
            Field::new("tm_last_topup", Shape::Time).served(),
            Field::new("tm_next_topup", Shape::Time).served(),
        ],
    )
};

pub const TAGS: Kind = Kind { noun: "tag", ..Kind::new("tags", Reason::TagNotFound, &[NAME, DETAIL]) };

pub const TRANSCRIPTIONS: Kind = Kind {
    noun: "transcribe",
    table: "transcriptions",
    unique: Some(Unique {
        scope: Scope::Customer,
        what: "transcribe",
        from: &["status", "reference_type", "reference_id"],
        names: transcribed,
        taken: Reason::TranscribeAlreadyProgressing,
    }),
    ..Kind::new(
        "transcribes",
        Reason::TranscribeNotFound,
        &[
            NAME,
            DETAIL,
            Field::new("activeflow_id", Shape::Id).served(),
            Field::link("on_end_flow_id", "flows").once(),
            Field::choice("reference_type", &["unknown", "recording", "call", "confbridge"]).once(),
            Field::new("reference_id", Shape::Id).once(),
            Field::choice("status", &["progressing", "done"]).served(),
            Field::text("language", 255).once(),
            Field::choice("direction", &["both", "in", "out"]).once(),
            Field::choice("provider", &["", "gcp", "aws"]).once(),
        ],
    )
};

pub const CONTACTS: Kind = Kind {
    noun: "contact",
    unique: Some(Unique {
        scope: Scope::Customer,
        what: "address",
        from: &["addresses"],
        names: reached_at,
        taken: Reason::AddressAlreadyExists,
    }),
    created: 201,
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
            Field::text("notes", 4096),
            Field::new("addresses", Shape::Addresses { most: 10 }),
            Field::links("tag_ids", "tags"),
        ],
    )
};

/// Virtual numbers are of a range of their own, whose first thousandth is reserved.
fn is_of_its_type(given: &Map<String, Value>) -> bool {
    let text = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default();
    match (text("type"), text("number").strip_prefix("+899")) {
        ("virtual", Some(rest)) => rest.len() == 9 && !rest.starts_with("000"),
        ("virtual", None) => false,
        (_, within) => within.is_none(),
    }
}
