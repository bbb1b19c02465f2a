//! Pure computations, most of them compared with the minimum that they need.
//!
//! `cargo bench -p custodian-tests --bench pure`
#![allow(clippy::unwrap_used)]

use custodian_app::ports::QueryPage;
use custodian_auth::{Claims, KeyRing, Signer, access_key};
use custodian_domain::{AgentId, Customer, CustomerId, Profile, Secret, State, Timestamp};
use custodian_http::page::{Page, PageRequest, row_json};
use custodian_http::{Request, Response};
use custodian_views::CustomerView;
use divan::{Bencher, black_box};
use ed25519_dalek::{Signer as _, SigningKey, Verifier as _};
use futures::FutureExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_123_456);
const LATER: Timestamp = Timestamp::from_micros(1_718_979_755_123_456);
const PRIVATE: [u8; 32] = [7; 32];

fn main() {
    divan::main();
}

fn customer(version: u64) -> Customer {
    let id = CustomerId(Uuid::from_u128(1));
    Customer {
        id,
        version,
        epoch: 1,
        profile: Profile {
            name: format!("Zaphod's {version}"),
            detail: "all about Zaphod".to_owned(),
            email: "zaphod@example.com".to_owned(),
            phone_number: "+15551234567".to_owned(),
            address: "1 Betelgeuse street".to_owned(),
            webhook_method: "POST".to_owned(),
            webhook_uri: "https://example.com/hook".to_owned(),
        },
        webhook_since: None,
        webhook_event_types: Vec::new(),
        webhook_endpoints: Vec::new(),
        pending_email: None,
        signup: None,
        email_trusted_from: None,
        former_email: None,
        billing_account_id: Uuid::from_u128(2),
        email_verified: true,
        guest_id: AgentId(Uuid::from_u128(3)),
        freezes: 0,
        platform: false,
        plan: custodian_domain::Plan::default(),
        hold: None,
        state: State::Active,
        tm_create: NOW,
        tm_update: NOW,
    }
}

fn call(method: &str, query: &str, body: Option<&Value>) -> Request {
    let event = json!({
        "version": "2.0", "routeKey": format!("{method} /v1.0/tags"), "rawPath": "/v1.0/tags", "rawQueryString": query,
        "headers": { "content-type": "application/json" },
        "requestContext": { "http": { "method": method, "path": "/v1.0/tags", "sourceIp": "192.0.2.1" } },
        "body": body.map(ToString::to_string), "isBase64Encoded": false,
    });
    Request::new(serde_json::from_value(event).unwrap(), "measured".to_owned())
}

mod events {
    use custodian_events::{StreamChange, of_stream_change};

    use super::*;

    fn update() -> StreamChange {
        StreamChange::Customer { old: Some(Box::new(customer(1))), new: Some(Box::new(customer(2))) }
    }

    /// From the two images of a change to the event.
    #[divan::bench]
    fn derive(bencher: Bencher<'_, '_>) {
        let change = update();
        bencher.bench_local(|| of_stream_change(black_box(&change)));
    }

    /// The same, serialised for the bus.
    #[divan::bench]
    fn derive_and_write(bencher: Bencher<'_, '_>) {
        let change = update();
        bencher.bench_local(|| {
            let event = of_stream_change(black_box(&change));
            serde_json::to_string(&event).unwrap()
        });
    }
}

mod page_tokens {
    use super::*;

    /// A page with ten of eleven ids, and its token.
    fn page(request: &PageRequest) -> Page {
        let read = async |_, _| Ok(QueryPage { rows: (1..=11).map(Uuid::from_u128).collect(), next: None });
        let page = request.fill(read, |id| *id, row_json);
        page.now_or_never().unwrap().unwrap()
    }

    #[divan::bench]
    fn write(bencher: Bencher<'_, '_>) {
        let request = PageRequest::read(&call("GET", "page_size=10", None), "tags").unwrap();
        bencher.bench_local(|| page(black_box(&request)));
    }

    #[divan::bench]
    fn read(bencher: Bencher<'_, '_>) {
        let request = PageRequest::read(&call("GET", "page_size=10", None), "tags").unwrap();
        let page = serde_json::to_value(page(&request)).unwrap();
        let query = format!("page_token={}", page["next_page_token"].as_str().unwrap());
        let next = call("GET", &query, None);
        bencher.bench_local(|| PageRequest::<uuid::Uuid>::read(black_box(&next), "tags").unwrap());
    }
}

mod tokens {
    use super::*;

    const ISSUER: &str = "https://api.example.com";

    fn signer() -> Signer {
        Signer::new("k1", &Secret::new("07".repeat(32))).unwrap()
    }

    fn claims() -> Claims {
        Claims {
            agent_id: AgentId(Uuid::from_u128(1)),
            customer_id: CustomerId(Uuid::from_u128(2)),
            customer_epoch: 1,
            agent_epoch: 1,
            operator: None,
            key_id: None,
        }
    }

    #[divan::bench]
    fn sign(bencher: Bencher<'_, '_>) {
        let signer = signer();
        bencher
            .with_inputs(claims)
            .bench_local_values(|claims| signer.sign(claims, ISSUER, NOW, LATER).unwrap());
    }

    #[divan::bench]
    fn sign_bare_ed25519(bencher: Bencher<'_, '_>) {
        let (key, text) = (SigningKey::from_bytes(&PRIVATE), [b'x'; 250]);
        bencher.bench_local(|| key.sign(black_box(&text)));
    }

    #[divan::bench]
    fn verify(bencher: Bencher<'_, '_>) {
        let signer = signer();
        let ring = KeyRing::new([("k1".to_owned(), signer.public())]);
        let token = signer.sign(claims(), ISSUER, NOW, LATER).unwrap();
        bencher.bench_local(|| ring.verify(black_box(token.expose()), ISSUER, NOW).unwrap());
    }

    #[divan::bench]
    fn verify_bare_ed25519(bencher: Bencher<'_, '_>) {
        let (key, text) = (SigningKey::from_bytes(&PRIVATE), [b'x'; 250]);
        let (public, signature) = (key.verifying_key(), key.sign(&text));
        bencher.bench_local(|| public.verify(black_box(&text), &signature).unwrap());
    }
}

mod access_keys {
    use super::*;

    #[divan::bench]
    fn read(bencher: Bencher<'_, '_>) {
        let minted = access_key::mint([7; 32], Uuid::from_u128(1), CustomerId(Uuid::from_u128(2)));
        bencher.bench_local(|| access_key::parse(black_box(minted.token.expose())).unwrap());
    }

    #[divan::bench]
    fn read_bare_sha256(bencher: Bencher<'_, '_>) {
        bencher.bench_local(|| Sha256::digest(black_box([7; 32])));
    }
}

mod json {
    use super::*;

    fn body() -> Value {
        serde_json::to_value(CustomerView::new(&customer(1), NOW)).unwrap()
    }

    /// A body as a handler reads it.
    #[divan::bench]
    fn read(bencher: Bencher<'_, '_>) {
        let call = call("PUT", "", Some(&body()));
        bencher.bench_local(|| black_box(&call).json().unwrap());
    }

    #[divan::bench]
    fn read_bare_serde_json(bencher: Bencher<'_, '_>) {
        let text = body().to_string();
        bencher.bench_local(|| serde_json::from_str::<Value>(black_box(&text)).unwrap());
    }

    /// A row as a response.
    #[divan::bench]
    fn answer(bencher: Bencher<'_, '_>) {
        let customer = customer(1);
        bencher.bench_local(|| Response::row(&CustomerView::new(black_box(&customer), NOW)));
    }

    #[divan::bench]
    fn answer_bare_serde_json(bencher: Bencher<'_, '_>) {
        let body = body();
        bencher.bench_local(|| serde_json::to_string(black_box(&body)).unwrap());
    }
}
