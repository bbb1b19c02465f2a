//! Finding customers.

use std::future::Future;

use custodian_domain::{Customer, CustomerId, Status, Timestamp};

use crate::failure::Failure;
use crate::ports::QueryPage;

/// The customers to find. Every filter must match.
#[derive(Clone, Debug)]
pub struct CustomerFilter {
    pub statuses: Vec<Status>,
    /// The e-mail address, in any spelling of its letters. A former address of the account matches as well.
    pub email: Option<String>,
    /// The username of one of the account's agents.
    pub username: Option<String>,
    /// Only customers whose deadline is earlier. They are listed by their deadline, the earliest first.
    pub due_before: Option<Timestamp>,
    /// Whether the account is on a hold that lasts at `now`.
    pub held: Option<bool>,
    pub now: Timestamp,
}

/// A customer's place in a list: by its id, or by its deadline and then its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomerCursor {
    pub id: CustomerId,
    /// The deadline and the status, in a list by deadline.
    pub due: Option<(Timestamp, Status)>,
}

pub trait ListCustomers: Send + Sync {
    /// Customers after `after`, at most `limit`: the newest first, or by deadline if the filter has one.
    fn customers(
        &self,
        filter: &CustomerFilter,
        after: Option<CustomerCursor>,
        limit: usize,
    ) -> impl Future<Output = Result<QueryPage<Customer, CustomerCursor>, Failure>> + Send;
}

impl CustomerFilter {
    /// The place of a customer in the list with this filter.
    pub fn cursor(&self, customer: &Customer) -> CustomerCursor {
        let due = self.due_before.and_then(|_| customer.due());
        CustomerCursor { id: customer.id, due: due.map(|due| (due, customer.status())) }
    }
}
