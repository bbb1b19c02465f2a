//! Opens accounts: creates the customer, its first administrator and its guest agent in one transaction.

use std::time::Duration;

use custodian_auth::password;
use custodian_domain::credentials::{owners_password, owners_username};
use custodian_domain::destination::DestinationRules;
use custodian_domain::fields::Fields;
use custodian_domain::lifecycle::Command;
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{
    Agent, AgentId, Cause, CreatedBy, Customer, CustomerId, Plan, Profile, Reason, Refusal, ScheduledJob,
    Secret, State, Status, Timestamp,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::change::{ChangeOutcome, change};
use crate::context::Context;
use crate::failure::{Failure, ignore};
use crate::ports::{ChangeCustomers, CreateAccountOutcome, NewAccount, OpenAccounts, Scheduler};
use crate::request_conditions::{self, RequestConditions};

/// A request to open an account.
#[derive(Debug)]
pub struct AccountRequest {
    pub username: String,
    /// `None` if the owner sets the password later, with a mailed link.
    pub password: Option<Secret>,
    pub profile: Profile,
    /// The signup that the request comes from. `None` if an operator opens the account.
    pub signup: Option<Cause>,
    /// `None` for the platform's own account.
    pub created_by: Option<CreatedBy>,
}

impl AccountRequest {
    /// Reads an operator's body. Only `email` is required.
    pub fn read(
        body: &Map<String, Value>,
        destinations: &DestinationRules,
        operator: AgentId,
    ) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let email = fields.required_text("email", 255);
        let username = owners_username(&mut fields, &email);
        let password = owners_password(&mut fields);
        let empty = Profile::default();
        let profile = ProfilePatch::read_fields(&mut fields, &empty, destinations).apply(&empty);
        fields.finish(())?;
        let created_by = Some(CreatedBy::Operator { id: operator });
        Ok(Self { username, password, profile, signup: None, created_by })
    }
}

/// Opens an account that a platform admin requested. Its owner must still verify the e-mail address.
pub async fn create<S: OpenAccounts, E: Scheduler>(
    cx: &Context<S, E>,
    account_request: AccountRequest,
) -> Result<Customer, Failure> {
    match open(cx, account_request, cx.settings.verify_within).await? {
        OpenAccountOutcome::Done(customer) => Ok(*customer),
        OpenAccountOutcome::EmailTaken => Err(Reason::EmailAlreadyExists.into()),
        OpenAccountOutcome::UsernameTaken => Err(Reason::AgentAlreadyExists.into()),
    }
}

/// The outcome of opening an account.
#[derive(Debug)]
pub enum OpenAccountOutcome {
    Done(Box<Customer>),
    EmailTaken,
    UsernameTaken,
}

/// Opens an account that must be verified within `window`.
pub async fn open<S: OpenAccounts, E: Scheduler>(
    cx: &Context<S, E>,
    account_request: AccountRequest,
    window: Duration,
) -> Result<OpenAccountOutcome, Failure> {
    let now = cx.now();
    let verify_by = now.plus(window).rounded_up_to_second();
    let account = assemble(cx, account_request, State::Initial { verify_by }, now).await?;
    let jobs = ScheduledJob::of(&account.customer, &cx.settings.reminder_days);
    for job in &jobs {
        cx.services.schedule(job).await?;
    }
    let refused = match try_create(cx, &account).await? {
        CreateAccountOutcome::Done => return Ok(OpenAccountOutcome::Done(Box::new(account.customer))),
        CreateAccountOutcome::EmailTaken => OpenAccountOutcome::EmailTaken,
        CreateAccountOutcome::UsernameTaken => OpenAccountOutcome::UsernameTaken,
    };
    for job in &jobs {
        let cancelled = cx.services.cancel(&job.job).await;
        ignore(cancelled, "the job of a customer that does not exist does nothing");
    }
    Ok(refused)
}

/// Stores an account. The e-mail address or the username may belong to an unverified account whose window has passed. That
/// account is expired first, because its own job may be late, and its names are free when the window ends.
async fn try_create<S: OpenAccounts, E: Scheduler>(
    cx: &Context<S, E>,
    account: &NewAccount,
) -> Result<CreateAccountOutcome, Failure> {
    let mut created = cx.store.create(account).await?;
    for _ in 0..2 {
        let holder = match created {
            CreateAccountOutcome::Done => return Ok(created),
            CreateAccountOutcome::EmailTaken => {
                let holders = cx.store.name_holders(&account.customer.profile.email).await?;
                holders.email.map(|holder| holder.customer)
            }
            CreateAccountOutcome::UsernameTaken => {
                let holders = cx.store.name_holders(&account.admin.username).await?;
                holders.username.map(|(owner, _)| owner)
            }
        };
        // Without a holder, either the name was released in the meantime, or the username is refused because another account has
        // confirmed it as its address. A second attempt tells which.
        let Some(holder) = holder else { return cx.store.create(account).await };
        if !expire_overdue(cx, holder).await? {
            return Ok(created);
        }
        created = cx.store.create(account).await?;
    }
    Ok(created)
}

/// Expires an unverified account whose verification window has passed. Returns false for every other account, and as long as a
/// hold or the brake prevents the expiry.
async fn expire_overdue<S: ChangeCustomers, E: Scheduler>(
    cx: &Context<S, E>,
    id: CustomerId,
) -> Result<bool, Failure> {
    let row = cx.store.customer(id).await?.filter(|row| row.status() == Status::Initial);
    let Some(row) = row.filter(|row| row.due().is_some_and(|due| due <= cx.now())) else { return Ok(false) };
    // The expiry is not the effect of the current request, so the request's conditions do not apply to it.
    let expiring = change(cx, id, Some(row), Command::Expire, None);
    match request_conditions::with_conditions(RequestConditions::default(), expiring).await {
        Ok(outcome) => Ok(!matches!(outcome, ChangeOutcome::Unchanged(row) if !row.status().is_terminal())),
        Err(failure) if failure.is(Reason::DeletionsPaused) => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Builds a new account with ids, password hash and guest agent, without storing it.
pub async fn assemble<S, E>(
    cx: &Context<S, E>,
    account_request: AccountRequest,
    state: State,
    now: Timestamp,
) -> Result<NewAccount, Failure> {
    let customer_id = CustomerId(cx.providers.id_seed(now).uuid());
    let password_hash = match account_request.password {
        Some(password) => Some(hash_password(cx, password).await?),
        None => None,
    };
    let admin_id = AgentId(cx.providers.id_seed(now).uuid());
    let guest_id = AgentId(cx.providers.id_seed(now).uuid());
    let created_by = account_request.created_by;
    let admin = Agent::new(customer_id, admin_id, &account_request.username, now);
    let guest = Agent::guest(customer_id, guest_id, now);
    Ok(NewAccount {
        customer: Customer {
            id: customer_id,
            version: 1,
            epoch: 1,
            profile: account_request.profile,
            pending_email: None,
            signup: account_request.signup,
            webhook_since: None,
            webhook_event_types: Vec::new(),
            webhook_endpoints: Vec::new(),
            email_trusted_from: None,
            former_email: None,
            billing_account_id: Uuid::nil(),
            email_verified: false,
            guest_id,
            freezes: 0,
            platform: false,
            plan: Plan::default(),
            hold: None,
            state,
            tm_create: now,
            tm_update: now,
        },
        admin: Agent { password_hash, created_by, ..admin },
        guest: Agent { created_by, ..guest },
    })
}

/// Hashes a password on a blocking thread, because it takes tens of milliseconds of CPU time.
pub async fn hash_password<S, E>(cx: &Context<S, E>, password: Secret) -> Result<Secret, Failure> {
    let salt = cx.providers.random();
    let hashed = tokio::task::spawn_blocking(move || password::hash(&password, salt)).await;
    hashed
        .map_err(|cause| Failure::unavailable("password hashing", cause))?
        .ok_or_else(|| Failure::unavailable("password hashing", "the algorithm refused its parameters"))
}
