//! What is answered that is no owned kind: the counterpart of `custodian_http::view`.

use custodian_domain::agent::{ADDRESS_TYPES, RING_METHODS, STATUSES};
use custodian_domain::agent_fields::{MOST_ADDRESSES, MOST_TAGS};
use custodian_domain::kinds::{ALL, routed};
use custodian_domain::{Permission, Plan, Status};
use serde_json::{Value, json};

use crate::schema::{
    Fields, described, filled, nullable, object, one_of, served, text, time, uuid, uuids, whole, with,
};
use crate::{refusals, shapes};

/// Every named schema.
pub(crate) fn all() -> Vec<(String, Value)> {
    let own = [
        (
            "Text",
            json!({ "type": "string", "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$",
            "description": "Without control characters. `x-max-bytes` is its limit in UTF-8." }),
        ),
        (
            "Time",
            json!({
                "type": "string", "format": "date-time",
                "pattern": "^[0-9-]{10}T[0-9:]{8}([.][0-9]{0,5}[1-9])?Z$",
                "description": "RFC 3339 in UTC, with up to six fractional digits, trailing zeros trimmed.",
            }),
        ),
        ("Customer", customer()),
        ("Agent", agent()),
        (
            "AccessKey",
            described(
                access_key(false),
                "A key for programs. Its token is shown when it is made, and never again.",
            ),
        ),
        ("NewAccessKey", described(access_key(true), "A key with its token, which nobody can read again.")),
        ("Usage", usage()),
        ("Delivery", delivery()),
    ];
    let own = own.into_iter().chain(refusals::schemas()).map(|(name, schema)| (name.to_owned(), schema));
    own.chain(routed().map(|kind| (shapes::name(kind), shapes::row(kind)))).collect()
}

/// Name, contact data and webhook destination, as requests give them.
pub(crate) fn profile() -> Fields {
    vec![
        ("name", text(255)),
        ("detail", text(4096)),
        (
            "email",
            with(
                filled(255),
                json!({ "format": "email", "description": "In ASCII: the domain of `a@bücher.example` is `xn--bcher-kva.example`." }),
            ),
        ),
        ("phone_number", text(255)),
        ("address", text(1024)),
        ("webhook_method", webhook_method()),
        ("webhook_uri", with(text(1023), json!({ "pattern": "^([Hh][Tt][Tt][Pp][Ss]?:.+)?$" }))),
    ]
}

/// How a webhook is sent.
pub(crate) fn webhook_method() -> Value {
    one_of(&["", "POST", "GET", "PUT", "DELETE"])
}

fn customer() -> Value {
    let statuses = Status::ALL.map(Status::as_str);
    let fields = vec![
        ("id", served(uuid())),
        ("name", text(255)),
        ("detail", text(4096)),
        ("email", text(255)),
        ("phone_number", text(255)),
        ("address", text(1024)),
        ("webhook_method", webhook_method()),
        ("webhook_uri", text(1023)),
        (
            "billing_account_id",
            served(described(uuid(), "The zero UUID until the account is active, and after it is gone.")),
        ),
        ("email_verified", served(json!({ "type": "boolean" }))),
        ("status", served(one_of(&statuses))),
        ("tm_deletion_scheduled", served(nullable(time()))),
        ("tm_create", served(time())),
        ("tm_update", served(time())),
        ("tm_delete", served(nullable(time()))),
    ];
    described(whole(fields), "An account. Every text is empty once it is deleted or expired.")
}

/// A name to log in with.
pub(crate) fn username() -> Value {
    json!({
        "$ref": "#/components/schemas/Text", "minLength": 1, "maxLength": 255, "pattern": r"^\S+$",
        "description": "Without spaces, unique in the platform whatever its case, not beginning with guest-.",
    })
}

/// A password that is to be set.
pub(crate) fn new_password() -> Value {
    json!({ "$ref": "#/components/schemas/Text", "minLength": 8, "maxLength": 128, "writeOnly": true })
}

/// A sum of permission bits.
pub(crate) fn permission() -> Value {
    let sums: Vec<u32> = (0..=0x71).filter(|bits| Permission::from_bits(*bits).is_some()).collect();
    let words = "A sum of 1 (platform admin), 16 (agent), 32 (admin) and 64 (manager).";
    json!({ "type": "integer", "enum": sums, "description": words })
}

/// Where an agent can be reached.
pub(crate) fn agent_addresses(answered: bool) -> Value {
    let fields = vec![
        ("type", one_of(&ADDRESS_TYPES)),
        ("target", filled(255)),
        ("target_name", text(255)),
        ("name", text(255)),
        ("detail", text(255)),
    ];
    let item = if answered { whole(fields) } else { object(fields, &["type", "target"]) };
    json!({ "type": "array", "items": item, "maxItems": MOST_ADDRESSES })
}

fn agent() -> Value {
    whole(vec![
        ("id", served(uuid())),
        ("customer_id", served(uuid())),
        ("username", described(text(1020), "Said when the agent is made, and never changed.")),
        // An agent that signed up has its address for a name.
        ("name", text(1020)),
        ("detail", text(4096)),
        ("ring_method", one_of(&RING_METHODS)),
        ("status", one_of(&STATUSES)),
        ("permission", permission()),
        ("tag_ids", uuids(MOST_TAGS)),
        ("addresses", agent_addresses(true)),
        (
            "direct_hash",
            served(described(json!({ "const": "" }), "Always empty: this service calls nobody by a hash.")),
        ),
        ("tm_create", served(time())),
        ("tm_update", served(time())),
        ("tm_delete", served(nullable(time()))),
    ])
}

fn access_key(with_token: bool) -> Value {
    let mut fields: Fields = vec![
        ("id", served(uuid())),
        ("customer_id", served(uuid())),
        ("name", text(255)),
        ("detail", text(4096)),
        ("token_prefix", served(json!({ "type": "string", "pattern": "^vb_.{8}$" }))),
        ("tm_expire", served(time())),
        ("tm_last_used", served(described(nullable(time()), "The day of its last use."))),
        ("tm_create", served(time())),
        ("tm_update", served(time())),
        ("tm_delete", served(nullable(time()))),
    ];
    if with_token {
        fields.insert(4, ("token", served(json!({ "type": "string", "pattern": "^vb_" }))));
    }
    whole(fields)
}

/// An event on its way to a webhook.
fn delivery() -> Value {
    let count = || json!({ "type": "integer", "minimum": 0 });
    whole(vec![
        ("id", uuid()),
        ("event_id", uuid()),
        ("type", described(json!({ "type": "string" }), "The event's, such as customer_updated.")),
        ("resource_id", described(nullable(uuid()), "The row that it is of; null if it is of the account.")),
        ("version", described(count(), "Orders the events of one row.")),
        ("status", one_of(&["pending", "succeeded", "failed"])),
        ("attempts", count()),
        ("status_code", described(nullable(count()), "Of the last answer, if there was one.")),
        ("error", described(nullable(json!({ "type": "string" })), "What went wrong at the last attempt.")),
        ("latency_ms", nullable(count())),
        ("tm_next", described(nullable(time()), "When it is tried again.")),
        ("tm_create", time()),
        ("tm_update", time()),
    ])
}

/// Each kind by its route.
fn usage() -> Value {
    let count = json!({ "type": "integer", "minimum": 0 });
    let of_kind = whole(vec![("count", count.clone()), ("limit", nullable(count))]);
    let kinds = ALL.iter().map(|kind| (kind.route, of_kind.clone())).collect();
    let fields = vec![("plan", one_of(&Plan::ALL.map(Plan::as_str))), ("resources", whole(kinds))];
    described(
        whole(fields),
        "How many there are of each kind, and how many the plan allows; null is no limit.",
    )
}
