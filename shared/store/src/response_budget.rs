//! The daily budget for the large responses that the store keeps for repetitions.

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::request_conditions::IdempotencyLease;
use custodian_domain::{CustomerId, Timestamp};
use uuid::Uuid;

use crate::Store;
use crate::expr::Expr;
use crate::item::{n, value_size};
use crate::schema::USAGE;
use crate::usage_rows;

/// Responses of up to this size are always kept. With the record itself, they take no more than other small rows.
const UNCOUNTED_BYTES: u64 = 4096;
/// How many bytes of larger responses a gate keeps in a day. The keys spread over the eight gates of an account, so an account
/// keeps at most 64 MiB of them a day.
const MAX_KEPT_BYTES_PER_GATE: u64 = 8 * 1024 * 1024;

/// Selects the gate of a record. The key's first byte spreads the records of a busy account over its gates.
pub(crate) fn gate_selector(customer: CustomerId, lease: &IdempotencyLease) -> Uuid {
    Uuid::from_u128(customer.0.as_u128() ^ u128::from(lease.key.as_bytes()[0]))
}

impl Store {
    /// Whether the account may keep this response today. Large responses count against a daily budget of the gate that the key
    /// selects. Over the budget, the record stays without a response, and a repetition gets `IDEMPOTENT_ANSWER_LOST` if the
    /// request had an effect.
    pub(crate) async fn may_keep(
        &self,
        lease: &IdempotencyLease,
        answer: &AttributeValue,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let bytes = value_size(answer);
        if bytes <= UNCOUNTED_BYTES {
            return Ok(true);
        }
        let gate = usage_rows::gate_for(gate_selector(lease.customer_id, lease));
        let key = || usage_rows::gate_key(lease.customer_id, gate);
        let day = n(now.start_of_day().seconds());
        let add = Expr::new("SET #kept_bytes = #kept_bytes + :bytes").with(":bytes", n(bytes));
        let has_room = Expr::new("#kept_day = :day AND #kept_bytes <= :room")
            .with(":day", day.clone())
            .with(":room", n(MAX_KEPT_BYTES_PER_GATE.saturating_sub(bytes)));
        let Some(row) = self.update_or_read(USAGE, key(), add.clone(), has_room.clone()).await? else {
            return Ok(true);
        };
        if row.is_empty() || row.get("kept_day") == Some(&day) {
            return Ok(false);
        }
        let start = Expr::new("SET #kept_bytes = :bytes, #kept_day = :day");
        let start = start.with(":bytes", n(bytes)).with(":day", day.clone());
        let is_new_day = Expr::new(
            "attribute_exists(#key) AND attribute_not_exists(#kept_day) OR attribute_exists(#key) AND #kept_day < :day",
        );
        // Another response of this day may come first, and then this one adds to it.
        Ok(self.update_if(USAGE, key(), start, is_new_day.with(":day", day)).await?
            || self.update_if(USAGE, key(), add, has_room).await?)
    }
}
