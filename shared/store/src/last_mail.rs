//! The recipient of the last mail about a deleted account. It outlives the account. It is encrypted, and removed after the mail is
//! sent.

use custodian_app::Failure;
use custodian_app::ports::LastMail;
use custodian_domain::CustomerId;
use custodian_domain::deletion_notice::EncryptedDestination;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{Item, composite_key, decode_some, encode, n};
use crate::schema::DELETIONS;
use crate::transaction::Transaction;

fn recipient_key(customer: CustomerId) -> Item {
    composite_key("customer_id", customer, "key", RECIPIENT_KEY)
}

/// The row key of the recipient, beside the ledger.
pub(crate) const RECIPIENT_KEY: &str = "recipient";

/// Stores the recipient, in the transaction that deletes the account. TTL removes it if the mail is never sent.
pub(crate) fn store<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    customer: CustomerId,
    recipient: &EncryptedDestination,
) -> Result<Transaction<'a, C>, Failure> {
    let mut row = encode(recipient)?;
    row.extend(recipient_key(customer));
    row.insert("ttl".to_owned(), n(recipient.until.seconds()));
    tx.put(on_failure, DELETIONS, row, Expr::new("attribute_not_exists(#key)"))
}

impl LastMail for Store {
    async fn last_mail_recipient(
        &self,
        customer: CustomerId,
    ) -> Result<Option<EncryptedDestination>, Failure> {
        let request = self.client.get_item().table_name(self.table(DELETIONS)).consistent_read(true);
        let response = request.set_key(Some(recipient_key(customer))).send().await;
        decode_some(response.map_err(|error| aws_failure("the last mail", &error))?.item)
    }

    async fn remove_last_mail_recipient(&self, customer: CustomerId) -> Result<(), Failure> {
        let exists = Expr::new("attribute_exists(#key)");
        self.delete_if(DELETIONS, recipient_key(customer), exists).await.map(|_| ())
    }
}
