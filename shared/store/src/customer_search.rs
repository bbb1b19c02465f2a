//! Finding customers. Some filters select the index or the identifiers that provide the ids; the others are checked on the rows,
//! which are read consistently.

use std::cmp::Reverse;

use custodian_app::Failure;
use custodian_app::ports::{CustomerCursor, CustomerFilter, ListCustomers, QueryPage};
use custodian_domain::{Customer, CustomerId, Timestamp};
use futures::future::{try_join, try_join_all};
use uuid::Uuid;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::former_names;
use crate::identifiers::{self, IdentifierRow};
use crate::item::{Item, decode, s};
use crate::schema::{BY_STATUS, HELD, HELD_ATTRIBUTE, IDENTIFIERS};

/// The maximum number of accounts with one former address that a search finds, the newest of them.
const MAX_FORMER_HOLDERS: i32 = 1000;

impl ListCustomers for Store {
    async fn customers(
        &self,
        filter: &CustomerFilter,
        after: Option<CustomerCursor>,
        limit: usize,
    ) -> Result<QueryPage<Customer, CustomerCursor>, Failure> {
        if filter.email.is_some() || filter.username.is_some() {
            return self.named_customers(filter, after, limit).await;
        }
        if filter.due_before.is_some() {
            return self.due_customers(filter, after, limit).await;
        }
        let ids = self.next_ids(filter, after.map(|after| after.id.0), limit).await?;
        let last = ids.last().filter(|_| ids.len() >= limit).and_then(|id| Uuid::try_parse(id).ok());
        let rows = self.matching(filter, &ids).await?;
        Ok(QueryPage { rows, next: last.map(|id| CustomerCursor { id: CustomerId(id), due: None }) })
    }
}

/// Whether a customer's row matches the filters that its own attributes decide. Indexes are eventually consistent, so the row in
/// the table decides. The index of accounts on hold also has those whose hold has ended by itself.
fn matches(filter: &CustomerFilter, row: &Customer) -> bool {
    let is_due = |before: Timestamp| row.due().is_some_and(|due| due < before);
    filter.statuses.contains(&row.status())
        && filter.due_before.is_none_or(is_due)
        && filter.held.is_none_or(|held| held == row.active_hold(filter.now).is_some())
}

impl Store {
    /// The customers with these ids that match, in the order of the list.
    pub(crate) async fn matching(
        &self,
        filter: &CustomerFilter,
        ids: &[String],
    ) -> Result<Vec<Customer>, Failure> {
        let mut rows = Vec::with_capacity(ids.len());
        for item in self.customer_items(ids).await? {
            let row: Customer = decode(item)?;
            if matches(filter, &row) {
                rows.push(row);
            }
        }
        rows.sort_unstable_by_key(|row| place(filter, row));
        Ok(rows)
    }

    /// Customers by the names that they hold, or an address that they held. There are few, so each page reads all of them.
    async fn named_customers(
        &self,
        filter: &CustomerFilter,
        after: Option<CustomerCursor>,
        limit: usize,
    ) -> Result<QueryPage<Customer, CustomerCursor>, Failure> {
        let by_email = async {
            match &filter.email {
                Some(email) => self.holders_of_email(email).await.map(Some),
                None => Ok(None),
            }
        };
        let by_username = async {
            match &filter.username {
                Some(username) => self.holders_of_username(username).await.map(Some),
                None => Ok(None),
            }
        };
        let (by_email, by_username) = try_join(by_email, by_username).await?;
        let mut ids = match (by_email, by_username) {
            (Some(ids), None) | (None, Some(ids)) => ids,
            (Some(ids), Some(others)) => ids.into_iter().filter(|id| others.contains(id)).collect(),
            (None, None) => Vec::new(),
        };
        ids.sort_unstable();
        ids.dedup();
        let mut rows = self.matching(filter, &ids).await?;
        if let Some(after) = after {
            rows.retain(|row| place(filter, row) > place_of(filter, after));
        }
        let is_last = rows.len() <= limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| !is_last).map(|row| filter.cursor(row));
        Ok(QueryPage { rows, next })
    }

    /// The accounts that have this address, or had it.
    async fn holders_of_email(&self, email: &str) -> Result<Vec<String>, Failure> {
        let name = identifiers::email(email);
        let (current, former) = try_join(
            self.batch_get(vec![(IDENTIFIERS, vec![identifiers::main_key(&name)])]),
            self.former_holders(&name),
        )
        .await?;
        let mut ids = owners(current.into_values().flatten())?;
        ids.extend(former);
        Ok(ids)
    }

    async fn former_holders(&self, name: &str) -> Result<Vec<String>, Failure> {
        let condition = Expr::new("#id = :former").with(":former", s(former_names::partition(name)));
        let query = self.client.query().table_name(self.table(IDENTIFIERS)).consistent_read(true);
        let query = query
            .set_key_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .scan_index_forward(false)
            .limit(MAX_FORMER_HOLDERS);
        let response = query.send().await.map_err(|error| aws_failure("the identifiers", &error))?;
        owners(response.items.unwrap_or_default())
    }

    /// The accounts with an agent of this username, which an earlier release may have stored unprepared.
    async fn holders_of_username(&self, username: &str) -> Result<Vec<String>, Failure> {
        let mut names = vec![identifiers::username(username), identifiers::unprepared_username(username)];
        names.dedup();
        let keys = names.iter().map(|name| identifiers::main_key(name)).collect();
        owners(self.batch_get(vec![(IDENTIFIERS, keys)]).await?.into_values().flatten())
    }

    /// The ids of the next customers in any of these statuses, newest first. Makes one query per status.
    async fn next_ids(
        &self,
        filter: &CustomerFilter,
        below: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<String>, Failure> {
        let (index, hash) =
            if filter.held == Some(true) { (HELD, HELD_ATTRIBUTE) } else { (BY_STATUS, "status") };
        let queries = filter.statuses.iter().map(|status| {
            let mut condition = Expr::new(format!("#{hash} = :status"));
            if let Some(below) = below {
                condition = Expr::new(format!("#{hash} = :status AND #id < :below")).with(":below", s(below));
            }
            self.query_ids(index, condition.with(":status", s(status.as_str())), false, limit)
        });
        let mut ids: Vec<String> = try_join_all(queries).await?.into_iter().flatten().collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        // During a change of status, the index may list the customer under both statuses.
        ids.dedup();
        ids.truncate(limit);
        Ok(ids)
    }
}

/// The place of a customer in the list: by deadline and status, or the newest first.
type Place = (Option<(Timestamp, &'static str)>, Reverse<CustomerId>);

fn place(filter: &CustomerFilter, row: &Customer) -> Place {
    place_of(filter, filter.cursor(row))
}

fn place_of(filter: &CustomerFilter, cursor: CustomerCursor) -> Place {
    let due = cursor.due.filter(|_| filter.due_before.is_some());
    (due.map(|(due, status)| (due, status.as_str())), Reverse(cursor.id))
}

fn owners(items: impl IntoIterator<Item = Item>) -> Result<Vec<String>, Failure> {
    items.into_iter().map(|item| Ok(decode::<IdentifierRow>(item)?.owner.to_string())).collect()
}
