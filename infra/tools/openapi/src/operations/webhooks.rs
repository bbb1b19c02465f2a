//! The account's webhooks: endpoints, secrets and deliveries.

use custodian_domain::Reason;
use custodian_domain::webhook_endpoints::MAX_ENDPOINTS;
use custodian_views::field_schema;
use custodian_views::{DeliveryView, NewWebhookSecretView, TestWebhookView};
use serde_json::json;

use super::accounts::OWN_ADDRESS;
use crate::components::{profile_fields, shared_schema, view_schema};
use crate::operation::Operation;
use crate::schema::{Fields, object, reference, with_keywords};

const PATH: &str = "/v1.0/customer/webhook";
const ENDPOINT: &str = "WebhookEndpoint";

pub(super) fn all() -> Vec<Operation> {
    let mut operations = endpoints();
    for (path, of) in
        [(PATH.to_owned(), "the first endpoint"), (format!("{PATH}/endpoints/{{id}}"), "an endpoint")]
    {
        operations.extend(of_endpoint(&path, of));
    }
    operations.extend(deliveries());
    operations
}

/// The operations that read and change endpoints.
fn endpoints() -> Vec<Operation> {
    let (list, one) = (format!("{PATH}/endpoints"), format!("{PATH}/endpoints/{{id}}"));
    let not_found = [Reason::WebhookEndpointNotFound];
    vec![
        Operation::new("GET", PATH, "Returns the first endpoint, which is at the `webhook_uri` of the account, and its state.")
            .returns(reference(ENDPOINT)),
        Operation::new("GET", format!("{PATH}/event_types"), "Lists the event types that an endpoint can choose.")
            .returns_all_in_one_page("WebhookEventType"),
        Operation::new("GET", &list, "Lists the endpoints of the account. The first one has the id of the account.")
            .returns_all_in_one_page(ENDPOINT),
        Operation::new(
            "POST",
            &list,
            format!(
                "Adds an endpoint. An account has at most {MAX_ENDPOINTS}, including the first. Each endpoint has its own signing \
                 secret, and gets the events that happen from now on."
            ),
        )
        .body(object(new_fields(), &["webhook_uri"]))
        .also_refuses(Reason::InvalidArgument, "webhook_uri", OWN_ADDRESS)
        .returns(reference(ENDPOINT))
        .fails_with(&[Reason::ResourceLimitExceeded]),
        Operation::new("GET", &one, "Returns an endpoint and its state.")
            .returns(reference(ENDPOINT))
            .fails_with(&not_found),
        Operation::new(
            "PUT",
            &one,
            "Changes an endpoint. Fields that are not in the body keep their values. A change of the first endpoint also changes \
             `webhook_uri` and `webhook_method` of the account. `If-Match` \
             takes the `ETag` of `GET /v1.0/customer`.",
        )
        .body(object(fields(), &[]))
        .also_refuses(Reason::InvalidArgument, "webhook_uri", OWN_ADDRESS)
        .also_refuses(Reason::InvalidArgument, "webhook_uri", "An endpoint other than the first cannot have an empty `webhook_uri`.")
        .returns(reference(ENDPOINT))
        .fails_with(&not_found),
        Operation::new(
            "DELETE",
            &one,
            "Deletes an endpoint with its secret, and returns it as it was. The first endpoint only loses its `webhook_uri`, its \
             method and its choice of event types. `If-Match` takes the `ETag` of `GET /v1.0/customer`.",
        )
        .returns(reference(ENDPOINT))
        .fails_with(&not_found),
    ]
}

/// The fields of an endpoint in a request.
fn fields() -> Fields {
    let destination = profile_fields().into_iter().filter(|(name, _)| name.starts_with("webhook_"));
    let event_types = with_keywords(
        shared_schema(field_schema::event_types),
        json!({ "description": "The types of the events that are sent. An empty list stands for all, also those of later releases." }),
    );
    destination.chain([("event_types", event_types)]).collect()
}

/// The fields of a new endpoint, which needs a URI.
fn new_fields() -> Fields {
    let with_minimum = |(name, schema)| match name {
        "webhook_uri" => (name, with_keywords(schema, json!({ "minLength": 1 }))),
        _ => (name, schema),
    };
    fields().into_iter().map(with_minimum).collect()
}

/// The secret and the test of the first or of any endpoint.
fn of_endpoint(path: &str, of: &str) -> [Operation; 2] {
    let mut reasons: Vec<_> =
        path.contains("{id}").then_some(Reason::WebhookEndpointNotFound).into_iter().collect();
    let rotate = Operation::new(
        "POST",
        format!("{path}/rotate"),
        format!(
            "Shows a signing secret of {of} once: the current one if no response has shown it, such as after the first delivery, \
             else a new one. Secrets that were replaced within 24 hours keep signing, at most four of them. A fifth rotation within a \
             day is refused."
        ),
    )
    .returns(view_schema::<NewWebhookSecretView>())
    .fails_with(&reasons)
    .fails_with(&[Reason::StateInvalid]);
    reasons.extend([Reason::WebhookNotConfigured, Reason::RateLimitExceeded]);
    let description = format!("Sends a test webhook to {of}. Returns the id of its delivery.");
    let test = Operation::new("POST", format!("{path}/test"), description);
    [rotate, test.returns(view_schema::<TestWebhookView>()).fails_with(&reasons)]
}

fn deliveries() -> [Operation; 2] {
    [
        Operation::new(
            "GET",
            format!("{PATH}/deliveries"),
            "Lists the webhook deliveries of the last 30 days to all endpoints, newest first.",
        )
        .returns_page("Delivery"),
        Operation::new(
            "POST",
            format!("{PATH}/deliveries/{{id}}/redeliver"),
            "Attempts a delivery again, with any status, even if the endpoint is disabled or failing.",
        )
        .returns(view_schema::<DeliveryView>())
        .fails_with(&[
            Reason::DeliveryNotFound,
            Reason::WebhookEndpointNotFound,
            Reason::WebhookNotConfigured,
            Reason::RateLimitExceeded,
        ]),
    ]
}
