//! Identifiers: UUIDs, new ones of version 7, so that key order is creation order.

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::Timestamp;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A customer: the tenant that owns everything else.
    CustomerId
);
id!(
    /// An agent: a person or program that acts for a customer.
    AgentId
);

/// The customer that holds the platform admins. It has a fixed id, so that there can be only one.
pub const PLATFORM: CustomerId = CustomerId(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001));

/// One instant with the random bits for the id that is made at it.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    pub now: Timestamp,
    pub random: [u8; 10],
}

impl Stamp {
    /// A version 7 UUID whose first 60 time bits are this stamp's microsecond: ids sort as `tm_create` does.
    pub fn uuid(&self) -> Uuid {
        Builder::from_unix_timestamp_millis(millis(self.now), &time_ordered(self.now, self.random))
            .into_uuid()
    }
}

/// The lowest id that an instant can have; `id < lowest_at(t)` means "created before t".
pub fn lowest_at(instant: Timestamp) -> Uuid {
    Builder::from_unix_timestamp_millis(millis(instant), &time_ordered(instant, [0; 10])).into_uuid()
}

/// Reads an id from a path or a body: the 36-character form alone.
pub fn parse(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::try_parse(text).ok() } else { None }
}

fn millis(instant: Timestamp) -> u64 {
    u64::try_from(instant.micros().div_euclid(1000)).unwrap_or(0)
}

/// Replaces the twelve bits after the milliseconds by the microsecond within it (RFC 9562, method 3).
fn time_ordered(instant: Timestamp, mut random: [u8; 10]) -> [u8; 10] {
    let micros = instant.micros().rem_euclid(1000);
    let fraction = u16::try_from(micros * 4096 / 1000).unwrap_or(0);
    random[..2].copy_from_slice(&fraction.to_be_bytes());
    random
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(micros: i64, fill: u8) -> Stamp {
        Stamp { now: Timestamp::from_micros(micros), random: [fill; 10] }
    }

    #[test]
    fn ids_sort_by_the_microsecond_they_were_made_at() {
        let mut before = stamp(1_700_000_000_000_000, 0xff).uuid();
        for micros in 1..3000 {
            let after = stamp(1_700_000_000_000_000 + micros, if micros % 2 == 0 { 0 } else { 0xff }).uuid();
            assert!(before < after, "{before} is not below {after}");
            assert_eq!(after.get_version_num(), 7);
            before = after;
        }
    }

    #[test]
    fn the_lowest_id_of_an_instant_is_below_all_of_that_instant_and_above_all_before() {
        let instant = 1_700_000_000_123_457;
        assert!(lowest_at(Timestamp::from_micros(instant)) <= stamp(instant, 0).uuid());
        assert!(lowest_at(Timestamp::from_micros(instant)) > stamp(instant - 1, 0xff).uuid());
    }

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        assert!(parse("5e4a0680-804e-11ec-8477-2fea5968d85b").is_some());
        for bad in
            ["", "5e4a0680804e11ec84772fea5968d85b", "{5e4a0680-804e-11ec-8477-2fea5968d85b}", "not-a-uuid"]
        {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
