//! Who acts for an account: agents, and access keys for programs.

use custodian_domain::Reason;
use custodian_domain::access_key::SHORTEST_LIFE;
use custodian_domain::agent::{RING_ALL, RING_METHODS, STATUSES};
use custodian_domain::agent_fields::MOST_TAGS;
use serde_json::{Value, json};

use crate::operation::Operation;
use crate::schema::{described, object, one_of, text, uuid, uuids, with};
use crate::views::{agent_addresses, new_password, permission, username};

pub(super) fn all() -> Vec<Operation> {
    [agents(), parts_of_agents(), keys()].into_iter().flatten().collect()
}

fn agents() -> Vec<Operation> {
    let new = vec![
        ("username", username()),
        ("password", new_password()),
        ("name", text(255)),
        ("detail", text(4096)),
        ("ring_method", described(one_of(&[RING_ALL, ""]), "An empty text is ringall.")),
        ("permission", with(permission(), json!({ "default": 16 }))),
        ("tag_ids", uuids(MOST_TAGS)),
        ("addresses", agent_addresses(false)),
    ];
    let ring_methods: Vec<_> = RING_METHODS.into_iter().chain([""]).collect();
    let ring_method = described(one_of(&ring_methods), "An empty text is ringall.");
    let changed = vec![("name", text(255)), ("detail", text(4096)), ("ring_method", ring_method)];
    let tags = json!({ "type": "array", "items": uuid(), "minItems": 1, "maxItems": 100 });
    let query = |name: &str, schema: Value, words: &str| json!({ "name": name, "in": "query", "schema": schema, "explode": false, "description": words });
    vec![
        Operation::new(
            "GET",
            "/v1.0/me",
            "The calling agent. An access key answers as its customer's guest.",
        )
        .gives_row("Agent")
        .refuses(&[Reason::AgentNotFound]),
        Operation::new("GET", "/v1.0/agents", "The account's agents, newest first.")
            .parameter(query("tag_ids", tags, "Only agents with one of these tags."))
            .parameter(query("status", one_of(&STATUSES), "Only agents who are doing this."))
            .gives_page("Agent")
            .refuses(&[Reason::InvalidTagIds]),
        Operation::new("POST", "/v1.0/agents", "Makes an agent. Of at most the rank of who makes it.")
            .takes(object(new, &["username", "password"]))
            .gives_row("Agent")
            .refuses(&[Reason::AgentAlreadyExists, Reason::ResourceLimitExceeded, Reason::InvalidRingMethod]),
        one("GET", "", "One agent. Every agent may see itself; admins and managers see all."),
        one(
            "PUT",
            "",
            "Changes name, detail and ring method. Of oneself, or of who is not above oneself; the guest keeps its name.",
        )
        .takes(object(changed, &[]))
        .refuses(&[Reason::GuestAgentProtected, Reason::InvalidRingMethod]),
        one("DELETE", "", "Removes an agent for good. But for the guest and the last administrator.")
            .refuses(&[Reason::GuestAgentProtected, Reason::LastAdmin]),
    ]
}

fn one(method: &'static str, end: &str, words: &str) -> Operation {
    Operation::new(method, format!("/v1.0/agents/{{id}}{end}"), words)
        .gives_row("Agent")
        .refuses(&[Reason::AgentNotFound])
}

fn parts_of_agents() -> Vec<Operation> {
    let set = |end: &str, field: &'static str, schema, words| {
        one("PUT", end, words).takes(object(vec![(field, schema)], &[field]))
    };
    let current = described(with(text(512), json!({ "writeOnly": true })), "Required for one's own.");
    let passwords = object(vec![("password", new_password()), ("current_password", current)], &["password"]);
    vec![
        set("/permission", "permission", permission(), "What an agent may do. Its tokens are dead then.")
            .refuses(&[Reason::GuestAgentProtected, Reason::LastAdmin]),
        one(
            "PUT",
            "/password",
            "Sets a password. One's own needs the one before; the agent's tokens are dead then.",
        )
        .takes(passwords)
        .refuses(&[Reason::InvalidPassword, Reason::GuestAgentProtected, Reason::RateLimitExceeded]),
        set("/status", "status", one_of(&STATUSES), "What an agent is doing."),
        set("/addresses", "addresses", agent_addresses(false), "Where an agent can be reached."),
        set("/tag_ids", "tag_ids", uuids(MOST_TAGS), "What an agent is tagged with."),
    ]
}

fn keys() -> Vec<Operation> {
    let expire = json!({
        "type": "integer", "minimum": SHORTEST_LIFE.as_secs(), "maximum": 100_u64 * 365 * 86_400,
        "description": "Seconds that the key will live; a year if it is not said. A change of the key leaves it as it is.",
    });
    let body = object(vec![("name", text(255)), ("detail", text(4096)), ("expire", expire)], &[]);
    let one = |method, words: &str| {
        Operation::new(method, "/v1.0/accesskeys/{id}", words)
            .gives_row("AccessKey")
            .refuses(&[Reason::AccessKeyNotFound])
    };
    vec![
        Operation::new(
            "GET",
            "/v1.0/accesskeys",
            "The account's keys, newest first. Those that have ended too.",
        )
        .gives_page("AccessKey"),
        Operation::new(
            "POST",
            "/v1.0/accesskeys",
            "Makes a key. Its token is in this answer and nowhere else.",
        )
        .takes(body.clone())
        .gives_row("NewAccessKey")
        .refuses(&[Reason::ResourceLimitExceeded]),
        one("GET", "One key."),
        one("PUT", "Changes name and detail.").takes(body),
        one("DELETE", "Ends a key at once."),
    ]
}
