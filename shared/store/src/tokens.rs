//! Mail tokens. Only the hash of a token is stored, and only the newest token of each purpose is valid.
//!
//! Like an identifier, a token has two rows; that of a notice has no main row. The key of the main row is the token's hash. A newer
//! token and the cascade find the token by the row under its owner. That row also records the cause of the mail, and whether the
//! mail was sent. It remains after the token is used, so a redelivered queue message sends no second mail. The main row of a used
//! token remains as well, so that the page of its link can say that it was used.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::ports::{
    MailToken, Purpose, ReadMailTokens, StoreMailTokens, StoreTokenOutcome, UseMailTokens,
};
use custodian_app::retry::RetryBudget;
use custodian_domain::{Cause, CustomerId, Status};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::identifiers::{MAIN_ROW, PAIR_ATTRIBUTE, owner_partition};
use crate::item::{Item, composite_key, decode_some, encode, n, s};
use crate::schema::TOKENS;
use crate::transaction::Transaction;
use crate::usage;

/// The key of a token under its owner: one for each purpose, for each agent's password reset, and for each notice.
fn purpose_key(purpose: Purpose) -> String {
    match purpose {
        Purpose::Verify => "verify".to_owned(),
        Purpose::EmailChange => "change".to_owned(),
        Purpose::Reset { agent_id } => format!("reset#{agent_id}"),
        Purpose::Notice { notice_id } => format!("notice#{notice_id}"),
        Purpose::Unknown => "unknown".to_owned(),
    }
}

/// The conditions of a write to a mail token.
#[derive(Clone, Copy, Debug)]
enum TokenCondition {
    Gate,
    Row,
}

/// How much longer than its token the cause of a mail is stored. It exceeds the retention of every queue, including the dead-letter
/// queues.
const CAUSE_RETENTION: Duration = Duration::from_secs(30 * 86_400);

/// The row under the owner: the newest token of a purpose.
#[derive(Debug, Deserialize, Serialize)]
struct NewestToken {
    hash: String,
    cause: Cause,
    /// Whether the mail was sent.
    mailed: bool,
}

impl NewestToken {
    /// Whether this cause's mail was sent, or a later mail supersedes it.
    fn covers(&self, cause: Cause) -> bool {
        cause < self.cause || (cause == self.cause && self.mailed)
    }
}

fn hash_partition(hash: &str) -> String {
    format!("hash#{hash}")
}

fn hash_key(hash: &str) -> Item {
    composite_key("id", hash_partition(hash), "key", MAIN_ROW)
}

/// The key of a row without an owner. The row remains after an unverified account expires, so that the API reports the
/// account's verification link as expired.
fn late_link_key(hash: &str) -> Item {
    composite_key("id", format!("late#{hash}"), "key", MAIN_ROW)
}

fn owner_key(customer: CustomerId, purpose: Purpose) -> Item {
    composite_key("id", owner_partition(customer), "key", purpose_key(purpose))
}

/// Marks the token that a request uses as used. Requires that it is unused, and still the newest of its purpose.
pub(crate) fn consume<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    customer: CustomerId,
    purpose: Purpose,
    hash: &str,
) -> Result<Transaction<'a, C>, Failure> {
    let is_newest = Expr::new("#hash = :hash").with(":hash", s(hash));
    let is_unused = Expr::new("#hash = :hash AND attribute_not_exists(#used)").with(":hash", s(hash));
    let mark = Expr::new("SET #used = :yes").with(":yes", AttributeValue::Bool(true));
    let tx = match purpose {
        Purpose::Verify => tx.delete(on_failure, TOKENS, late_link_key(hash), Expr::unconditional("id"))?,
        _ => tx,
    };
    tx.check(on_failure, TOKENS, owner_key(customer, purpose), is_newest)?.update(
        on_failure,
        TOKENS,
        hash_key(hash),
        mark,
        is_unused,
    )
}

impl Store {
    async fn token_row(&self, key: Item) -> Result<Option<Item>, Failure> {
        let request = self.client.get_item().table_name(self.table(TOKENS)).consistent_read(true);
        let response = request.set_key(Some(key)).send().await;
        Ok(response.map_err(|error| aws_failure("the mail tokens", &error))?.item)
    }
}

impl ReadMailTokens for Store {
    async fn mail_token(&self, hash: &str) -> Result<Option<MailToken>, Failure> {
        let token: Option<MailToken> = decode_some(self.token_row(hash_key(hash)).await?)?;
        Ok(token.filter(|token| token.purpose != Purpose::Unknown))
    }

    async fn is_expired_verification(&self, hash: &str) -> Result<bool, Failure> {
        Ok(self.token_row(late_link_key(hash)).await?.is_some())
    }
}

impl UseMailTokens for Store {
    async fn use_mail_token(&self, token: &MailToken) -> Result<bool, Failure> {
        let tx = Transaction::new(self, RetryBudget::Short);
        Ok(consume(tx, (), token.customer_id, token.purpose, &token.hash)?.run().await?.is_ok())
    }
}

impl StoreMailTokens for Store {
    async fn was_mailed(
        &self,
        customer: CustomerId,
        purpose: Purpose,
        cause: Cause,
    ) -> Result<bool, Failure> {
        let newest: Option<NewestToken> = decode_some(self.token_row(owner_key(customer, purpose)).await?)?;
        Ok(newest.is_some_and(|newest| newest.covers(cause)))
    }

    async fn store_mail_token(
        &self,
        token: &MailToken,
        statuses: &'static [Status],
    ) -> Result<StoreTokenOutcome, Failure> {
        let owner = token.customer_id;
        let row_key = owner_key(owner, token.purpose);
        let stored = self.token_row(row_key.clone()).await?;
        let earlier: Option<NewestToken> = decode_some(stored.clone())?;
        if earlier.as_ref().is_some_and(|earlier| earlier.covers(token.cause)) {
            return Ok(StoreTokenOutcome::AlreadyMailed);
        }
        let mut tx = Transaction::new(self, RetryBudget::Short);
        tx = usage::require_status(tx, TokenCondition::Gate, owner, owner.0, statuses)?;
        let mut unchanged = Expr::new("attribute_not_exists(#id)");
        if let Some(earlier) = &earlier {
            unchanged = Expr::new("#hash = :earlier").with(":earlier", s(&earlier.hash));
            tx =
                tx.delete(TokenCondition::Row, TOKENS, hash_key(&earlier.hash), Expr::unconditional("id"))?;
            if token.purpose == Purpose::Verify {
                tx = tx.delete(
                    TokenCondition::Row,
                    TOKENS,
                    late_link_key(&earlier.hash),
                    Expr::unconditional("id"),
                )?;
            }
        }
        if token.purpose == Purpose::Verify {
            let mut row = late_link_key(&token.hash);
            row.insert("ttl".to_owned(), n(token.keep_until.seconds()));
            tx = tx.put(TokenCondition::Row, TOKENS, row, Expr::new("attribute_not_exists(#id)"))?;
        }
        let newest = NewestToken { hash: token.hash.clone(), cause: token.cause, mailed: false };
        let mut owner_row = encode(&newest)?;
        owner_row.extend(row_key.clone());
        owner_row.insert(PAIR_ATTRIBUTE.to_owned(), s(hash_partition(&token.hash)));
        owner_row.insert("ttl".to_owned(), n(token.keep_until.plus(CAUSE_RETENTION).seconds()));
        tx = match stored {
            None => tx.put(TokenCondition::Row, TOKENS, owner_row, unchanged)?,
            Some(stored) => {
                let known = stored.into_iter().filter(|(name, _)| owner_row.contains_key(name)).collect();
                tx.replace(TokenCondition::Row, TOKENS, row_key, (&known, &owner_row), unchanged)?
            }
        };
        // The mail of a notice does not contain the token, so nobody looks it up.
        if !matches!(token.purpose, Purpose::Notice { .. }) {
            let mut main_row = encode(token)?;
            main_row.extend(hash_key(&token.hash));
            main_row.insert("ttl".to_owned(), n(token.keep_until.seconds()));
            main_row.insert("owner".to_owned(), s(owner));
            tx = tx.put(TokenCondition::Row, TOKENS, main_row, Expr::new("attribute_not_exists(#id)"))?;
        }
        Ok(match tx.run().await? {
            Ok(()) => StoreTokenOutcome::Done,
            Err(TokenCondition::Gate) => StoreTokenOutcome::GateClosed,
            Err(TokenCondition::Row) => StoreTokenOutcome::Stale,
        })
    }

    async fn record_mailed(&self, token: &MailToken) -> Result<(), Failure> {
        let update = Expr::new("SET #mailed = :yes").with(":yes", AttributeValue::Bool(true));
        let is_newest = Expr::new("#hash = :hash").with(":hash", s(&token.hash));
        let row_key = owner_key(token.customer_id, token.purpose);
        // If a newer token replaced this one, the record is not needed.
        self.update_if(TOKENS, row_key, update, is_newest).await.map(|_| ())
    }
}
