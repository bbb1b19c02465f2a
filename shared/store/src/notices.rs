//! What the store keeps only until a mail is sent: the attributes `former_email` of an account and `former_username` of an agent,
//! and the row of the encrypted recipient of the first mail about a deletion.

use custodian_app::Failure;
use custodian_app::ports::NoticeRows;
use custodian_domain::deletion_notice::EncryptedDestination;
use custodian_domain::{AccessKey, AgentId, CustomerId, Timestamp};
use uuid::Uuid;

use crate::Store;
use crate::expr::Expr;
use crate::item::{Item, composite_key, encode, n, s, simple_key};
use crate::resources::row_key;
use crate::schema::{AGENTS, CUSTOMERS, WEBHOOKS};
use crate::transaction::Transaction;

/// The row key of the first mail's recipient. Its row is in the same table as the destinations of the deletion notices, so the same
/// step of the cascade waits for the removal of all of them.
const FIRST_MAIL_KEY: &str = "deletion-mail";

fn first_mail_key(customer: CustomerId) -> Item {
    composite_key("customer_id", customer, "key", FIRST_MAIL_KEY)
}

/// Adds the condition that a former value did not change since it was read. Its removal does not raise the row's version.
/// A change of address keeps the former address of a row that has one, so that the oldest address gets the notice. Without this
/// condition, a change that read the row just before that removal would store no former address at all, and the notice to the
/// replaced address would be lost.
pub(crate) fn former_value_is(condition: &str, attribute: &str, former: Option<&str>) -> Expr {
    match former {
        None => Expr::new(format!("{condition} AND attribute_not_exists(#{attribute})")),
        Some(former) => {
            Expr::new(format!("{condition} AND #{attribute} = :former")).with(":former", s(former))
        }
    }
}

/// Stores the recipient of the first mail, in the transaction that deletes the account.
pub(crate) fn store_first_mail<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    customer: CustomerId,
    recipient: &EncryptedDestination,
) -> Result<Transaction<'a, C>, Failure> {
    let mut row = encode(recipient)?;
    row.extend(first_mail_key(customer));
    row.insert("ttl".to_owned(), n(recipient.until.seconds()));
    tx.put(on_failure, WEBHOOKS, row, Expr::new("attribute_not_exists(#key)"))
}

impl Store {
    /// Whether the function `mail` may still send the first mail about the account's deletion.
    pub(crate) async fn has_first_mail(&self, customer: CustomerId, now: Timestamp) -> Result<bool, Failure> {
        Ok(self.first_mail_recipient(customer).await?.is_some_and(|mail| now < mail.until))
    }

    /// Removes an attribute if it still has this value. The removal keeps the row's version, so it causes no event.
    async fn remove_value(
        &self,
        table: &str,
        row: Item,
        attribute: &str,
        value: &str,
    ) -> Result<(), Failure> {
        let update = Expr::new(format!("REMOVE #{attribute}"));
        let unchanged = Expr::new(format!("#{attribute} = :value")).with(":value", s(value));
        self.update_if(table, row, update, unchanged).await.map(|_| ())
    }
}

impl NoticeRows for Store {
    async fn created_key(&self, customer: CustomerId, id: Uuid) -> Result<Option<AccessKey>, Failure> {
        custodian_app::ports::AccessKeys::access_key(self, customer, id).await
    }

    async fn first_mail_recipient(
        &self,
        customer: CustomerId,
    ) -> Result<Option<EncryptedDestination>, Failure> {
        self.webhooks_row(customer, FIRST_MAIL_KEY).await
    }

    async fn remove_first_mail_recipient(&self, customer: CustomerId) -> Result<(), Failure> {
        let row = first_mail_key(customer);
        self.delete_if(WEBHOOKS, row, Expr::unconditional("key")).await.map(|_| ())
    }

    async fn remove_former_email(&self, customer: CustomerId, address: &str) -> Result<(), Failure> {
        self.remove_value(CUSTOMERS, simple_key("id", customer), "former_email", address).await
    }

    async fn remove_former_username(
        &self,
        customer: CustomerId,
        agent: AgentId,
        username: &str,
    ) -> Result<(), Failure> {
        self.remove_value(AGENTS, row_key(customer, agent.0), "former_username", username).await
    }
}
