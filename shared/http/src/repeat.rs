//! Writes that are safe to repeat: `Idempotency-Key` on every POST under `/v1.0`.
//!
//! The key belongs to the customer, the principal and the route. A running record is a lease; the transaction that has
//! the effect notes it there, so who takes an ended lease over knows that nothing was done. An answer is kept with the
//! account that it tells of, and so goes with it.

use std::collections::BTreeMap;

use custodian_app::ports::{Begun, Idempotency, Kept};
use custodian_app::scope::Ticket;
use custodian_app::{Context, Failure, ignore};
use custodian_auth::sealed::Seal;
use custodian_domain::{CustomerId, Reason, Refusal, Timestamp};

use crate::Call;
use crate::answer::Answer;
use crate::endpoint::Route;

/// The header.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A request that carries a key.
pub(crate) struct Repeatable {
    seal: Seal,
    pub(crate) ticket: Ticket,
}

/// How a request with a key goes on.
pub(crate) enum Next {
    /// It is carried out for the first time.
    Run(Repeatable),
    /// It was carried out before: this was the answer.
    Again(Answer),
    /// It cannot be kept, since the account takes no new rows; it is carried out and refused for that.
    RunUnkept,
}

/// The request's key, if it is a POST under `/v1.0` and has one.
pub(crate) fn key<'a>(route: &Route, call: &'a Call) -> Result<Option<&'a str>, Refusal> {
    if route.method != "POST" || !route.path.starts_with("/v1.0/") {
        return Ok(None);
    }
    let Some(key) = call.header(IDEMPOTENCY_KEY) else { return Ok(None) };
    let good = (1..=255).contains(&key.len()) && key.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
    let wrong = || {
        Refusal::field(
            Reason::InvalidRequestParameter,
            "Idempotency-Key",
            "must be 1 to 255 visible characters",
        )
    };
    if good { Ok(Some(key)) } else { Err(wrong()) }
}

/// Begins a request with a key, or finds out what became of the first one.
pub(crate) async fn begin<S: Idempotency, E>(
    cx: &Context<S, E>,
    (customer_id, principal): (CustomerId, String),
    route: &Route,
    call: &Call,
    key: &str,
) -> Result<Next, Failure> {
    // The path itself and not only its template: one key on two customers' freezes is two requests.
    let seal = Seal::new(&format!("{principal} {} {} {}", route.method, route.path, call.path_key()), key);
    let lease = format!("{:032x}", u128::from_be_bytes(cx.sources.random()));
    let ticket = Ticket { customer_id, key: seal.name().to_owned(), lease };
    let (now, body_mac) = (cx.now(), seal.mac(call.body()));
    match cx.store.begin(&ticket, &body_mac, now).await? {
        Begun::Fresh => Ok(Next::Run(Repeatable { seal, ticket })),
        Begun::Closed => Ok(Next::RunUnkept),
        Begun::Known(kept) => again(&seal, &kept, &body_mac, now).map(Next::Again),
    }
}

fn again(seal: &Seal, kept: &Kept, body_mac: &str, now: Timestamp) -> Result<Answer, Failure> {
    if kept.body_mac != body_mac {
        return Err(Reason::IdempotencyKeyReused.into());
    }
    if let Some(answer) = &kept.answer {
        let opened = seal.open(answer).and_then(|plain| Answer::thawed(&plain));
        return opened.ok_or_else(|| Failure::unavailable("the kept answer", "cannot be read"));
    }
    // The account has gone since, and what was told of it went along: what is left is which one it was.
    if let Some(account) = kept.tells_of {
        let which = BTreeMap::from([("customer_id", account.to_string())]);
        return Err(Refusal::with_details(Reason::IdempotentAnswerLost, vec![which]).into());
    }
    if now < kept.lease_until {
        let wait = kept.lease_until.seconds() - now.seconds();
        let retry_after = Some(u64::try_from(wait).unwrap_or(0).max(1));
        return Err(Refusal { retry_after, ..Reason::IdempotencyKeyInUse.into() }.into());
    }
    Err(Reason::IdempotentAnswerLost.into())
}

impl Repeatable {
    /// Keeps the answer of a request that was carried out, and forgets one that was refused.
    pub(crate) async fn end<S: Idempotency, E>(self, cx: &Context<S, E>, outcome: &Result<Answer, Failure>) {
        let kept = match outcome {
            Ok(answer) => match self.seal.close(&answer.frozen(), cx.sources.random()) {
                Some(sealed) => {
                    let tells_of = answer.tells_of.unwrap_or(self.ticket.customer_id);
                    cx.store.keep_answer(&self.ticket, tells_of, &sealed, cx.now()).await
                }
                None => Err(Failure::unavailable("the answer", "could not be encrypted")),
            },
            Err(_) => cx.store.forget(&self.ticket).await,
        };
        ignore(
            kept,
            "the effect is noted; a repeat is told that the answer was lost, or waits for the lease",
        );
    }
}
