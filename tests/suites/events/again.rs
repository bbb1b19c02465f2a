//! Messages come twice, in any order, and again from the beginning: whoever consumes them ends in the same state.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use custodian_app::Clock;
use custodian_app::hooks::KeepHooks;
use custodian_app::ports::{Request, Requested, Written};
use custodian_app::{resources, update};
use custodian_auth::mail_token;
use custodian_deliveries::Errand;
use custodian_domain::kinds::{Kind, TAGS, TRANSCRIPTIONS};
use custodian_domain::lifecycle::Command;
use custodian_domain::profile::ProfilePatch;
use custodian_domain::resource::ResourcePatch;
use custodian_domain::webhook::{DeliveryStatus, delivery_id};
use custodian_domain::{Asker, Customer, CustomerId, Profile, Secret};
use custodian_events::Consumer;
use custodian_fn_webhook_deliver::Deliver;
use custodian_tests::Bench;
use custodian_tests::tables::Dump;
use custodian_webhooks::{Outcome, Report};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::messages::{Message, consume, messages, published, settle};

async fn put(bench: &Bench, id: CustomerId, body: Value) {
    bench.clock.advance(Duration::from_secs(1));
    let patch = ProfilePatch::read(body.as_object().unwrap()).unwrap();
    let next = |row: &Customer, now| row.patched_unconfirmed(&patch, Asker::Operator, now);
    update::update(&bench.cx, bench.customer(id).await, |_| Ok(()), next).await.unwrap();
}

async fn make(bench: &Bench, id: CustomerId, kind: &'static Kind, body: Value) {
    bench.clock.advance(Duration::from_secs(1));
    let patch = ResourcePatch::creating(kind, body.as_object().unwrap()).unwrap();
    resources::create(&bench.cx, kind, id, patch).await.unwrap();
}

fn asked(bench: &Bench, request: Request) -> Message {
    bench.clock.advance(Duration::from_secs(1));
    Message::Request(Requested::new(request, bench.cx.sources.stamp(bench.cx.now())))
}

/// Accounts to which everything happens that somebody consumes, and the messages of it, in order.
async fn history() -> (Bench, Vec<Message>) {
    let bench = Bench::default();
    // One that sets its destination late, and is to have another address, twice.
    let ann = bench.active("ann").await;
    put(&bench, ann, json!({ "webhook_uri": "" })).await;
    make(&bench, ann, &TAGS, json!({ "name": "before" })).await;
    put(&bench, ann, json!({ "webhook_uri": "https://ann.example.com/late" })).await;
    put(&bench, ann, json!({ "email": "ann@one.example" })).await;
    put(&bench, ann, json!({ "email": "ann@two.example" })).await;
    for name in ["failing", "hanging", "after"] {
        make(&bench, ann, &TAGS, json!({ "name": name })).await;
    }
    // One that waits for its verification, at another address than at first, and one without a password.
    let (bob, cay) = (bench.initial("bob").await, bench.initial("cay").await);
    put(&bench, bob, json!({ "email": "bob@two.example" })).await;
    bench.changed(cay, Command::Verify).await;
    // One that is frozen while something runs, one that has come back, and one that is gone.
    let [dan, eve, fay] = [bench.active("dan").await, bench.active("eve").await, bench.active("fay").await];
    for reference in 1..4 {
        let reference = Uuid::from_u128(reference);
        let body = json!({ "reference_type": "call", "reference_id": reference, "language": "en-US" });
        make(&bench, dan, &TRANSCRIPTIONS, body).await;
    }
    make(&bench, fay, &TAGS, json!({ "name": "to go" })).await;
    for id in [dan, eve] {
        bench.changed(id, bench.freezing()).await;
    }
    bench.changed(eve, Command::Recover).await;
    bench.changed(fay, Command::Delete).await;

    let mut told: Vec<_> = published(&bench).await.iter().flat_map(messages).collect();
    let forgot = || Request::Forgot { username: "ann".to_owned() };
    let sign_up =
        |email: &str| Request::SignUp { profile: Profile { email: email.to_owned(), ..Profile::default() } };
    for request in [forgot(), forgot(), sign_up("bob@two.example"), sign_up("eve@example.com")] {
        told.push(asked(&bench, request));
    }
    (bench, told)
}

/// Two of the first attempts do not succeed.
fn stumble(bench: &Bench, told: &[Message]) {
    let tags = told.iter().filter_map(|message| match message {
        Message::Webhook(event) if event.kind == "tag_created" => Some(event),
        _ => None,
    });
    let failed =
        Report { outcome: Outcome::Failed { status: 500, retry_after: None }, latency: Duration::ZERO };
    let hung = Report { outcome: Outcome::TimedOut, latency: Duration::from_secs(15) };
    let mut held = bench.cx.ends.held();
    for (event, report) in tags.skip(1).zip([failed, hung]) {
        held.stumbles.insert(delivery_id(event.id, event.happened().unwrap()), report);
    }
}

/// Everything twice, in an order that follows from the seed.
fn shuffled(told: &[Message], seed: u64) -> Vec<Message> {
    let mut all: Vec<_> = told.iter().chain(told).cloned().collect();
    let mut state = seed;
    for at in (1..all.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        all.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
    }
    all
}

async fn feed(bench: &Bench, told: Vec<Message>) -> Vec<Message> {
    for message in told {
        consume(bench, message).await;
    }
    settle(bench).await
}

/// Webhooks that came: id, destination, type and version, in order of these. What they say is what was so at the moment.
fn webhooks(bench: &Bench) -> Vec<(Uuid, String, Value, Value)> {
    let held = bench.cx.ends.held();
    let said = held.posted.iter().map(|(id, uri, body)| {
        let body: Value = serde_json::from_str(body).unwrap();
        (*id, uri.clone(), body["type"].clone(), body["version"].clone())
    });
    let mut said: Vec<_> = said.collect();
    said.sort_by_key(|(id, uri, kind, version)| (*id, uri.clone(), kind.to_string(), version.to_string()));
    said
}

/// How many mails of each kind came to whom.
fn mails(bench: &Bench) -> BTreeMap<(String, String), usize> {
    let mut count = BTreeMap::new();
    for mail in &bench.cx.ends.held().mails {
        *count.entry((mail.to.clone(), mail.subject.clone())).or_default() += 1;
    }
    count
}

/// The rows, but for what is drawn by chance.
fn rows(bench: &Bench) -> Dump {
    let masked = |row: &String| {
        let words = row.split_inclusive('"').map(|word| {
            let bare = word.trim_end_matches('"');
            let hex = bare.rsplit('#').next().unwrap_or_default();
            let hash = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
            if hash || bare.starts_with("whsec_") { "*\"" } else { word }
        });
        words.collect::<String>()
    };
    let sorted = |rows: &Vec<String>| {
        let mut rows: Vec<_> = rows.iter().map(masked).collect();
        rows.sort();
        rows
    };
    bench.tables.dump().iter().map(|(table, rows)| (table.clone(), sorted(rows))).collect()
}

/// The newest link of each kind that came to anybody leads somewhere.
fn assert_newest_links_work(bench: &Bench) {
    let mut newest = BTreeMap::new();
    for mail in &bench.cx.ends.held().mails {
        if let Some((_, token)) = mail.text.split_once("token=") {
            newest.insert((mail.to.clone(), mail.subject.clone()), token[..64].to_owned());
        }
    }
    let tokens = bench.tables.scan("tokens");
    for (mail, token) in newest {
        let id = format!("hash#{}", mail_token::hash(&Secret::new(token)));
        assert!(tokens.iter().any(|row| row["id"]["S"] == *id), "{mail:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn consumers_end_in_the_same_state_however_often_and_in_whatever_order_messages_come() {
    let (before, told) = history().await;
    let in_order = before.twin();
    stumble(&in_order, &told);
    let told_since = feed(&in_order, told.clone()).await;
    let kinds: BTreeSet<_> =
        webhooks(&in_order).iter().map(|(_, uri, kind, _)| format!("{uri} {kind}")).collect();
    for expected in [
        "https://ann.example.com/late \"customer_updated\"",
        "https://dan.example.com/hook \"transcribe_updated\"",
        "https://fay.example.com/hook \"customer_deleted\"",
    ] {
        assert!(kinds.contains(expected), "{kinds:#?}");
    }
    assert!(!kinds.contains("https://ann.example.com/late \"customer_created\""), "it was not there then");
    assert_eq!(mails(&in_order).len(), 6, "{:#?}", mails(&in_order));
    assert_newest_links_work(&in_order);

    for seed in 1..4 {
        let other = before.twin();
        stumble(&other, &told);
        feed(&other, shuffled(&told, seed)).await;
        assert_eq!(webhooks(&other), webhooks(&in_order), "seed {seed}");
        let (here, there) = (mails(&other), mails(&in_order));
        assert!(here.keys().eq(there.keys()) && here.iter().all(|(mail, count)| *count <= there[mail]));
        assert_newest_links_work(&other);
        assert_eq!(rows(&other), rows(&in_order), "seed {seed}");

        // And again from the beginning, in order and otherwise: not a letter of it changes.
        let came = (other.tables.dump(), webhooks(&other), mails(&other));
        let all: Vec<_> = told.iter().chain(&told_since).cloned().collect();
        for again in [all.clone(), shuffled(&all, seed + 10)] {
            feed(&other, again).await;
            assert_eq!((other.tables.dump(), webhooks(&other), mails(&other)), came, "seed {seed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_another_makes_at_this_moment_is_left_to_it_and_made_if_that_one_does_not_end() {
    let bench = Bench::default();
    let ann = bench.active("ann").await;
    make(&bench, ann, &TAGS, json!({ "name": "vip" })).await;
    let event = published(&bench).await.into_iter().find(|event| event.kind == "tag_created").unwrap();
    let id = delivery_id(event.id, event.happened().unwrap());
    let failed =
        Report { outcome: Outcome::Failed { status: 500, retry_after: None }, latency: Duration::ZERO };
    bench.cx.ends.held().stumbles.insert(id, failed);
    bench.cx.ends.held().errands.clear();
    consume(&bench, Message::Webhook(event)).await;
    let next = bench.cx.ends.held().errands.pop().expect("it is tried again");

    let known = bench.cx.store.delivery(ann, id, bench.clock.now()).await.unwrap().unwrap();
    let claimed = bench.cx.store.claim_attempt(&known, bench.clock.now().plus(Duration::from_secs(25))).await;
    assert_eq!(claimed.unwrap(), Written::Done, "another is at it");
    bench.cx.ends.held().posted.clear();
    let deliver = async |errand: &Errand| Deliver.consume(&bench.cx, errand.clone(), bench.later()).await;
    assert!(deliver(&next).await.is_err(), "what sees to it by itself looks again");
    assert!(
        deliver(&Errand { asked: true, ..next.clone() }).await.is_ok(),
        "what was asked for is being done"
    );
    assert!(bench.cx.ends.held().posted.is_empty());

    bench.clock.advance(Duration::from_secs(25));
    deliver(&next).await.unwrap();
    assert_eq!(bench.cx.ends.held().posted.len(), 1);
    let shown = bench.cx.store.delivery(ann, id, bench.clock.now()).await.unwrap().unwrap();
    assert_eq!((shown.attempts, shown.status), (2, DeliveryStatus::Succeeded));
}
