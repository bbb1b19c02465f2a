//! The routes of the owned kinds, from the registry.

use custodian_domain::Reason;
use custodian_domain::kinds::{Kind, Shape, TRANSCRIPTIONS, routed};

use crate::operation::Operation;
use crate::shapes;

pub(super) fn all() -> Vec<Operation> {
    let of_kind = |kind: &'static Kind| {
        let operations: Vec<_> =
            kind.shared_verbs().iter().filter_map(|verb| operation(kind, verb)).collect();
        // The one route that a kind has beside those.
        let stop = (kind.route == TRANSCRIPTIONS.route).then(stop);
        operations.into_iter().chain(stop)
    };
    routed().flat_map(of_kind).collect()
}

fn operation(kind: &'static Kind, verb: &str) -> Option<Operation> {
    let (rows, one) = (format!("/v1.0/{}", kind.route), format!("/v1.0/{}/{{id}}", kind.route));
    let (rows_of, schema) = (kind.route.replace('_', " "), shapes::name(kind));
    let operation = match verb {
        "list" => {
            Operation::new("GET", rows, format!("The account's {rows_of}, newest first.")).gives_page(&schema)
        }
        "create" => Operation::new("POST", rows, format!("Makes one of the account's {rows_of}."))
            .takes(shapes::body(kind, true))
            .gives_row(&schema)
            .with_code(kind.created)
            .refuses(&wrong(kind, true))
            .refuses(if kind.is_limited() { &[Reason::ResourceLimitExceeded] } else { &[] }),
        "get" => Operation::new("GET", one, format!("One of the account's {rows_of}.")).gives_row(&schema),
        "update" => Operation::new(
            "PUT",
            one,
            format!("Changes one of the account's {rows_of}. What is not said stays."),
        )
        .takes(shapes::body(kind, false))
        .gives_row(&schema)
        .refuses(&wrong(kind, false)),
        "delete" => Operation::new(
            "DELETE",
            one,
            format!("Removes one of the account's {rows_of}. For good; it is shown for the last time."),
        )
        .gives_row(&schema),
        _ => return None,
    };
    let not_found = if operation.path.contains("{id}") { &[kind.not_found][..] } else { &[] };
    Some(operation.of_kind(kind).refuses(not_found))
}

/// What the fields of a body are refused for by names of their own, and what somebody else may hold already.
fn wrong(kind: &Kind, creating: bool) -> Vec<Reason> {
    let fields = kind.fields.iter().filter(|field| field.is_writable(creating));
    let reasons = fields.flat_map(|field| match field.shape {
        Shape::Choice { wrong, .. } => vec![wrong],
        Shape::Addresses { .. } => vec![Reason::InvalidAddressType, Reason::InvalidAddressTarget],
        _ => Vec::new(),
    });
    reasons.chain(kind.unique.as_ref().map(|unique| unique.taken)).collect()
}

fn stop() -> Operation {
    let path = format!("/v1.0/{}/{{id}}/stop", TRANSCRIPTIONS.route);
    Operation::new("POST", path, "Ends a transcription. One that has ended stays as it is.")
        .gives_row(&shapes::name(&TRANSCRIPTIONS))
        .of_kind(&TRANSCRIPTIONS)
        .refuses(&[TRANSCRIPTIONS.not_found])
}
