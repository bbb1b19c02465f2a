//! Agents.

use custodian_domain::Reason;
use custodian_domain::agent::{RING_ALL, RING_METHODS, STATUSES};
use custodian_domain::agent_fields::MAX_TAGS;
use custodian_domain::credentials::MAX_ENTERED_PASSWORD;
use custodian_domain::profile::{MAX_DETAIL, MAX_NAME};
use serde_json::{Value, json};

use crate::components::{agent_addresses, made_keys, new_password, permission, username};
use crate::operation::Operation;
use crate::schema::{
    enumeration, multi_line_text, object, text, unique_uuids, uuid, with_description, with_keywords,
};

pub(super) fn all() -> Vec<Operation> {
    [agents(), agent_fields()].into_iter().flatten().collect()
}

fn agents() -> Vec<Operation> {
    let new_agent = vec![
        ("username", username()),
        ("password", new_password()),
        ("name", text(MAX_NAME)),
        ("detail", multi_line_text(MAX_DETAIL)),
        ("ring_method", with_description(enumeration(&[RING_ALL, ""]), "An empty text means `ringall`.")),
        ("permission", with_keywords(permission(), json!({ "default": 16 }))),
        ("tag_ids", unique_uuids(MAX_TAGS)),
        ("addresses", agent_addresses()),
    ];
    let ring_methods: Vec<_> = RING_METHODS.into_iter().chain([""]).collect();
    let ring_method = with_description(enumeration(&ring_methods), "An empty text means `ringall`.");
    let change =
        vec![("name", text(MAX_NAME)), ("detail", multi_line_text(MAX_DETAIL)), ("ring_method", ring_method)];
    let tags = json!({ "type": "array", "items": uuid(), "minItems": 1, "maxItems": 100 });
    let query = |name: &str, schema: Value, description: &str| json!({ "name": name, "in": "query", "schema": schema, "explode": false, "description": description });
    vec![
        Operation::new(
            "GET",
            "/v1.0/me",
            "Returns the calling agent. For an access key, the guest agent of its account. Admins may read it also while the account \
                awaits its deletion.",
        )
        .returns_row("Agent")
        .fails_with(&[Reason::AgentNotFound]),
        Operation::new("GET", "/v1.0/agents", "Lists the account's agents, newest first.")
            .parameter(query("tag_ids", tags, "Only agents with at least one of these tags."))
            .parameter(query("status", enumeration(&STATUSES), "Only agents with this status."))
            .returns_page("Agent")
            .fails_with(&[Reason::InvalidTagIds]),
        Operation::new(
            "POST",
            "/v1.0/agents",
            "Creates an agent. Its permission cannot exceed the caller's. An admin that an access key creates can sign in only \
                while that key is valid, until another admin or a mailed link sets another password.",
        )
            .body(object(new_agent, &["username", "password"]))
            .returns_row("Agent")
            .fails_with(&[
                Reason::AgentAlreadyExists,
                Reason::ResourceLimitExceeded,
                Reason::InvalidRingMethod,
                Reason::RateLimitExceeded,
            ])
            .also_refuses(Reason::InvalidArgument, "tag_ids", TAGS_EXIST),
        one("GET", "", "Returns an agent. Agents can read themselves; admins and managers can read all."),
        one(
            "PUT",
            "",
            "Changes name, detail and ring method. Agents can change themselves; admins and managers can also change agents of no higher rank. The guest agent keeps its name. A username cannot be changed.",
        )
        .body(object(change, &[]))
        .fails_with(&[Reason::GuestAgentProtected, Reason::InvalidRingMethod]),
        one(
            "DELETE",
            "",
            "Deletes an agent permanently, and the access keys that were made by it, directly or through other keys. The guest \
                agent and the last admin cannot be deleted.",
        )
        .parameter(made_keys("`keep` does not delete the access keys that were made by this agent."))
        .fails_with(&[Reason::GuestAgentProtected, Reason::LastAdmin, Reason::InvalidRequestParameter]),
    ]
}

const TAGS_EXIST: &str = "`tag_ids` refer to a row of the account's tags that does not exist.";

fn one(method: &'static str, suffix: &str, description: &str) -> Operation {
    Operation::new(method, format!("/v1.0/agents/{{id}}{suffix}"), description)
        .returns_row("Agent")
        .fails_with(&[Reason::AgentNotFound])
}

fn agent_fields() -> Vec<Operation> {
    let replace = |suffix: &str, field: &'static str, schema, description| {
        one("PUT", suffix, description).body(object(vec![(field, schema)], &[field]))
    };
    let current = with_description(
        with_keywords(text(MAX_ENTERED_PASSWORD), json!({ "writeOnly": true })),
        "Required to change one's own password.",
    );
    let body = object(vec![("password", new_password()), ("current_password", current)], &["password"]);
    vec![
        replace(
            "/permission",
            "permission",
            permission(),
            "Sets the permission of an agent. Revokes its tokens. If the agent stops being an admin, also deletes the access keys \
                that were made by it, directly or through other keys. An admin whom an access key promoted can sign in only while \
                that key is valid, until another admin or a mailed link sets another password.",
        )
        .parameter(made_keys("`keep` does not delete the access keys that were made by this agent."))
        .fails_with(&[Reason::GuestAgentProtected, Reason::LastAdmin, Reason::InvalidRequestParameter]),
        one(
            "PUT",
            "/password",
            "Sets the password of an agent. One's own requires the current password. Revokes the agent's tokens. An admin whose \
                password an access key set can sign in only while that key is valid, until an admin or a mailed link sets \
                another.",
        )
        .body(body)
        .fails_with(&[Reason::InvalidPassword, Reason::GuestAgentProtected, Reason::RateLimitExceeded])
        .also_refuses(
            Reason::InvalidArgument,
            "current_password",
            "`current_password` is missing, and the agent is the caller.",
        ),
        replace("/status", "status", enumeration(&STATUSES), "Sets the status of an agent."),
        replace("/addresses", "addresses", agent_addresses(), "Replaces the addresses of an agent."),
        replace("/tag_ids", "tag_ids", unique_uuids(MAX_TAGS), "Replaces the tags of an agent.")
            .also_refuses(Reason::InvalidArgument, "tag_ids", TAGS_EXIST),
    ]
}
