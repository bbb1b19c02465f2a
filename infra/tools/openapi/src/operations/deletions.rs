//! Deletions: their progress and receipts, holds, and the brake.

use custodian_domain::{Reason, brake, hold};
use serde_json::json;

use crate::errors::ErrorFormat;
use crate::operation::Operation;
use crate::schema::{
    all_required, nonempty_text, object, reference, text, time, with_description, with_keywords,
};

pub(super) fn all() -> Vec<Operation> {
    let jwk = object(
        vec![
            ("kty", json!({ "const": "OKP" })),
            ("crv", json!({ "const": "Ed25519" })),
            ("alg", json!({ "const": "EdDSA" })),
            ("use", json!({ "const": "sig" })),
            ("kid", text(255)),
            ("x", json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{43}$" })),
        ],
        &["kty", "crv", "alg", "use", "kid", "x"],
    );
    let jwks = all_required(vec![("keys", json!({ "type": "array", "items": jwk }))]);
    let mut operations = vec![
        Operation::new(
            "GET",
            "/v1.0/customers/{id}/deletion",
            "Returns how far the deletion of an account is, and its receipt. While the state can change, `Retry-After` says when \
             to ask again.",
        )
        .parameter(json!({
            "name": "dry_run", "in": "query", "schema": { "type": "boolean" },
            "description": "`true` returns what a deletion would delete now, also of an account that is not being deleted, and changes \
                            nothing. It is refused if the deletion would be refused because of the account's state.",
        }))
        .returns(json!({ "anyOf": [reference("Deletion"), reference("UnregisterPlan")] }))
        .with_header("Retry-After")
        .fails_with(&[
            Reason::InvalidRequestParameter,
            Reason::CustomerNotFound,
            Reason::DeletionNotFound,
            Reason::StateInvalid,
            Reason::AccountHeld,
        ]),
        Operation::new(
            "GET",
            "/auth/deletion",
            "Returns how far the deletion of an account is, and its receipt, to anyone with the link. The mails about a \
             deletion and the header `Link` of the response to `POST /auth/unregister` have the link, which works for a \
             year. A browser gets a page. While the state can change, `Retry-After` says when to ask again.",
        )
        .parameter(json!({
            "name": "token", "in": "query", "required": true, "description": "The token in the link.",
            "schema": { "type": "string", "pattern": "^[0-9a-f]{64}$" },
        }))
        .parameter(json!({
            "name": "format", "in": "query", "schema": { "const": "receipt" },
            "description": "`receipt` returns the receipt as a file of the type `application/jwt`.",
        }))
        .returns(reference("Deletion"))
        .returns_file("application/jwt")
        .with_header("Retry-After")
        .error_format(ErrorFormat::JsonOrPage)
        .fails_with(&[Reason::InvalidToken, Reason::DeletionNotFound, Reason::ReceiptNotFound])
        .also_refuses(Reason::InvalidToken, None, "`token` is of no link, or of one that has expired."),
        Operation::new(
            "GET",
            "/.well-known/jwks.json",
            "Returns the public keys that verify receipts, as a JSON Web Key Set (RFC 7517). Retired keys stay in it.",
        )
        .returns(jwks),
    ];
    operations.extend(holds());
    operations.extend(brake());
    operations
}

fn holds() -> [Operation; 3] {
    let of_hold = |method, description: &str| {
        Operation::new(method, "/v1.0/customers/{id}/hold", description).returns(reference("Hold"))
    };
    [
        of_hold(
            "PUT",
            "Places a hold on an account, in place of an earlier one. While it lasts, nothing deletes or expires the account, \
             and a cascade that has begun stops.",
        )
        .body(object(
            vec![
                ("reason", nonempty_text(hold::MAX_REASON)),
                ("reference", with_description(text(hold::MAX_REFERENCE), "Your own reference, such as a case number.")),
                ("until", with_description(time(), "When the hold ends by itself. Without it, the hold lasts until it is released.")),
                ("reason_is_visible", with_description(json!({ "type": "boolean" }), "Whether the account's administrators, managers, keys and webhooks get the reason and the reference.")),
            ],
            &["reason"],
        ))
        .fails_with(&[Reason::CustomerNotFound, Reason::StateInvalid])
        .also_refuses(Reason::InvalidArgument, "until", "`until` is not in the future."),
        of_hold("GET", "Returns the hold on an account.")
            .fails_with(&[Reason::CustomerNotFound, Reason::HoldNotFound]),
        of_hold(
            "DELETE",
            "Releases the hold on an account, and returns it. An overdue account is purged or expired at once, and a stopped \
             cascade continues. While all deletions are paused, both wait until the pause ends.",
        )
        .fails_with(&[
            Reason::CustomerNotFound,
            Reason::HoldNotFound,
            Reason::HoldReplaced,
            Reason::StateInvalid,
        ]),
    ]
}

fn brake() -> [Operation; 2] {
    let of_brake = |method, description: &str| {
        Operation::new(method, "/v1.0/platform/deletions", description).returns(reference("Brake"))
    };
    let needs_reason = json!({
        "not": {
            "properties": { "paused": { "const": true } },
            "not": { "required": ["reason"], "properties": { "reason": { "type": "string", "minLength": 1 } } },
        },
    });
    [
        of_brake("GET", "Returns whether all deletions are paused."),
        of_brake(
            "PUT",
            "Pauses all purges, expiries, immediate deletions and cascades of the platform, or permits them again.",
        )
        .body(with_keywords(object(
            vec![
                ("paused", json!({ "type": "boolean" })),
                ("reason", with_description(text(brake::MAX_REASON), "Why the deletions are paused. Required to pause.")),
            ],
            &["paused"],
        ), needs_reason)),
    ]
}
