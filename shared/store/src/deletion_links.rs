//! The links to the states of deletions. They outlive the account, and have no personal data.

use custodian_app::Failure;
use custodian_app::ports::{DeletionLink, DeletionLinks};

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{decode_some, encode, n, simple_key};
use crate::schema::DELETION_LINKS;

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
