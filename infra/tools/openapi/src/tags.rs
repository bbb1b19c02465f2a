//! The tags, which group the operations by what they are about.

use serde_json::{Value, json};

/// A tag, and what its operations are about.
struct Tag {
    name: &'static str,
    title: &'static str,
    description: &'static str,
}

const fn tag(name: &'static str, title: &'static str, description: &'static str) -> Tag {
    Tag { name, title, description }
}

/// All tags, in the order in which a reader needs them.
const TAGS: [Tag; 21] = [
    tag(
        "auth",
        "Signing up and signing in",
        "Opening an account, signing in and out, passwords, and leaving.",
    ),
    tag(
        "customer",
        "The account",
        "The caller's own account: its profile, usage, billing account and audit log.",
    ),
    tag(
        "agents",
        "Agents",
        "The people and programs that sign in to the account, their permissions, addresses and tags.",
    ),
    tag("accesskeys", "Access keys", "Credentials for programs, and what they may do."),
    tag(
        "webhooks",
        "Webhooks",
        "The webhook endpoints of the account, their signing secrets, and the deliveries.",
    ),
    tag("exports", "Exports", "Files with the account and its rows that the API shows."),
    tag("numbers", "Numbers", "Telephone numbers, and the flows that handle their calls and messages."),
    tag("flows", "Flows", "Sequences of actions that handle calls and messages."),
    tag("queues", "Queues", "Queues in which calls wait for an agent."),
    tag("trunks", "Trunks", "SIP trunks, which connect telephone systems."),
    tag("extensions", "Extensions", "SIP extensions, with which telephones register."),
    tag("storage_files", "Files", "Records about files. The service stores no content of files."),
    tag("billing_accounts", "Billing accounts", "The billing accounts of the account, and their balances."),
    tag("tags", "Tags", "Labels for agents, queues and contacts."),
    tag("transcribes", "Transcriptions", "Transcriptions of calls, conferences and recordings."),
    tag("contacts", "Contacts", "People and companies with their addresses."),
    tag("customers", "All accounts", "All accounts of the platform, for platform admins."),
    tag(
        "deletions",
        "Deletions",
        "The progress of deletions, their receipts and the keys that verify them, and holds.",
    ),
    tag(
        "platform",
        "The platform",
        "The brake that pauses all deletions, and the repair after a restore, for platform admins.",
    ),
    tag("delegation", "Delegation", "How a platform admin acts for an account."),
    tag("service", "The service", "Whether the service responds."),
];

/// The beginnings of paths, and the tags of their operations. The first one that matches counts; the tag of any other path is
/// its first segment after `/v1.0/`.
const PATHS: [(&str, &str); 11] = [
    ("/ping", "service"),
    ("/.well-known/", "deletions"),
    ("/auth/deletion", "deletions"),
    ("/auth/delegate", "delegation"),
    ("/auth/", "auth"),
    ("/v1.0/me", "agents"),
    ("/v1.0/customer/webhook", "webhooks"),
    ("/v1.0/customer/export", "exports"),
    ("/v1.0/customers/{id}/deletion", "deletions"),
    ("/v1.0/customers/{id}/hold", "deletions"),
    ("/v1.0/billing_account", "billing_accounts"),
];

/// The tag of a path's operations.
pub(crate) fn of_path(path: &str) -> &str {
    let listed = PATHS.iter().find(|(begin, _)| path.starts_with(begin)).map(|(_, tag)| *tag);
    let segment = || path.trim_start_matches("/v1.0/").split('/').next().unwrap_or_default();
    listed.unwrap_or_else(segment)
}

/// The section `tags` of the document.
pub(crate) fn describe() -> Value {
    let tag =
        |tag: &Tag| json!({ "name": tag.name, "x-displayName": tag.title, "description": tag.description });
    TAGS.iter().map(tag).collect()
}
