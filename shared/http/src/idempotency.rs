//! Idempotent writes: `Idempotency-Key` on every POST under `/v1.0`.
//!
//! The scope of a key is the customer, the principal and the route with its path parameters. While a request runs, its record
//! is a lease. The transaction that commits the effect also marks the record as done. A request can take over an expired lease
//! only if the record is not done, so no effect of a transaction happens twice. A response is stored with the account that it is
//! about, and is deleted with that account.

use std::collections::BTreeMap;

use custodian_app::ports::{BeginOutcome, EarlierRecord, Idempotency, IdempotencyRecord};
use custodian_app::request_conditions::IdempotencyLease;
use custodian_app::{Context, Failure, ignore};
use custodian_auth::encryption::Encryption;
use custodian_domain::{CustomerId, FieldProblem, Reason, Refusal, Timestamp};

use crate::Request;
use crate::response::Response;
use crate::route::Route;

const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The maximum length of an `Idempotency-Key`.
const MAX_KEY: usize = 255;
/// The kind of the keyed hashes of `Idempotency-Key`s.
const KEYED_HASH: &str = "idempotency";

/// A request that holds the lease on its key.
pub(crate) struct IdempotentRequest {
    encryption: Encryption,
    pub(crate) lease: IdempotencyLease,
}

/// How to continue a request with a key.
pub(crate) enum IdempotencyDecision {
    /// Handle the request. No other request holds the key.
    First(IdempotentRequest),
    /// Send the stored response again.
    Replay(Response),
    /// Handle the request without a record. The account's status forbids new rows, so the handler will refuse the request.
    Unrecorded,
}

/// The request's key, if it is a POST under `/v1.0` and has one.
pub(crate) fn key<'a>(route: &Route, request: &'a Request) -> Result<Option<&'a str>, Refusal> {
    if !route.takes_idempotency_key() {
        return Ok(None);
    }
    let Some(key) = request.header(IDEMPOTENCY_KEY) else { return Ok(None) };
    let is_valid =
        (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
    if !is_valid {
        let problem = FieldProblem::NotVisible { min: 1, max: MAX_KEY };
        return Err(Refusal::field(Reason::InvalidRequestParameter, "Idempotency-Key", problem));
    }
    Ok(Some(key))
}

/// Takes the lease on the key, or finds the outcome of an earlier request with the key.
pub(crate) async fn begin<S: Idempotency, E>(
    cx: &Context<S, E>,
    (customer_id, principal): (CustomerId, String),
    route: &Route,
    request: &Request,
    key: &str,
) -> Result<IdempotencyDecision, Failure> {
    // The scope of a key includes the path parameters, so a caller may use one key to freeze two different customers.
    let owner = format!("{principal} {} {} {}", route.method, route.path, request.path_values());
    // Callers choose weak keys, such as order numbers. The platform's secret keeps a copy of the table from revealing responses.
    let encryption = Encryption::new(&owner, &cx.keys.keyed_hash(KEYED_HASH, key)?);
    let earlier = Encryption::new(&owner, key);
    let lease_id = format!("{:032x}", u128::from_be_bytes(cx.providers.random()));
    let lease = IdempotencyLease { customer_id, key: encryption.record_key().to_owned(), lease_id };
    let (now, body_mac) = (cx.now(), encryption.mac(request.body()));
    let earlier_mac = earlier.mac(request.body());
    let earlier_record = EarlierRecord { key: earlier.record_key(), body_mac: &earlier_mac };
    match cx.store.begin(&lease, &body_mac, earlier_record, now).await? {
        BeginOutcome::Started => Ok(IdempotencyDecision::First(IdempotentRequest { encryption, lease })),
        BeginOutcome::GateClosed => Ok(IdempotencyDecision::Unrecorded),
        BeginOutcome::Recorded(record) => {
            replay(&encryption, &record, &body_mac, now).map(IdempotencyDecision::Replay)
        }
        BeginOutcome::RecordedEarlier(record) => {
            replay(&earlier, &record, &earlier_mac, now).map(IdempotencyDecision::Replay)
        }
    }
}

fn replay(
    encryption: &Encryption,
    record: &IdempotencyRecord,
    body_mac: &str,
    now: Timestamp,
) -> Result<Response, Failure> {
    if record.body_mac != body_mac {
        return Err(Reason::IdempotencyKeyReused.into());
    }
    if let Some(ciphertext) = &record.encrypted_response {
        let stored = encryption.decrypt(ciphertext).and_then(|plain| Response::from_bytes(&plain));
        return stored.ok_or_else(|| Failure::unavailable("the stored response", "cannot be decrypted"));
    }
    // The response was deleted with the account that it was about, but the record still names that account.
    if let Some(account) = record.about_customer {
        let which = BTreeMap::from([("customer_id", account.to_string())]);
        return Err(Refusal::with_details(Reason::IdempotentResponseLost, vec![which]).into());
    }
    if now < record.lease_until {
        let wait = record.lease_until.seconds() - now.seconds();
        let retry_after = Some(u64::try_from(wait).unwrap_or(0).max(1));
        return Err(Refusal { retry_after, ..Reason::IdempotencyKeyInUse.into() }.into());
    }
    Err(Reason::IdempotentResponseLost.into())
}

impl IdempotentRequest {
    /// Stores the response of a successful request, and removes the record of a failed one that had no effect.
    pub(crate) async fn finish<S: Idempotency, E>(
        self,
        cx: &Context<S, E>,
        outcome: &Result<Response, Failure>,
    ) {
        let stored = match outcome {
            Ok(response) => match self.encryption.encrypt(&response.to_bytes(), cx.providers.random()) {
                Some(ciphertext) => {
                    let about_customer = response.about_customer.unwrap_or(self.lease.customer_id);
                    cx.store.store_response(&self.lease, about_customer, &ciphertext, cx.now()).await
                }
                None => Err(Failure::unavailable("the response", "could not be encrypted")),
            },
            Err(_) => cx.store.remove_record(&self.lease).await,
        };
        ignore(
            stored,
            "the record prevents a second effect; a retry is refused, or succeeds after the lease expires",
        );
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;

    use super::*;

    /// The event has the parameters of the path in random order.
    #[test]
    fn the_scope_of_a_key_has_the_path_parameters_in_the_order_of_their_names() {
        let mut event = ApiGatewayV2httpRequest::default();
        let parameters = ["d", "b", "f", "e", "a", "c"].map(|name| (name.to_owned(), format!("{name}-id")));
        event.path_parameters.extend(parameters);
        let request = Request::new(event, String::new());
        assert_eq!(request.path_values(), "a-id/b-id/c-id/d-id/e-id/f-id");
    }
}
