//! Listing customers by deadline, the earliest first.

use custodian_app::Failure;
use custodian_app::ports::{CustomerCursor, CustomerFilter, QueryPage};
use custodian_domain::{Customer, CustomerId, Status, Timestamp};
use futures::future::try_join_all;
use uuid::Uuid;

use crate::Store;
use crate::expr::Expr;
use crate::item::{Item, composite_key, n, number_attribute, s};
use crate::listing::id;
use crate::schema::DUE;

/// The statuses of customers with a deadline.
const HAVE_DEADLINES: [Status; 2] = [Status::Initial, Status::Frozen];

/// A place in the index by deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct DueEntry {
    due: Timestamp,
    status: Status,
    id: CustomerId,
}

impl Store {
    /// Customers by deadline. Makes one query per status.
    pub(crate) async fn due_customers(
        &self,
        filter: &CustomerFilter,
        after: Option<CustomerCursor>,
        limit: usize,
    ) -> Result<QueryPage<Customer, CustomerCursor>, Failure> {
        let before = filter.due_before.unwrap_or(Timestamp::from_micros(0));
        let statuses = filter.statuses.iter().filter(|status| HAVE_DEADLINES.contains(status));
        let queries = statuses.map(|status| self.due_entries(*status, before, after, limit));
        let mut entries: Vec<DueEntry> = try_join_all(queries).await?.into_iter().flatten().collect();
        // Stable: entries of one deadline and status keep the order of the index, in which the next query continues.
        entries.sort_by_key(|entry| (entry.due, entry.status.as_str()));
        entries.truncate(limit);
        let ids: Vec<_> = entries.iter().map(|entry| entry.id.to_string()).collect();
        let mut rows = self.matching(filter, &ids).await?;
        let position = |row: &Customer| entries.iter().position(|entry| *entry == DueEntry::of(row));
        // A row that changed meanwhile is at another place of the list.
        rows.retain(|row| position(row).is_some());
        rows.sort_by_key(position);
        let last = entries.last().filter(|_| entries.len() >= limit);
        let next = last.map(|last| CustomerCursor { id: last.id, due: Some((last.due, last.status)) });
        Ok(QueryPage { rows, next })
    }

    /// The next customers of a status in the index by deadline.
    async fn due_entries(
        &self,
        status: Status,
        before: Timestamp,
        after: Option<CustomerCursor>,
        limit: usize,
    ) -> Result<Vec<DueEntry>, Failure> {
        let (mut from, mut start) = (0, None);
        if let Some((id, (due, last_status))) = after.and_then(|after| Some((after.id, after.due?))) {
            from = due.micros();
            if last_status == status {
                let mut key = composite_key("id", id, "due_status", status.as_str());
                key.insert("due_at".to_owned(), n(due.micros()));
                start = Some(key);
            } else if status.as_str() < last_status.as_str() {
                // Of one deadline, the statuses are listed in the order of their names.
                from += 1;
            }
        }
        let last = before.micros() - 1;
        if from > last {
            return Ok(Vec::new());
        }
        let condition = Expr::new("#due_status = :status AND #due_at BETWEEN :from AND :last")
            .with(":status", s(status.as_str()))
            .with(":from", n(from))
            .with(":last", n(last));
        let items = self.query_keys(DUE, condition, true, limit, start).await?;
        let entry = |item: &Item| {
            let id = Uuid::try_parse(&id(item)?).ok()?;
            let due = Timestamp::from_micros(number_attribute(item, "due_at"));
            Some(DueEntry { due, status, id: CustomerId(id) })
        };
        Ok(items.iter().filter_map(entry).collect())
    }
}

impl DueEntry {
    fn of(row: &Customer) -> Self {
        Self { due: row.due().unwrap_or(row.tm_create), status: row.status(), id: row.id }
    }
}
