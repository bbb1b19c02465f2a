//! Why a gate refused a write.

use custodian_app::Failure;
use custodian_domain::{CustomerId, Status};

use crate::Store;
use crate::item::{Item, number_attribute, s};
use crate::schema::USAGE;
use crate::usage_rows::{BYTES_LEFT, gate_key, gate_name, gates};

/// Why a gate refused a write.
pub(crate) enum GateRefusal {
    /// The customer's status does not permit the write.
    Closed,
    /// No gate has enough bytes left.
    BytesUsedUp,
    /// This gate has the most bytes left, and enough of them. The flag says whether it limits them.
    RetryWith(u8, bool),
}

impl Store {
    /// Why a gate refused a write that these statuses permit, after a consistent read of all gates.
    pub(crate) async fn gate_refusal(
        &self,
        customer: CustomerId,
        statuses: &[Status],
        bytes: i64,
    ) -> Result<GateRefusal, Failure> {
        let keys = gates().map(|gate| gate_key(customer, gate)).collect();
        let rows: Vec<Item> = self.batch_get(vec![(USAGE, keys)]).await?.into_values().flatten().collect();
        let has_status = |row: &Item| {
            let status = row.get("status").and_then(|value| value.as_s().ok());
            statuses.iter().any(|permitted| status.is_some_and(|status| status == permitted.as_str()))
        };
        if !rows.first().is_some_and(has_status) {
            return Ok(GateRefusal::Closed);
        }
        let left = |gate: u8| {
            let row = rows.iter().find(|row| row.get("key") == Some(&s(gate_name(gate))))?;
            let limits_bytes = row.contains_key(BYTES_LEFT);
            Some((
                if limits_bytes { number_attribute(row, BYTES_LEFT) } else { i64::MAX },
                gate,
                limits_bytes,
            ))
        };
        // A write that needs no bytes is refused only because of the status, and by now the status permits it.
        Ok(match gates().filter_map(left).max() {
            Some((left, gate, limits_bytes)) if bytes <= 0 || left >= bytes => {
                GateRefusal::RetryWith(gate, limits_bytes)
            }
            _ => GateRefusal::BytesUsedUp,
        })
    }
}
