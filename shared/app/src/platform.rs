//! Sets up the platform: its keys, its own customer and its first admin. Running the set-up again creates only what is missing.
//! This module also rotates the signing keys.

use custodian_auth::Signer;
use custodian_domain::credentials::{parse_username, password_error};
use custodian_domain::email::is_email;
use custodian_domain::ids::PLATFORM;
use custodian_domain::permission::Permission;
use custodian_domain::{Plan, Profile, Reason, Refusal, Secret, State};

use crate::context::Context;
use crate::create::{AccountRequest, assemble};
use crate::failure::Failure;
use crate::ports::{CreateAccountOutcome, CreateCustomers, ManageReceiptKeys, ReadCustomers, SigningKeys};

/// The outcome of the set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetUpOutcome {
    Done,
    /// The platform has an admin already. Its name and password are unchanged.
    AlreadyDone,
}

/// Creates the keys and the first platform admin, unless they exist.
pub async fn set_up<S: SigningKeys + ManageReceiptKeys + ReadCustomers + CreateCustomers, E>(
    cx: &Context<S, E>,
    username: String,
    password: Secret,
) -> Result<SetUpOutcome, Failure> {
    let (signer, private) = new_key(cx)?;
    let keyed_hash_secret = Secret::new(hex(&cx.providers.random::<32>()));
    cx.store.store_first_key(signer.key_id(), private, keyed_hash_secret).await?;
    let (receipt_signer, private) = new_key(cx)?;
    cx.store.store_first_receipt_key(&receipt_signer, private).await?;
    if cx.store.customer(PLATFORM).await?.is_some() {
        return Ok(SetUpOutcome::AlreadyDone);
    }
    let username = validate(&username, &password)?;
    // A username that is not an e-mail address reserves no address.
    let email = if is_email(&username) { username.clone() } else { String::new() };
    let profile = Profile { name: "Platform".to_owned(), email, ..Profile::default() };
    let mut account = assemble(
        cx,
        AccountRequest { username, password: Some(password), profile, signup: None, created_by: None },
        State::Active,
        cx.now(),
    )
    .await?;
    account.customer.id = PLATFORM;
    account.customer.platform = true;
    account.customer.plan = Plan::Unlimited;
    account.customer.email_verified = true;
    account.admin.customer_id = PLATFORM;
    account.admin.permission = Permission::PLATFORM_ADMIN;
    account.guest = custodian_domain::Agent::guest(PLATFORM, account.guest.id, account.guest.tm_create);
    match cx.store.create(&account).await? {
        CreateAccountOutcome::Done => Ok(SetUpOutcome::Done),
        CreateAccountOutcome::EmailTaken | CreateAccountOutcome::UsernameTaken => {
            Err(Failure::unavailable("the username", "belongs to a customer's agent"))
        }
    }
}

/// Checks the first admin's username and password against the rules that apply to every agent. Returns the username as it is
/// stored.
fn validate(username: &str, password: &Secret) -> Result<String, Refusal> {
    let refuse = |field, problem| Refusal::field(Reason::InvalidArgument, field, problem);
    let username = parse_username(username).map_err(|problem| refuse("username", problem))?;
    match password_error(password.expose()) {
        Some(problem) => Err(refuse("password", problem)),
        None => Ok(username),
    }
}

/// Replaces the signing key. Tokens of the previous key stay valid until they expire or until the next rotation, because at
/// most two keys verify tokens.
pub async fn rotate_signing_key<S: SigningKeys, E>(cx: &Context<S, E>) -> Result<(), Failure> {
    let current = cx.store.signer().await?;
    let current = current.ok_or_else(|| Failure::unavailable("the signing key", "not set up yet"))?;
    let (next, private) = new_key(cx)?;
    cx.store.replace_key(&current, &next, private).await
}

/// Replaces the key that signs receipts. The public keys of all earlier keys stay published.
pub async fn rotate_receipt_key<S: ManageReceiptKeys, E>(cx: &Context<S, E>) -> Result<(), Failure> {
    let current = cx.store.receipt_signer().await?;
    let current = current.ok_or_else(|| Failure::unavailable("the key of the receipts", "not set up yet"))?;
    let (next, private) = new_key(cx)?;
    cx.store.replace_receipt_key(&current, &next, private).await
}

fn new_key<S, E>(cx: &Context<S, E>) -> Result<(Signer, Secret), Failure> {
    let private = Secret::new(hex(&cx.providers.random::<32>()));
    let signer = Signer::new(hex(&cx.providers.random::<4>()), &private);
    let signer = signer.ok_or_else(|| Failure::unavailable("the signing key", "could not be generated"))?;
    Ok((signer, private))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
