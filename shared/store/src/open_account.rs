//! Opening accounts.

use custodian_app::Failure;
use custodian_app::ports::{CreateAccountOutcome, CreateCustomers, NewAccount};
use custodian_app::request_origin::AuditedAction;
use custodian_app::retry::{Retry, RetryBudget};
use custodian_domain::email::is_email;
use custodian_domain::kinds;
use custodian_domain::outbox_record::OutboxRecord;

use crate::Store;
use crate::claims::{self, Claim};
use crate::customers;
use crate::expr::Expr;
use crate::identifiers::{self, IdentifierRow, NameAvailability, Strength};
use crate::item::encode;
use crate::schema::{AGENTS, CUSTOMERS};
use crate::transaction::{Transaction, TransactionResult};
use crate::{audit_log, outbox, usage};

/// The conditions of the transaction that opens an account.
#[derive(Clone, Copy, Debug, PartialEq)]
enum AccountCondition {
    /// The new ids are not in use.
    NewId,
    Email,
    Username,
    /// The username is not the confirmed e-mail address of another account.
    UsernameAsEmail,
}

/// Claims of other accounts that do not block the new account. Its own claims replace all but `username_as_email`.
#[derive(Clone, Copy, Default)]
struct Previous {
    email: Option<IdentifierRow>,
    username: Option<IdentifierRow>,
    username_as_email: Option<IdentifierRow>,
}

/// The identifiers of a new account.
struct Names {
    email: String,
    username: String,
    /// The username as an e-mail address, unless it is the account's own.
    username_as_email: Option<String>,
}

impl CreateCustomers for Store {
    async fn create(&self, account: &NewAccount) -> Result<CreateAccountOutcome, Failure> {
        let (names, mut previous) = (names(account), Previous::default());
        let mut retry = Retry::new("the e-mail address", RetryBudget::Short);
        loop {
            let Err(failed) = self.try_create(account, &names, previous).await? else {
                return Ok(CreateAccountOutcome::Done);
            };
            let (name, strength, slot, taken) = match failed {
                AccountCondition::NewId => {
                    return Err(Failure::unavailable("a new id", "is already in use"));
                }
                AccountCondition::Email => {
                    (&names.email, strength(account), &mut previous.email, CreateAccountOutcome::EmailTaken)
                }
                AccountCondition::Username => {
                    let slot = &mut previous.username;
                    (&names.username, Strength::Unconfirmed, slot, CreateAccountOutcome::UsernameTaken)
                }
                AccountCondition::UsernameAsEmail => {
                    let slot = &mut previous.username_as_email;
                    let name = names.username_as_email.as_ref().unwrap_or(&names.username);
                    (name, Strength::Unconfirmed, slot, CreateAccountOutcome::UsernameTaken)
                }
            };
            match self.name_availability(name, strength).await? {
                NameAvailability::Replaceable(row) if *slot != Some(row) => *slot = Some(row),
                NameAvailability::Free => retry.wait(&*self.entropy).await?,
                _ => return Ok(taken),
            }
        }
    }
}

fn names(account: &NewAccount) -> Names {
    let (email, username) = (&account.customer.profile.email, &account.admin.username);
    Names {
        email: identifiers::email(email),
        username: identifiers::username(username),
        username_as_email: Some(identifiers::email(username))
            .filter(|name| is_email(username) && *name != identifiers::email(email)),
    }
}

/// The platform's own account needs no mail to confirm its address.
const fn strength(account: &NewAccount) -> Strength {
    if account.customer.email_verified { Strength::Confirmed } else { Strength::Unconfirmed }
}

impl Store {
    async fn try_create(
        &self,
        account: &NewAccount,
        names: &Names,
        previous: Previous,
    ) -> Result<TransactionResult<AccountCondition>, Failure> {
        let (owner, agent) = (account.customer.id, Some(account.admin.id));
        let new = || Expr::new("attribute_not_exists(#id)");
        let mut tx = Transaction::new(self, RetryBudget::Short)
            .put(AccountCondition::NewId, CUSTOMERS, customers::item(&account.customer)?, new())?
            .put(AccountCondition::NewId, AGENTS, encode(&account.admin)?, new())?
            .put(AccountCondition::NewId, AGENTS, encode(&account.guest)?, new())?;
        if !account.customer.profile.email.is_empty() {
            let confirmed = Some(account.customer.email_verified);
            let claim =
                Claim { name: &names.email, owner, agent, row_id: None, confirmed, previous: previous.email };
            tx = claims::claim(tx, AccountCondition::Email, &claim)?;
        }
        let claim = Claim {
            name: &names.username,
            owner,
            agent,
            row_id: None,
            confirmed: None,
            previous: previous.username,
        };
        tx = claims::claim(tx, AccountCondition::Username, &claim)?;
        if let Some(name) = &names.username_as_email {
            let previous = previous.username_as_email;
            let condition = AccountCondition::UsernameAsEmail;
            tx = claims::require_unconfirmed(tx, condition, name, owner, previous)?;
        }
        for agent in [&account.admin, &account.guest] {
            tx = outbox::record(
                tx,
                AccountCondition::NewId,
                Some(&OutboxRecord::created(kinds::AGENTS.noun, agent)),
            )?;
        }
        let customer = &account.customer;
        let action = AuditedAction::new(owner, "customer_created", ("customer", owner.0), customer.tm_create);
        tx = audit_log::record(tx, AccountCondition::NewId, action)?;
        usage::open_account(tx, AccountCondition::NewId, &account.customer)?.run().await
    }
}
