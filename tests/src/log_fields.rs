//! The fields that a log line may have.

use serde_json::Value;

/// Every field that a log line may have. A new field is a deliberate decision: it must hold no name, no address and no
/// other personal value. `client_network` holds a keyed hash, not the network.
pub const FIELDS: [&str; 53] = [
    "agent_id",
    "attempt",
    "cause",
    "client_network",
    "cold",
    "conflicts",
    "customer_id",
    "deletions",
    "dependency",
    "ended",
    "endpoint_id",
    "event",
    "failure",
    "function",
    "gateway_id",
    "harmless_because",
    "hop",
    "invocation",
    "is_finished",
    "job",
    "key_id",
    "latency_ms",
    "level",
    "limit",
    "message",
    "message_id",
    "message_type",
    "new",
    "operator",
    "operator_id",
    "outcome",
    "problem",
    "purged",
    "reason",
    "receive_count",
    "reclaimed",
    "recounted",
    "released",
    "removed",
    "repaired",
    "request_id",
    "resumed",
    "route",
    "row_id",
    "rows",
    "status",
    "step",
    "table",
    "tables",
    "target_id",
    "timestamp",
    "trace_id",
    "without_owner",
];

/// Whether a line is an object of listed fields.
pub(crate) fn is_listed(line: &str) -> bool {
    let line: Value = serde_json::from_str(line).unwrap_or_default();
    line.as_object().is_some_and(|fields| fields.keys().all(|name| FIELDS.contains(&name.as_str())))
}

#[cfg(test)]
mod tests {
    use super::is_listed;

    #[test]
    fn a_line_with_an_unlisted_field_is_found() {
        assert!(is_listed(r#"{"message":"request completed","status":200}"#));
        assert!(!is_listed(r#"{"message":"request completed","email":"x"}"#));
        assert!(!is_listed("not JSON"));
    }
}
