//! Ids. Random ids are version 7 UUIDs, so they sort by creation time.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
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
    /// The id of a customer, the tenant that owns everything else.
    CustomerId
);
id!(
    /// The id of an agent, a person or program that signs in for a customer.
    AgentId
);

/// The platform's own customer, to which the platform admins belong. The fixed id ensures that only one exists.
pub const PLATFORM: CustomerId = CustomerId(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001));

/// The time and the random bits of a new id.
#[derive(Clone, Copy, Debug)]
pub struct IdSeed {
    pub now: Timestamp,
    pub random: [u8; 10],
}

impl IdSeed {
    /// A version 7 UUID with a time of microsecond precision, so that ids sort by `tm_create`.
    pub fn uuid(&self) -> Uuid {
        Builder::from_unix_timestamp_millis(millis(self.now), &time_ordered(self.now, self.random))
            .into_uuid()
    }
}

/// The lowest id of an instant: `id < lowest_at(t)` exactly if the time in `id` is before `t`.
pub fn lowest_at(instant: Timestamp) -> Uuid {
    Builder::from_unix_timestamp_millis(millis(instant), &time_ordered(instant, [0; 10])).into_uuid()
}

/// A hash of the content as a version 8 UUID, so that the same content always has the same id.
pub fn content_id(content: &str) -> Uuid {
    let digest = Sha256::digest(content);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// Parses an id from a path or a body. Only the hyphenated form is accepted.
pub fn parse(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::try_parse(text).ok() } else { None }
}

fn millis(instant: Timestamp) -> u64 {
    u64::try_from(instant.micros().div_euclid(1000)).unwrap_or(0)
}

/// Replaces the twelve bits after the millisecond with the fraction of the millisecond (RFC 9562, section 6.2, method 3).
fn time_ordered(instant: Timestamp, mut random: [u8; 10]) -> [u8; 10] {
    let micros = instant.micros().rem_euclid(1000);
    let fraction = u16::try_from(micros * 4096 / 1000).unwrap_or(0);
    random[..2].copy_from_slice(&fraction.to_be_bytes());
    random
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_seed(micros: i64, fill: u8) -> IdSeed {
        IdSeed { now: Timestamp::from_micros(micros), random: [fill; 10] }
    }

    #[test]
    fn ids_sort_by_the_microsecond_of_their_creation() {
        let mut before = id_seed(1_700_000_000_000_000, 0xff).uuid();
        for micros in 1..3000 {
            let after =
                id_seed(1_700_000_000_000_000 + micros, if micros % 2 == 0 { 0 } else { 0xff }).uuid();
            assert!(before < after, "{before} is not below {after}");
            assert_eq!(after.get_version_num(), 7);
            before = after;
        }
    }

    #[test]
    fn the_lowest_id_of_an_instant_separates_its_ids_from_earlier_ids() {
        let instant = 1_700_000_000_123_457;
        assert!(lowest_at(Timestamp::from_micros(instant)) <= id_seed(instant, 0).uuid());
        assert!(lowest_at(Timestamp::from_micros(instant)) > id_seed(instant - 1, 0xff).uuid());
    }

    #[test]
    fn only_the_hyphenated_form_of_a_uuid_is_an_id() {
        assert!(parse("5e4a0680-804e-11ec-8477-2fea5968d85b").is_some());
        for bad in
            ["", "5e4a0680804e11ec84772fea5968d85b", "{5e4a0680-804e-11ec-8477-2fea5968d85b}", "not-a-uuid"]
        {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
