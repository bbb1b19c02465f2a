//! Opening accounts.

use custodian_app::Failure;
use custodian_app::ports::{CreateAccountOutcome, CreateCustomers, NewAccount};
use custodian_app::retry::{Retry, RetryBudget};
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::{CustomerId, kinds};

use crate::Store;
use crate::customers;
use crate::expr::Expr;
use crate::identifiers::{self, Claim, NameAvailability};
use crate::item::encode;
use crate::schema::{AGENTS, CUSTOMERS};
use crate::transaction::{Transaction, TransactionResult};
use crate::{outbox, usage};

/// The conditions of the transaction that opens an account.
#[derive(Clone, Copy, Debug, PartialEq)]
enum AccountCondition {
    /// The new ids are not in use.
    NewId,
    Email,
    Username,
}

/// The deleted or expired customers that still hold the requested names. The new account may take the names over.
#[derive(Clone, Copy, Default)]
struct TerminalOwners {
    email: Option<CustomerId>,
    username: Option<CustomerId>,
}

impl CreateCustomers for Store {
    async fn create(&self, account: &NewAccount) -> Result<CreateAccountOutcome, Failure> {
        let (email, username) = names(account);
        let (now, mut terminal) = (account.customer.tm_create, TerminalOwners::default());
        let mut retry = Retry::new("the e-mail address", RetryBudget::Request);
        loop {
            match self.try_create(account, terminal).await? {
                Ok(()) => return Ok(CreateAccountOutcome::Done),
                Err(AccountCondition::NewId) => {
                    return Err(Failure::unavailable("a new id", "is already in use"));
                }
                Err(AccountCondition::Email) => match self.name_availability(&email, now).await? {
                    NameAvailability::HeldByTerminal(owner) if terminal.email != Some(owner) => {
                        terminal.email = Some(owner)
                    }
                    NameAvailability::Free => retry.wait(&*self.entropy).await?,
                    _ => return Ok(CreateAccountOutcome::EmailTaken),
                },
                Err(AccountCondition::Username) => match self.name_availability(&username, now).await? {
                    NameAvailability::HeldByTerminal(owner) if terminal.username != Some(owner) => {
                        terminal.username = Some(owner)
                    }
                    _ => return Ok(CreateAccountOutcome::UsernameTaken),
                },
            }
        }
    }
}

fn names(account: &NewAccount) -> (String, String) {
    (identifiers::email(&account.customer.profile.email), identifiers::username(&account.admin.username))
}

impl Store {
    async fn try_create(
        &self,
        account: &NewAccount,
        terminal: TerminalOwners,
    ) -> Result<TransactionResult<AccountCondition>, Failure> {
        let id = account.customer.id;
        let (email, username) = names(account);
        let new = || Expr::new("attribute_not_exists(#id)");
        let mut tx = Transaction::new(self, RetryBudget::Request)
            .put(AccountCondition::NewId, CUSTOMERS, customers::item(&account.customer)?, new())?
            .put(AccountCondition::NewId, AGENTS, encode(&account.admin)?, new())?
            .put(AccountCondition::NewId, AGENTS, encode(&account.guest)?, new())?;
        let email_claim = Claim { name: &email, owner: id, agent: None, terminal_owner: terminal.email };
        tx = identifiers::claim(tx, AccountCondition::Email, &email_claim)?;
        let username_claim = Claim {
            name: &username,
            owner: id,
            agent: Some(account.admin.id),
            terminal_owner: terminal.username,
        };
        tx = identifiers::claim(tx, AccountCondition::Username, &username_claim)?;
        for agent in [&account.admin, &account.guest] {
            tx = outbox::record(
                tx,
                AccountCondition::NewId,
                Some(&OutboxRecord::created(kinds::AGENTS.noun, agent)),
            )?;
        }
        usage::open_account(tx, AccountCondition::NewId, &account.customer)?.run().await
    }
}
