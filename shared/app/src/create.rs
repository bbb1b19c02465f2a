//! An operator opens an account: the customer, its first administrator and its guest, all at once.

use std::time::Duration;

use custodian_auth::password;
use custodian_domain::agent::{password_fault, username_fault};
use custodian_domain::fields::Fields;
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{
    Agent, AgentId, Alarm, Customer, CustomerId, Plan, Profile, Reason, Refusal, Secret, State, Timestamp,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::context::Context;
use crate::failure::{Failure, ignore};
use crate::ports::{Alarms, CreateCustomers, Creation, NewAccount};

/// What an operator gives to open an account.
#[derive(Debug)]
pub struct Opening {
    pub username: String,
    /// None until its owner sets one by a mailed link.
    pub password: Option<Secret>,
    pub profile: Profile,
}

impl Opening {
    /// `username`, `password` and `email` are required, the rest of the profile is not.
    pub fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let username = fields.required_text("username", 4 * 255);
        let password = fields.required_text("password", 4 * 128);
        fields.required_text("email", 255);
        let faults = [("username", username_fault(&username)), ("password", password_fault(&password))];
        for (field, fault) in faults {
            if let Some(fault) = fault.filter(|_| body.get(field).is_some_and(Value::is_string)) {
                fields.refuse(field, fault);
            }
        }
        fields.finish(())?;
        let profile = ProfilePatch::read(body)?.apply(&Profile::default());
        Ok(Self { username, password: Some(Secret::new(password)), profile })
    }
}

/// Opens an account that awaits the verification of its e-mail address.
pub async fn create<S: CreateCustomers, E: Alarms>(
    cx: &Context<S, E>,
    opening: Opening,
) -> Result<Customer, Failure> {
    match open(cx, opening, cx.settings.verify_within).await? {
        Opened::Done(customer) => Ok(*customer),
        Opened::EmailTaken => Err(Reason::EmailAlreadyExists.into()),
        Opened::UsernameTaken => Err(Reason::AgentAlreadyExists.into()),
    }
}

/// What became of an account that was to be opened.
#[derive(Debug)]
pub enum Opened {
    Done(Box<Customer>),
    EmailTaken,
    UsernameTaken,
}

/// Opens an account that has to be verified within `window`.
pub async fn open<S: CreateCustomers, E: Alarms>(
    cx: &Context<S, E>,
    opening: Opening,
    window: Duration,
) -> Result<Opened, Failure> {
    let now = cx.now();
    let verify_by = now.plus(window).rounded_up_to_second();
    let account = assemble(cx, opening, State::Initial { verify_by }, now).await?;
    if let Some(alarm) = Alarm::of(&account.customer) {
        cx.ends.arm(&alarm).await?;
    }
    let refused = match cx.store.create(&account).await? {
        Creation::Done => return Ok(Opened::Done(Box::new(account.customer))),
        Creation::EmailTaken => Opened::EmailTaken,
        Creation::UsernameTaken => Opened::UsernameTaken,
    };
    if let Some(alarm) = Alarm::of(&account.customer) {
        ignore(
            cx.ends.disarm(&alarm.job).await,
            "a job for a customer that is not there finds nothing to do",
        );
    }
    Ok(refused)
}

/// Puts a new account together: ids, the password's hash, the guest.
pub async fn assemble<S, E>(
    cx: &Context<S, E>,
    opening: Opening,
    state: State,
    now: Timestamp,
) -> Result<NewAccount, Failure> {
    let customer_id = CustomerId(cx.sources.stamp(now).uuid());
    let password_hash = match opening.password {
        Some(password) => Some(hash_password(cx, password).await?),
        None => None,
    };
    let admin_id = AgentId(cx.sources.stamp(now).uuid());
    let guest_id = AgentId(cx.sources.stamp(now).uuid());
    let mut admin = Agent::first_admin(customer_id, admin_id, &opening.username, now);
    admin.password_hash = password_hash;
    Ok(NewAccount {
        customer: Customer {
            id: customer_id,
            version: 1,
            epoch: 1,
            profile: opening.profile,
            pending_email: None,
            email_trusted_from: None,
            billing_account_id: Uuid::nil(),
            email_verified: false,
            guest_id,
            freezes: 0,
            platform: false,
            plan: Plan::default(),
            state,
            tm_create: now,
            tm_update: now,
        },
        admin,
        guest: Agent::guest(customer_id, guest_id, now),
    })
}

/// Hashes off the async threads: it takes tens of milliseconds of pure computing.
pub async fn hash_password<S, E>(cx: &Context<S, E>, password: Secret) -> Result<Secret, Failure> {
    let salt = cx.sources.random();
    let hashed = tokio::task::spawn_blocking(move || password::hash(&password, salt)).await;
    hashed
        .map_err(|cause| Failure::unavailable("password hashing", cause))?
        .ok_or_else(|| Failure::unavailable("password hashing", "the algorithm refused its parameters"))
}
