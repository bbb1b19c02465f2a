//! The links to the states of deletions, and the recipient of the last mail about a deleted account. Both outlive the account: the
//! links have no personal data, and the recipient is encrypted and removed with the sending of the mail.

use custodian_app::Failure;
use custodian_app::ports::{DeletionLink, DeletionLinks, LastMail};
use custodian_domain::CustomerId;
use custodian_domain::webhook::EncryptedDestination;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{Item, composite_key, decode_some, encode, n, simple_key};
use crate::schema::{DELETION_LINKS, DELETIONS};
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
    async fn last_mail(&self, customer: CustomerId) -> Result<Option<EncryptedDestination>, Failure> {
        let request = self.client.get_item().table_name(self.table(DELETIONS)).consistent_read(true);
        let response = request.set_key(Some(recipient_key(customer))).send().await;
        decode_some(response.map_err(|error| aws_failure("the last mail", &error))?.item)
    }

    async fn remove_last_mail(&self, customer: CustomerId) -> Result<(), Failure> {
        let exists = Expr::new("attribute_exists(#key)");
        self.delete_if(DELETIONS, recipient_key(customer), exists).await.map(|_| ())
    }
}

impl DeletionLinks for Store {
    async fn store_deletion_link(&self, link: &DeletionLink) -> Result<(), Failure> {
        let mut row = encode(link)?;
        row.insert("ttl".to_owned(), n(link.tm_expire.seconds()));
        self.put_if(DELETION_LINKS, row, Expr::new("attribute_not_exists(#id)")).await.map(|_| ())
    }

    async fn deletion_link(&self, hash: &str) -> Result<Option<DeletionLink>, Failure> {
        let request = self.client.get_item().table_name(self.table(DELETION_LINKS)).consistent_read(true);
        let response = request.set_key(Some(simple_key("id", hash))).send().await;
        decode_some(response.map_err(|error| aws_failure("the link", &error))?.item)
    }
}
