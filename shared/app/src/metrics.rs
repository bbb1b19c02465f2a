//! The business metrics. No metric names a customer.
//!
//! A function records a metric after the work that it counts. Metrics are not exact: streams and queues deliver at least once,
//! and a function may crash between the work and the metric. Use metrics for graphs and alarms, and the ledgers as evidence of
//! a deletion.

use std::time::Duration;

/// One observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    CustomersCreated,
    CustomersVerified,
    CustomersFrozen,
    CustomersRecovered,
    /// Deleted at the end of the grace period.
    CustomersPurged,
    /// Deleted at once by an administrator of the account or by an operator.
    CustomersDeleted,
    CustomersExpired,
    /// The cascade deleted every row and its ledger is complete.
    CustomersErased,
    /// The rows that a completed cascade deleted.
    RowsErased(u64),
    /// The time from the account's deletion to the completed ledger.
    ErasureTime(Duration),
    /// Ledgers that are not complete.
    UnfinishedDeletions(u64),
    /// The age of the oldest incomplete ledger.
    OldestUnfinishedDeletion(Duration),
    /// The time since the completion of the oldest ledger that is complete but not verified yet.
    OldestUnconfirmedDeletion(Duration),
    /// Rows of deleted accounts found after their ledgers were complete. This should never happen.
    RowsFoundAfterDeletion(u64),
    /// The brake tripped by itself: too many accounts were deleted or fell due within an hour.
    BrakeTripped,
    /// Whether all deletions are paused: 1 or 0.
    DeletionsPaused(bool),
    /// Webhook attempts that got a 2xx response.
    WebhooksDelivered,
    /// Webhook attempts with another response than 2xx or 410, or none.
    WebhooksFailed,
    /// Webhook attempts that were refused because of their URL, such as one with a private address.
    WebhooksRefused,
    /// Webhook attempts that got 410, which disables the endpoint.
    WebhooksDisabled,
    /// Webhook attempts that were deferred, because a budget is exhausted or the endpoint is failing.
    WebhooksDeferred,
    /// Webhooks that failed and have no attempt left.
    WebhooksExhausted,
    /// Requests that exceeded a rate limit or a read budget.
    RequestsThrottled,
    /// Refused sign-ins: the username or the password is wrong, the account is terminal, or the key on which the agent depends is
    /// not valid.
    LoginsRefused,
    /// Mails that were dropped because their recipient or the whole stack had too many.
    MailsDropped,
    /// Mails that were dropped because the stack's budget of the hour was spent.
    MailBudgetSpent,
}

/// CloudWatch units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Count,
    Milliseconds,
    Seconds,
}

impl Metric {
    /// One observation of every metric.
    pub const ALL: [Self; 26] = [
        Self::CustomersCreated,
        Self::CustomersVerified,
        Self::CustomersFrozen,
        Self::CustomersRecovered,
        Self::CustomersPurged,
        Self::CustomersDeleted,
        Self::CustomersExpired,
        Self::CustomersErased,
        Self::RowsErased(0),
        Self::ErasureTime(Duration::ZERO),
        Self::UnfinishedDeletions(0),
        Self::OldestUnfinishedDeletion(Duration::ZERO),
        Self::OldestUnconfirmedDeletion(Duration::ZERO),
        Self::RowsFoundAfterDeletion(0),
        Self::BrakeTripped,
        Self::DeletionsPaused(false),
        Self::WebhooksDelivered,
        Self::WebhooksFailed,
        Self::WebhooksRefused,
        Self::WebhooksDisabled,
        Self::WebhooksDeferred,
        Self::WebhooksExhausted,
        Self::RequestsThrottled,
        Self::LoginsRefused,
        Self::MailsDropped,
        Self::MailBudgetSpent,
    ];

    /// The metric name in CloudWatch.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CustomersCreated => "CustomersCreated",
            Self::CustomersVerified => "CustomersVerified",
            Self::CustomersFrozen => "CustomersFrozen",
            Self::CustomersRecovered => "CustomersRecovered",
            Self::CustomersPurged => "CustomersPurged",
            Self::CustomersDeleted => "CustomersDeleted",
            Self::CustomersExpired => "CustomersExpired",
            Self::CustomersErased => "CustomersErased",
            Self::RowsErased(_) => "RowsErased",
            Self::ErasureTime(_) => "ErasureTime",
            Self::UnfinishedDeletions(_) => "UnfinishedDeletions",
            Self::OldestUnfinishedDeletion(_) => "OldestUnfinishedDeletion",
            Self::OldestUnconfirmedDeletion(_) => "OldestUnconfirmedDeletion",
            Self::RowsFoundAfterDeletion(_) => "RowsFoundAfterDeletion",
            Self::BrakeTripped => "BrakeTripped",
            Self::DeletionsPaused(_) => "DeletionsPaused",
            Self::WebhooksDelivered => "WebhooksDelivered",
            Self::WebhooksFailed => "WebhooksFailed",
            Self::WebhooksRefused => "WebhooksRefused",
            Self::WebhooksDisabled => "WebhooksDisabled",
            Self::WebhooksDeferred => "WebhooksDeferred",
            Self::WebhooksExhausted => "WebhooksExhausted",
            Self::RequestsThrottled => "RequestsThrottled",
            Self::LoginsRefused => "LoginsRefused",
            Self::MailsDropped => "MailsDropped",
            Self::MailBudgetSpent => "MailBudgetSpent",
        }
    }

    pub const fn unit(self) -> Unit {
        match self {
            Self::ErasureTime(_) => Unit::Milliseconds,
            Self::OldestUnfinishedDeletion(_) | Self::OldestUnconfirmedDeletion(_) => Unit::Seconds,
            _ => Unit::Count,
        }
    }

    pub fn value(self) -> u64 {
        match self {
            Self::RowsErased(n) | Self::UnfinishedDeletions(n) | Self::RowsFoundAfterDeletion(n) => n,
            Self::DeletionsPaused(paused) => u64::from(paused),
            Self::ErasureTime(span) => u64::try_from(span.as_millis()).unwrap_or(u64::MAX),
            Self::OldestUnfinishedDeletion(span) | Self::OldestUnconfirmedDeletion(span) => span.as_secs(),
            _ => 1,
        }
    }
}
