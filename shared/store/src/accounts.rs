//! Opening accounts.

use custodian_app::Failure;
use custodian_app::ports::{CreateCustomers, Creation, NewAccount};
use custodian_domain::note::Note;
use custodian_domain::{CustomerId, kinds};

use crate::Store;
use crate::customers::{self, Freed};
use crate::expr::Expr;
use crate::identifiers::{self, Claim};
use crate::item::encode;
use crate::retry::{Patience, Race};
use crate::schema::{AGENTS, CUSTOMERS};
use crate::transaction::{Transaction, Verdict};
use crate::{outbox, usage};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Guard {
    /// An id that was just drawn is in use.
    New,
    Email,
    Username,
}

/// Owners that are gone, from whom names may be taken over.
#[derive(Clone, Copy, Default)]
struct Gone {
    email: Option<CustomerId>,
    username: Option<CustomerId>,
}

impl CreateCustomers for Store {
    async fn create(&self, account: &NewAccount) -> Result<Creation, Failure> {
        let (email, username) = names(account);
        let (now, mut gone) = (account.customer.tm_create, Gone::default());
        let mut race = Race::new("the e-mail address", Patience::Request);
        loop {
            match self.try_create(account, gone).await? {
                Ok(()) => return Ok(Creation::Done),
                Err(Guard::New) => return Err(Failure::unavailable("a new id", "in use already")),
                Err(Guard::Email) => match self.freed(&email, now).await? {
                    Freed::FromGone(owner) if gone.email != Some(owner) => gone.email = Some(owner),
                    Freed::Now => race.again(&*self.entropy).await?,
                    _ => return Ok(Creation::EmailTaken),
                },
                Err(Guard::Username) => match self.freed(&username, now).await? {
                    Freed::FromGone(owner) if gone.username != Some(owner) => gone.username = Some(owner),
                    _ => return Ok(Creation::UsernameTaken),
                },
            }
        }
    }
}

fn names(account: &NewAccount) -> (String, String) {
    (identifiers::email(&account.customer.profile.email), identifiers::username(&account.admin.username))
}

impl Store {
    async fn try_create(&self, account: &NewAccount, gone: Gone) -> Result<Verdict<Guard>, Failure> {
        let id = account.customer.id;
        let (email, username) = names(account);
        let new = || Expr::new("attribute_not_exists(#id)");
        let mut tx = Transaction::new(self, Patience::Request)
            .put(Guard::New, CUSTOMERS, customers::item(&account.customer)?, new())?
            .put(Guard::New, AGENTS, encode(&account.admin)?, new())?
            .put(Guard::New, AGENTS, encode(&account.guest)?, new())?;
        let mail = Claim { name: &email, owner: id, agent: None, gone_owner: gone.email };
        tx = identifiers::claim(tx, Guard::Email, &mail)?;
        let login =
            Claim { name: &username, owner: id, agent: Some(account.admin.id), gone_owner: gone.username };
        tx = identifiers::claim(tx, Guard::Username, &login)?;
        for agent in [&account.admin, &account.guest] {
            tx = outbox::tell(tx, Guard::New, Some(&Note::created(kinds::AGENTS.noun, agent)))?;
        }
        usage::open_account(tx, Guard::New, &account.customer)?.run().await
    }
}
