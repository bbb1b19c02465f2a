//! Mailed tokens: of each only a hash, of each purpose only the newest.
//!
//! The row under its owner says for what a token was mailed, and whether it was. It stays when the token is used up, so that
//! what comes again then finds it too.
//!
//! As with identifiers, a token is two rows: one found by its hash, and one under its owner by which it is replaced,
//! and found by the cascade.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::ports::{
    Cause, KeepMailTokens, MailToken, Purpose, ReadMailTokens, TokenKept, UseMailTokens,
};
use custodian_domain::{CustomerId, Status};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::expr::Expr;
use crate::identifiers::{PAIR, SELF, owned_by};
use crate::item::{Item, decode_some, encode, key2, n, s};
use crate::retry::Patience;
use crate::schema::TOKENS;
use crate::transaction::{Transaction, failed};
use crate::usage;

/// Under which key of its owner a token is kept: there is one a purpose, and for passwords one an agent.
fn slot(purpose: Purpose) -> String {
    match purpose {
        Purpose::Verify => "verify".to_owned(),
        Purpose::Change => "change".to_owned(),
        Purpose::Reset { agent_id } => format!("reset#{agent_id}"),
        Purpose::Note => "note".to_owned(),
    }
}

#[derive(Clone, Copy, Debug)]
enum Guard {
    Gate,
    Row,
}

/// How long it is known for what a token was mailed: longer than any queue keeps a message, dead letters included.
const REMEMBERED: Duration = Duration::from_secs(30 * 86_400);

/// What is kept under its owner of the newest token for a purpose.
#[derive(Debug, Deserialize, Serialize)]
struct Newest {
    hash: String,
    cause: Cause,
    /// Whether it was handed to the mailer.
    mailed: bool,
}

impl Newest {
    /// Whether nothing is to be mailed for this cause any more.
    fn answers(&self, cause: Cause) -> bool {
        cause < self.cause || (cause == self.cause && self.mailed)
    }
}

fn id_of(hash: &str) -> String {
    format!("hash#{hash}")
}

fn by_hash(hash: &str) -> Item {
    key2("id", id_of(hash), "key", SELF)
}

/// What is left of a link to verify an account that expired: nobody's, and only that it came too late.
fn late(hash: &str) -> Item {
    key2("id", format!("late#{hash}"), "key", SELF)
}

fn by_owner(customer: CustomerId, purpose: Purpose) -> Item {
    key2("id", owned_by(customer), "key", slot(purpose))
}

/// Uses a token up, if it is still the newest for its purpose.
pub(crate) fn burn<'a, G: Copy>(
    tx: Transaction<'a, G>,
    guard: G,
    customer: CustomerId,
    purpose: Purpose,
    hash: &str,
) -> Result<Transaction<'a, G>, Failure> {
    let newest = Expr::new("#hash = :hash").with(":hash", s(hash));
    let tx = match purpose {
        Purpose::Verify => tx.delete(guard, TOKENS, late(hash), Expr::any())?,
        _ => tx,
    };
    tx.check(guard, TOKENS, by_owner(customer, purpose), newest.clone())?.delete(
        guard,
        TOKENS,
        by_hash(hash),
        newest,
    )
}

impl Store {
    async fn token_row(&self, key: Item) -> Result<Option<Item>, Failure> {
        let call = self.client.get_item().table_name(self.table(TOKENS)).consistent_read(true);
        let answer = call.set_key(Some(key)).send().await;
        Ok(answer.map_err(|error| failed("the mail tokens", &error))?.item)
    }
}

impl ReadMailTokens for Store {
    async fn mail_token(&self, hash: &str) -> Result<Option<MailToken>, Failure> {
        decode_some(self.token_row(by_hash(hash)).await?)
    }

    async fn is_late(&self, hash: &str) -> Result<bool, Failure> {
        Ok(self.token_row(late(hash)).await?.is_some())
    }
}

impl UseMailTokens for Store {
    async fn burn_mail_token(&self, token: &MailToken) -> Result<bool, Failure> {
        let tx = Transaction::new(self, Patience::Request);
        Ok(burn(tx, (), token.customer_id, token.purpose, &token.hash)?.run().await?.is_ok())
    }
}

impl KeepMailTokens for Store {
    async fn keep_mail_token(
        &self,
        token: &MailToken,
        statuses: &'static [Status],
    ) -> Result<TokenKept, Failure> {
        let owner = token.customer_id;
        let slot = by_owner(owner, token.purpose);
        let earlier: Option<Newest> = decode_some(self.token_row(slot.clone()).await?)?;
        if earlier.as_ref().is_some_and(|earlier| earlier.answers(token.cause)) {
            return Ok(TokenKept::Answered);
        }
        let mut tx = Transaction::new(self, Patience::Request);
        tx = usage::pass(tx, Guard::Gate, owner, owner.0, statuses)?;
        let mut unchanged = Expr::new("attribute_not_exists(#id)");
        if let Some(earlier) = &earlier {
            unchanged = Expr::new("#hash = :earlier").with(":earlier", s(&earlier.hash));
            tx = tx.delete(Guard::Row, TOKENS, by_hash(&earlier.hash), Expr::any())?;
            if token.purpose == Purpose::Verify {
                tx = tx.delete(Guard::Row, TOKENS, late(&earlier.hash), Expr::any())?;
            }
        }
        if token.purpose == Purpose::Verify {
            let mut row = late(&token.hash);
            row.insert("ttl".to_owned(), n(token.keep_until.seconds()));
            tx = tx.put(Guard::Row, TOKENS, row, Expr::new("attribute_not_exists(#id)"))?;
        }
        let newest = Newest { hash: token.hash.clone(), cause: token.cause, mailed: false };
        let mut listed = encode(&newest)?;
        listed.extend(slot);
        listed.insert(PAIR.to_owned(), s(id_of(&token.hash)));
        listed.insert("ttl".to_owned(), n(token.keep_until.plus(REMEMBERED).seconds()));
        tx = tx.put(Guard::Row, TOKENS, listed, unchanged)?;
        if token.purpose != Purpose::Note {
            let mut found = encode(token)?;
            found.extend(by_hash(&token.hash));
            found.insert("ttl".to_owned(), n(token.keep_until.seconds()));
            found.insert("owner".to_owned(), s(owner));
            tx = tx.put(Guard::Row, TOKENS, found, Expr::new("attribute_not_exists(#id)"))?;
        }
        Ok(match tx.run().await? {
            Ok(()) => TokenKept::Done,
            Err(Guard::Gate) => TokenKept::Closed,
            Err(Guard::Row) => TokenKept::Lost,
        })
    }

    async fn note_mailed(&self, token: &MailToken) -> Result<(), Failure> {
        let noted = Expr::new("SET #mailed = :yes").with(":yes", AttributeValue::Bool(true));
        let newest = Expr::new("#hash = :hash").with(":hash", s(&token.hash));
        let slot = by_owner(token.customer_id, token.purpose);
        // If it is not the newest any more, nobody asks about it either.
        self.update_if(TOKENS, slot, noted, newest).await.map(|_| ())
    }
}
