//! Operations that write rows owned by an account: those of every kind, and of agents, keys, the plan and the balance.

use std::pin::Pin;
use std::sync::Arc;

use custodian_app::agent_credentials::set_permission;
use custodian_app::ports::{
    MailToken, Purpose, ReadAgents, ReadResources, StoreMailTokens, StoreTokenOutcome,
};
use custodian_app::{Failure, access_keys, agents, billing, resources};
use custodian_domain::access_key::{KeyPatch, MadeKeys};
use custodian_domain::agent_fields::NewAgent;
use custodian_domain::billing::Adjustment;
use custodian_domain::kinds::{BILLING_ACCOUNTS, Kind, TRANSCRIPTIONS, Verbs};
use custodian_domain::resource::ResourcePatch;
use custodian_domain::{CustomerId, Permission, Plan, Principal, Resource, State, Status};
use custodian_tests::{PASSWORD, TestApp};
use serde_json::{Map, Value, json};

fn map(body: Value) -> Map<String, Value> {
    body.as_object().cloned().unwrap()
}

/// A body with the required fields of each kind.
fn patch(kind: &'static Kind) -> ResourcePatch {
    let body =
        json!({ "number": "+15551234567", "extension": "100", "password": "dial tone", "name": "late" });
    ResourcePatch::for_create(kind, &map(body)).unwrap()
}

pub(crate) async fn create(app: &TestApp, id: CustomerId, kind: &'static Kind) -> Result<Resource, Failure> {
    resources::create(&app.cx, kind, id, patch(kind)).await
}

pub(crate) type WriteFuture = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// A write whose prerequisites already exist.
pub(crate) struct Write {
    pub(crate) name: String,
    pub(crate) run: WriteFuture,
}

fn write(name: impl Into<String>, run: impl Future<Output = Result<(), Failure>> + Send + 'static) -> Write {
    Write { name: name.into(), run: Box::pin(run) }
}

/// Creating, changing and deleting a row of a kind, or only changing it if the kind has no routes for the others.
pub(crate) async fn writes_of_kind(app: &TestApp, id: CustomerId, kind: &'static Kind) -> Vec<Write> {
    let cx = Arc::clone(&app.cx);
    let changes = |row: &Resource, now| Ok(Some(row.with_fields(Map::new(), now)));
    if kind.verbs != Verbs::All {
        let customer = app.customer(id).await;
        let row = cx.store.resource(kind, id, customer.billing_account_id).await.unwrap().unwrap().row;
        let change = async move { resources::update(&cx, kind, row, changes).await.map(|_| ()) };
        return vec![write(format!("change {}", kind.route), change)];
    }
    let row = create(app, id, kind).await.unwrap();
    let (create_app, update_cx, delete_cx) = (app.clone(), Arc::clone(&cx), cx);
    let changed = row.clone();
    vec![
        // Uses a unique name that differs from the existing row's, if the kind has one.
        write(format!("create {}", kind.route), async move {
            let body = json!({ "number": "+15557654321", "extension": "200", "password": "dial tone" });
            let patch = ResourcePatch::for_create(kind, &map(body)).unwrap();
            resources::create(&create_app.cx, kind, id, patch).await.map(|_| ())
        }),
        write(format!("change {}", kind.route), async move {
            resources::update(&update_cx, kind, changed, changes).await.map(|_| ())
        }),
        write(format!("delete {}", kind.route), async move {
            resources::delete(&delete_cx, kind, row).await.map(|_| ())
        }),
    ]
}

/// Writes to agents, keys, the plan and the balance, and the write that stops a transcription.
pub(crate) async fn other_writes(app: &TestApp, id: CustomerId) -> Vec<Write> {
    let cx = || Arc::clone(&app.cx);
    let admin = app.cx.store.agents(id, None, 10).await.unwrap().rows;
    let actor = Principal::agent(admin.iter().find(|agent| !agent.guest).cloned().unwrap());
    let new = |name: &str| NewAgent::read(&map(json!({ "username": name, "password": PASSWORD }))).unwrap();
    let agent = agents::create(&app.cx, id, &actor, new("bob")).await.unwrap();
    let key = access_keys::create(&app.cx, id, &actor, KeyPatch::default()).await.unwrap().key;
    let customer = app.customer(id).await;
    let transcription = json!({ "reference_type": "call", "reference_id": customer.id });
    let transcription = ResourcePatch::for_create(&TRANSCRIPTIONS, &map(transcription)).unwrap();
    let transcription = resources::create(&app.cx, &TRANSCRIPTIONS, id, transcription).await.unwrap();
    let credit = Adjustment::read(&map(json!({ "balance_credit": 1 }))).unwrap();
    let account = billing::default_account(&app.cx, &customer).await.unwrap();
    let (carl, actors) = (new("carl"), [(); 5].map(|()| actor.clone()));
    let [creator, editor, permission_setter, deleter, key_maker] = actors;
    let (edited, permitted, removed) = (agent.clone(), agent.clone(), agent);
    let (key_cxs, renamed, deleted_key) = ([(); 3].map(|()| cx()), key.clone(), key);
    let [create_key_cx, rename_cx, delete_key_cx] = key_cxs;
    let (create_agent_cx, edit_cx, permission_cx, delete_agent_cx) = (cx(), cx(), cx(), cx());
    let (stop_cx, plan_cx, balance_cx) = (cx(), cx(), cx());
    vec![
        write("create an agent", async move {
            agents::create(&create_agent_cx, id, &creator, carl).await.map(|_| ())
        }),
        write("change an agent", async move {
            agents::edit(&edit_cx, &editor, edited, |_| Ok(())).await.map(|_| ())
        }),
        write("raise an agent's permission", async move {
            let (permission, keys) = (Permission::ADMIN, MadeKeys::Revoke);
            set_permission(&permission_cx, &permission_setter, permitted, permission, keys).await.map(|_| ())
        }),
        write("delete an agent", async move {
            agents::delete(&delete_agent_cx, &deleter, removed, MadeKeys::Revoke).await.map(|_| ())
        }),
        write("create a key", async move {
            access_keys::create(&create_key_cx, id, &key_maker, KeyPatch::default()).await.map(|_| ())
        }),
        write("rename a key", async move {
            access_keys::update(&rename_cx, renamed, KeyPatch::default()).await.map(|_| ())
        }),
        write("delete a key", async move {
            access_keys::delete(&delete_key_cx, deleted_key, MadeKeys::Revoke).await.map(|_| ())
        }),
        write("stop a transcription", async move {
            let stop = |row: &Resource, now| Ok(resources::stopped_transcription(row, now));
            resources::update(&stop_cx, &TRANSCRIPTIONS, transcription, stop).await.map(|_| ())
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

/// A verified account with its billing account.
pub(crate) async fn verified_account(app: &TestApp) -> CustomerId {
    let id = app.initial_account("ada").await;
    let token = custodian_auth::mail_token::new([7; 32]);
    let customer = app.customer(id).await;
    let State::Initial { verify_by } = customer.state else { panic!("a new account is initial") };
    let stored = MailToken {
        hash: custodian_auth::mail_token::hash(&token),
        customer_id: id,
        cause: app.cause(),
        purpose: Purpose::Verify,
        email: customer.profile.email,
        bound_to: String::new(),
        tm_expire: verify_by,
        keep_until: verify_by,
        used: false,
    };
    let statuses = &[Status::Initial];
    assert_eq!(app.cx.store.store_mail_token(&stored, statuses).await.unwrap(), StoreTokenOutcome::Done);
    custodian_app::verify::verify(&app.cx, &token).await.unwrap();
    id
}
