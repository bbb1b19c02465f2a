//! An operator opens an account: the customer, its first administrator and its guest, all at once.

use std::time::Duration;

use custodian_auth::password;
use custodian_domain::agent::{password_fault, username_fault};
use custodian_domain::fields::Fields;
use custodian_domain::lifecycle::Command;
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{
    Agent, AgentId, Alarm, Customer, CustomerId, Plan, Profile, Reason, Refusal, Secret, State, Status,
    Timestamp,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::change::change;
use crate::context::Context;
use crate::failure::{Failure, ignore};
use crate::ports::{Alarms, ChangeCustomers, CreateCustomers, Creation, FindEmails, FindLogins, NewAccount};
use crate::scope::{self, Scope};

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

/// What opening an account takes: also to expire who holds its names and has not been verified in time.
pub trait OpenAccounts: CreateCustomers + ChangeCustomers + FindEmails + FindLogins {}
impl<S: CreateCustomers + ChangeCustomers + FindEmails + FindLogins> OpenAccounts for S {}

/// Opens an account that awaits the verification of its e-mail address.
pub async fn create<S: OpenAccounts, E: Alarms>(
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
pub async fn open<S: OpenAccounts, E: Alarms>(
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
    let refused = match try_create(cx, &account).await? {
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

/// Stores an account, if need be after those have expired who hold its names and whose time to verify is over: their jobs
/// may be late, and the names are free at once.
async fn try_create<S: OpenAccounts, E: Alarms>(
    cx: &Context<S, E>,
    account: &NewAccount,
) -> Result<Creation, Failure> {
    let mut created = cx.store.create(account).await?;
    for _ in 0..2 {
        let holder = match created {
            Creation::Done => return Ok(created),
            Creation::EmailTaken => cx.store.email_owner(&account.customer.profile.email).await?,
            Creation::UsernameTaken => cx.store.login(&account.admin.username).await?.map(|(owner, _)| owner),
        };
        let Some(holder) = holder else { return cx.store.create(account).await };
        if !expire_overdue(cx, holder).await? {
            return Ok(created);
        }
        created = cx.store.create(account).await?;
    }
    Ok(created)
}

/// Expires an account whose time to verify is over; false if it is not.
async fn expire_overdue<S: ChangeCustomers, E: Alarms>(
    cx: &Context<S, E>,
    id: CustomerId,
) -> Result<bool, Failure> {
    let row = cx.store.customer(id).await?.filter(|row| row.status() == Status::Initial);
    let Some(row) = row.filter(|row| row.due().is_some_and(|due| due <= cx.now())) else { return Ok(false) };
    // This is not the effect of the request that wants the name, so it carries none of that request's promises.
    let expiring = change(cx, id, Some(row), Command::Expire, None);
    scope::within(Scope::default(), expiring).await?;
    Ok(true)
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
            webhook_since: None,
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
