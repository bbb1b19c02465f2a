//! Notes of what platform admins did as a customer's guest.

use custodian_app::Failure;
use custodian_app::password::LIVING;
use custodian_app::ports::{Audit, Audits, Written};

use crate::Store;
use crate::expr::Expr;
use crate::item::encode;
use crate::resource_writes::{Guard, written};
use crate::retry::Patience;
use crate::schema::AUDITS;
use crate::transaction::Transaction;
use crate::usage;

impl Audits for Store {
    async fn note(&self, audit: &Audit) -> Result<Written, Failure> {
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, audit.customer_id, audit.id, LIVING)?;
        let new = Expr::new("attribute_not_exists(#id)");
        Ok(written(tx.put(Guard::Row, AUDITS, encode(audit)?, new)?.run().await?))
    }
}
