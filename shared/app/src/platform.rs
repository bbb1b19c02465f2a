//! Setting a platform up: its keys, its own customer and its first admin. Repeating it changes nothing. And giving it a new
//! key to sign with.

use custodian_auth::Signer;
use custodian_domain::agent::{password_fault, username_fault};
use custodian_domain::fields::is_email;
use custodian_domain::ids::PLATFORM;
use custodian_domain::permission::Permission;
use custodian_domain::{Plan, Profile, Reason, Refusal, Secret, State};

use crate::context::Context;
use crate::create::{Opening, assemble};
use crate::failure::Failure;
use crate::ports::{CreateCustomers, Creation, ReadCustomers, SigningKeys};

/// What setting up came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetUp {
    Done,
    /// There was an admin already; neither its name nor its password was changed.
    Already,
}

/// Makes the keys and the first platform admin, unless they are there.
pub async fn set_up<S: SigningKeys + ReadCustomers + CreateCustomers, E>(
    cx: &Context<S, E>,
    username: String,
    password: Secret,
) -> Result<SetUp, Failure> {
    let (signer, private) = new_key(cx)?;
    let pseudonyms = Secret::new(hex(&cx.sources.random::<32>()));
    cx.store.keep_first_key(signer.key_id(), private, pseudonyms).await?;
    if cx.store.customer(PLATFORM).await?.is_some() {
        return Ok(SetUp::Already);
    }
    check(&username, &password)?;
    // A username that is no address has no mailbox to claim.
    let email = if is_email(&username) { username.clone() } else { String::new() };
    let profile = Profile { name: "Platform".to_owned(), email, ..Profile::default() };
    let mut account =
        assemble(cx, Opening { username, password: Some(password), profile }, State::Active, cx.now())
            .await?;
    account.customer.id = PLATFORM;
    account.customer.platform = true;
    account.customer.plan = Plan::Unlimited;
    account.customer.email_verified = true;
    account.admin.customer_id = PLATFORM;
    account.admin.permission = Permission::PLATFORM_ADMIN;
    account.guest = custodian_domain::Agent::guest(PLATFORM, account.guest.id, account.guest.tm_create);
    match cx.store.create(&account).await? {
        Creation::Done => Ok(SetUp::Done),
        Creation::EmailTaken | Creation::UsernameTaken => {
            Err(Failure::unavailable("the username", "in use by a customer's agent"))
        }
    }
}

/// The first admin keeps to the rules of every agent.
fn check(username: &str, password: &Secret) -> Result<(), Refusal> {
    let faults = [("username", username_fault(username)), ("password", password_fault(password.expose()))];
    match faults.into_iter().find_map(|(field, fault)| Some((field, fault?))) {
        Some((field, fault)) => Err(Refusal::field(Reason::InvalidArgument, field, fault)),
        None => Ok(()),
    }
}

/// From now on tokens are signed with a new key. Those that the last one has signed are good until they end, or until the
/// next rotation: two keys live, never three.
pub async fn rotate<S: SigningKeys, E>(cx: &Context<S, E>) -> Result<(), Failure> {
    let current = cx.store.signer().await?;
    let current = current.ok_or_else(|| Failure::unavailable("the signing key", "not set up yet"))?;
    let (next, private) = new_key(cx)?;
    cx.store.replace_key(&current, &next, private).await
}

fn new_key<S, E>(cx: &Context<S, E>) -> Result<(Signer, Secret), Failure> {
    let private = Secret::new(hex(&cx.sources.random::<32>()));
    let signer = Signer::new(hex(&cx.sources.random::<4>()), &private);
    let signer = signer.ok_or_else(|| Failure::unavailable("the signing key", "could not be made"))?;
    Ok((signer, private))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
