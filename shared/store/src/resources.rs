//! Rows that customers own. The customer is the first part of every key.

use custodian_app::Failure;
use custodian_app::ports::{
    CreateResources, DeleteResources, ListResources, ReadResources, UpdateResources, Written,
};
use custodian_domain::kinds::Kind;
use custodian_domain::{CustomerId, Resource, Status};
use uuid::Uuid;

use crate::Store;
use crate::expr::Expr;
use crate::item::{Item, decode, decode_some, encode, key2, n, s};
use crate::retry::Patience;
use crate::transaction::{Transaction, Verdict, failed};
use crate::usage;

/// What the conditions of a write to an owned row protect.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Guard {
    Gate,
    Full,
    Row,
}

pub(crate) const fn written(verdict: Verdict<Guard>) -> Written {
    match verdict {
        Ok(()) => Written::Done,
        Err(Guard::Gate) => Written::Closed,
        Err(Guard::Row | Guard::Full) => Written::Lost,
    }
}

pub(crate) fn at_version(version: u64) -> Expr {
    Expr::new("#version = :version").with(":version", n(version))
}

pub(crate) fn row_key(customer: CustomerId, id: Uuid) -> Item {
    key2("customer_id", customer, "id", id)
}

impl ListResources for Store {
    async fn resources(
        &self,
        kind: &'static Kind,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Resource>, Failure> {
        self.owned_rows(kind.table, customer, below, limit).await?.into_iter().map(decode).collect()
    }
}

impl Store {
    /// A customer's rows of a table, newest first.
    pub(crate) async fn owned_rows(
        &self,
        table: &str,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Item>, Failure> {
        let mut condition = Expr::new("#customer_id = :customer").with(":customer", s(customer));
        if let Some(below) = below {
            condition = Expr::new("#customer_id = :customer AND #id < :below")
                .with(":customer", s(customer))
                .with(":below", s(below));
        }
        let mut rows = Vec::new();
        let mut start = None;
        loop {
            let query = self.client.query().table_name(self.table(table)).consistent_read(true);
            let query = query
                .set_key_condition_expression(condition.text())
                .set_expression_attribute_names(condition.names())
                .set_expression_attribute_values(condition.values())
                .set_exclusive_start_key(start)
                .scan_index_forward(false)
                .limit(i32::try_from(limit - rows.len()).unwrap_or(i32::MAX));
            let answer = query.send().await.map_err(|error| failed("the rows", &error))?;
            rows.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            // A page of the engine ends at 1 MB, which may be before the limit.
            if start.is_none() || rows.len() >= limit {
                return Ok(rows);
            }
        }
    }
}

impl ReadResources for Store {
    async fn resource(
        &self,
        kind: &'static Kind,
        customer: CustomerId,
        id: Uuid,
    ) -> Result<Option<Resource>, Failure> {
        let call = self.client.get_item().table_name(self.table(kind.table)).consistent_read(true);
        let answer = call.set_key(Some(row_key(customer, id))).send().await;
        decode_some(answer.map_err(|error| failed("the rows", &error))?.item)
    }
}

impl CreateResources for Store {
    async fn create_resource(&self, kind: &'static Kind, row: &Resource) -> Result<Written, Failure> {
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass_counting(tx, Guard::Gate, row.customer_id, row.id, kind.table, 1)?;
        let new = Expr::new("attribute_not_exists(#id)");
        Ok(written(tx.put(Guard::Row, kind.table, encode(row)?, new)?.run().await?))
    }
}

impl UpdateResources for Store {
    async fn update_resource(&self, kind: &'static Kind, after: &Resource) -> Result<Written, Failure> {
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, after.customer_id, after.id, &[Status::Active])?;
        let tx = tx.put(Guard::Row, kind.table, encode(after)?, at_version(after.version - 1))?;
        Ok(written(tx.run().await?))
    }
}

impl DeleteResources for Store {
    async fn delete_resource(&self, kind: &'static Kind, row: &Resource) -> Result<Written, Failure> {
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass_counting(tx, Guard::Gate, row.customer_id, row.id, kind.table, -1)?;
        let key = row_key(row.customer_id, row.id);
        Ok(written(tx.delete(Guard::Row, kind.table, key, at_version(row.version))?.run().await?))
    }
}
