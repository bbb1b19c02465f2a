//! Everything that is written of what an account owns.

use std::pin::Pin;
use std::sync::Arc;

use custodian_app::ports::{KeepMailTokens, MailToken, Purpose, ReadAgents, ReadResources, TokenKept};
use custodian_app::{Failure, access_keys, agents, billing, resources};
use custodian_domain::access_key::KeyPatch;
use custodian_domain::agent_fields::NewAgent;
use custodian_domain::billing::Adjustment;
use custodian_domain::kinds::{BILLING_ACCOUNTS, Kind, TRANSCRIPTIONS, Verbs};
use custodian_domain::resource::ResourcePatch;
use custodian_domain::{Actor, CustomerId, Permission, Plan, Resource, State, Status};
use custodian_tests::{Bench, PASSWORD};
use serde_json::{Map, Value, json};

fn map(body: Value) -> Map<String, Value> {
    body.as_object().cloned().unwrap()
}

/// A body with what a creation of the kind has to give.
fn patch(kind: &'static Kind) -> ResourcePatch {
    let body = json!({ "number": "+15551234567", "extension": "100", "name": "late" });
    ResourcePatch::creating(kind, &map(body)).unwrap()
}

pub(crate) async fn create(bench: &Bench, id: CustomerId, kind: &'static Kind) -> Result<Resource, Failure> {
    resources::create(&bench.cx, kind, id, patch(kind)).await
}

pub(crate) type Doing = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// Something that is written, once what it is done to is there.
pub(crate) struct Write {
    pub(crate) what: String,
    pub(crate) doing: Doing,
}

fn write(
    what: impl Into<String>,
    doing: impl Future<Output = Result<(), Failure>> + Send + 'static,
) -> Write {
    Write { what: what.into(), doing: Box::pin(doing) }
}

/// Making, changing and removing a row of a kind.
pub(crate) async fn of_kind(bench: &Bench, id: CustomerId, kind: &'static Kind) -> Vec<Write> {
    let cx = Arc::clone(&bench.cx);
    let changes = |row: &Resource, now| Ok(Some(row.changed(Map::new(), now)));
    if kind.verbs != Verbs::All {
        let customer = bench.customer(id).await;
        let row = cx.store.resource(kind, id, customer.billing_account_id).await.unwrap().unwrap();
        let change = async move { resources::update(&cx, kind, row, changes).await.map(|_| ()) };
        return vec![write(format!("change {}", kind.route), change)];
    }
    let row = create(bench, id, kind).await.unwrap();
    let (making, changing, removing) = (bench.clone(), Arc::clone(&cx), cx);
    let changed = row.clone();
    vec![
        // Of another name than the row that is there, where it has one.
        write(format!("make {}", kind.route), async move {
            let body = json!({ "number": "+15557654321", "extension": "200" });
            let patch = ResourcePatch::creating(kind, &map(body)).unwrap();
            resources::create(&making.cx, kind, id, patch).await.map(|_| ())
        }),
        write(format!("change {}", kind.route), async move {
            resources::update(&changing, kind, changed, changes).await.map(|_| ())
        }),
        write(format!("remove {}", kind.route), async move {
            resources::delete(&removing, kind, row).await.map(|_| ())
        }),
    ]
}

/// What is written of agents and keys, of plan and balance, and what ends a transcription.
pub(crate) async fn of_others(bench: &Bench, id: CustomerId) -> Vec<Write> {
    let cx = || Arc::clone(&bench.cx);
    let admin = bench.cx.store.agents(id, None, 10).await.unwrap().rows;
    let actor = Actor::Agent(admin.iter().find(|agent| !agent.guest).cloned().unwrap());
    let new = |name: &str| NewAgent::read(&map(json!({ "username": name, "password": PASSWORD }))).unwrap();
    let agent = agents::create(&bench.cx, id, &actor, new("bob")).await.unwrap();
    let key = access_keys::create(&bench.cx, id, KeyPatch::default()).await.unwrap().key;
    let customer = bench.customer(id).await;
    let call = json!({ "reference_type": "call", "reference_id": customer.id });
    let call = ResourcePatch::creating(&TRANSCRIPTIONS, &map(call)).unwrap();
    let call = resources::create(&bench.cx, &TRANSCRIPTIONS, id, call).await.unwrap();
    let credit = Adjustment::read(&map(json!({ "balance_credit": 1 }))).unwrap();
    let account = billing::of(&bench.cx, &customer).await.unwrap();
    let (carl, actors) = (new("carl"), [(); 4].map(|()| actor.clone()));
    let [making, editing, permitting, removing] = actors;
    let (edited, permitted, removed) = (agent.clone(), agent.clone(), agent);
    let (made_key, renamed, ended) = ([(); 3].map(|()| cx()), key.clone(), key);
    let [key_cx, rename_cx, end_cx] = made_key;
    let (making_cx, editing_cx, permitting_cx, removing_cx) = (cx(), cx(), cx(), cx());
    let (stop_cx, plan_cx, balance_cx) = (cx(), cx(), cx());
    vec![
        write(
            "make an agent",
            async move { agents::create(&making_cx, id, &making, carl).await.map(|_| ()) },
        ),
        write("change an agent", async move {
            agents::edit(&editing_cx, &editing, edited, |_| Ok(())).await.map(|_| ())
        }),
        write("permit an agent more", async move {
            agents::permit(&permitting_cx, &permitting, permitted, Permission::ADMIN).await.map(|_| ())
        }),
        write("remove an agent", async move {
            agents::delete(&removing_cx, &removing, removed).await.map(|_| ())
        }),
        write("make a key", async move {
            access_keys::create(&key_cx, id, KeyPatch::default()).await.map(|_| ())
        }),
        write("rename a key", async move {
            access_keys::update(&rename_cx, renamed, KeyPatch::default()).await.map(|_| ())
        }),
        write("end a key", async move { access_keys::delete(&end_cx, ended).await.map(|_| ()) }),
        write("stop a transcription", async move {
            let stop = |row: &Resource, now| Ok(resources::stopped(row, now));
            resources::update(&stop_cx, &TRANSCRIPTIONS, call, stop).await.map(|_| ())
        }),
        write("credit a balance", async move {
            let next = |row: &Resource, now| credit.apply(row, now).map(Some);
            resources::update(&balance_cx, &BILLING_ACCOUNTS, account, next).await.map(|_| ())
        }),
        write("change the plan", async move {
            billing::set_plan(&plan_cx, customer, Plan::Basic).await.map(|_| ())
        }),
    ]
}

/// An account as it is after its verification, with its billing account.
pub(crate) async fn verified(bench: &Bench) -> CustomerId {
    let id = bench.initial("ada").await;
    let token = custodian_auth::mail_token::new([7; 32]);
    let customer = bench.customer(id).await;
    let State::Initial { verify_by } = customer.state else { panic!("it is initial") };
    let kept = MailToken {
        hash: custodian_auth::mail_token::hash(&token),
        customer_id: id,
        cause: bench.cause(),
        purpose: Purpose::Verify,
        email: customer.profile.email,
        subject: String::new(),
        ends: verify_by,
        keep_until: verify_by,
    };
    let statuses = &[Status::Initial];
    assert_eq!(bench.cx.store.keep_mail_token(&kept, statuses).await.unwrap(), TokenKept::Done);
    custodian_app::verify::verify(&bench.cx, &token).await.unwrap();
    id
}
