//! The operation of restore runs.

use custodian_cascade::restore::restorable_tables;
use custodian_domain::Reason;
use serde_json::json;

use crate::operation::Operation;
use crate::schema::{all_required, enumeration, nullable, object, text, uuid, with_description};

/// The maximum number of bytes of a text in the request.
const MAX_TEXT: usize = 4096;

pub(super) fn all() -> Vec<Operation> {
    vec![restore()]
}

/// The repair of the tables after a restore.
fn restore() -> Operation {
    let tables: Vec<_> = ["all"].into_iter().chain(restorable_tables()).collect();
    let count_field = |description| json!({ "type": "integer", "minimum": 0, "description": description });
    let conflict = all_required(vec![
        ("table", json!({ "type": "string" })),
        ("id", json!({ "type": "string" })),
        ("customer_id", uuid()),
        (
            "problem",
            enumeration(&["name_taken", "name_twice", "row_missing", "owner_missing", "not_counted"]),
        ),
        ("held_by", with_description(nullable(uuid()), "The account that holds the name.")),
    ]);
    let report = all_required(vec![
        (
            "ended",
            count_field("Restored accounts that were deleted or expired again, because they have a ledger."),
        ),
        ("resumed", count_field("Deletions that run again.")),
        (
            "purged",
            count_field(
                "Deleted rows of deleted or expired accounts, or with `purge_without_owner` of unknown ones.",
            ),
        ),
        (
            "without_owner",
            count_field("Rows that were kept although their account has neither a row nor a ledger."),
        ),
        (
            "unlisted",
            count_field(
                "How often the call found rows of an unknown account that `conflicts` does not list.",
            ),
        ),
        ("reclaimed", count_field("Names that rows claimed again.")),
        ("released", count_field("Released names that identified no row.")),
        ("repaired", count_field("Accounts whose gates or counters were repaired.")),
        ("recounted", count_field("Counters that were counted again.")),
        ("scheduled", count_field("Scheduled jobs: deadlines and reminders.")),
        (
            "conflicts",
            json!({ "type": "array", "items": conflict, "description": "What an operator must decide." }),
        ),
        ("next", with_description(nullable(json!({ "type": "string" })), "`null` after the last row.")),
    ]);
    let start = with_description(text(MAX_TEXT), "`next` of the response before.");
    let purge = json!({
        "type": "boolean", "default": false,
        "description": "Whether to delete rows whose account has neither a row nor a ledger. Without it, they are kept, and the \
                        accounts are reported with the problem `owner_missing`.",
    });
    Operation::new(
        "POST",
        "/v1.0/platform/restore",
        "Repairs the tables after one or all of them were restored to an earlier time. A call works for some seconds; repeat it \
         with `start` until `next` is `null`.",
    )
    .body(object(vec![("table", enumeration(&tables)), ("start", start), ("purge_without_owner", purge)], &["table"]))
    .returns(report)
    .fails_with(&[Reason::DeletionsPaused])
    .also_refuses(
        Reason::InvalidArgument,
        "start",
        "`start` is not the `next` of an earlier response for the same table.",
    )
}
