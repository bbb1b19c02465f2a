//! A budget of bytes that an account may read from one instance of a function. It needs no round trip.
//!
//! Each instance has its own budgets, and Lambda runs one request per instance at a time. So the budget bounds what an account
//! reads from one instance; the throttling of the API bounds the number of requests.
//!
//! The cost of a read is known only afterwards. So a read is permitted while anything is left, and may overdraw the budget. The
//! crate `governor` cannot charge more than is left, so the buckets are our own.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use custodian_domain::{CustomerId, ExceededRateLimit, Refusal, Timestamp};

/// A full budget has as many bytes as the refill adds in this time.
const BURST_SECONDS: u32 = 8;
/// The least that a read costs, so that many small reads cost something as well.
const MIN_BYTES: u64 = 4096;
/// The maximum number of accounts with a budget that is not full.
const MAX_ACCOUNTS: usize = 10_000;
const MICROS: i128 = 1_000_000;

/// The budgets of all accounts.
#[derive(Debug)]
pub struct ReadBudget {
    bytes_per_second: u32,
    /// Accounts without an entry have a full budget.
    accounts: Mutex<HashMap<CustomerId, Budget>>,
}

#[derive(Clone, Copy, Debug)]
struct Budget {
    /// The bytes that were left at `at`, negative if the budget was overdrawn.
    bytes: i128,
    at: Timestamp,
}

impl ReadBudget {
    pub fn new(bytes_per_second: u32) -> Self {
        Self { bytes_per_second, accounts: Mutex::default() }
    }

    const fn capacity(&self) -> i128 {
        self.bytes_per_second as i128 * BURST_SECONDS as i128
    }

    fn left(&self, budget: Budget, now: Timestamp) -> i128 {
        let micros = i128::from(now.micros().saturating_sub(budget.at.micros()).max(0));
        (budget.bytes + micros * i128::from(self.bytes_per_second) / MICROS).min(self.capacity())
    }

    /// The seconds until the account may read again, if its budget is used up.
    fn seconds_until_available(&self, account: CustomerId, now: Timestamp) -> Option<u64> {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.left(*accounts.get(&account)?, now);
        let missing = u64::try_from(1 - left).ok().filter(|missing| *missing > 0)?;
        Some(missing.div_ceil(u64::from(self.bytes_per_second.max(1))))
    }

    /// Refuses an account that has read too much from this instance.
    pub fn require(&self, account: CustomerId, now: Timestamp) -> Result<(), Refusal> {
        let Some(seconds) = self.seconds_until_available(account, now) else { return Ok(()) };
        let max = u64::try_from(self.capacity()).unwrap_or(u64::MAX);
        Err(Refusal::rate_limited(ExceededRateLimit { max, window: BURST_SECONDS.into() }, seconds))
    }

    /// Charges the account for the bytes of a response, or of the rows that were read for it.
    pub fn charge(&self, account: CustomerId, bytes: u64, now: Timestamp) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= MAX_ACCOUNTS {
            accounts.retain(|_, budget| self.left(*budget, now) < self.capacity());
        }
        // Forgetting the budgets of so many accounts permits more, but keeps the memory bounded.
        if accounts.len() >= MAX_ACCOUNTS {
            accounts.clear();
        }
        let left = accounts.get(&account).map_or_else(|| self.capacity(), |budget| self.left(*budget, now));
        let bytes = left - i128::from(bytes.max(MIN_BYTES));
        accounts.insert(account, Budget { bytes, at: now });
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const KIB: u64 = 1024;

    fn account(number: u128) -> CustomerId {
        CustomerId(Uuid::from_u128(number))
    }

    #[test]
    fn an_account_reads_until_its_budget_is_overdrawn_and_waits_until_it_is_refilled() {
        let (budget, ann, start) = (ReadBudget::new(1024), account(1), Timestamp::from_micros(0));
        budget.charge(ann, 7 * KIB, start);
        assert_eq!(budget.seconds_until_available(ann, start), None, "one KiB is left");
        budget.charge(ann, 3 * KIB + 1, start);
        assert_eq!(budget.seconds_until_available(ann, start), Some(4), "a read costs at least 4 KiB");
        assert_eq!(budget.seconds_until_available(account(2), start), None, "another account");
        let seconds = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        assert_eq!(budget.seconds_until_available(ann, seconds(3)), Some(1));
        assert_eq!(budget.seconds_until_available(ann, seconds(4)), None);
        budget.charge(ann, 8 * KIB, seconds(3600));
        assert!(
            budget.seconds_until_available(ann, seconds(3600)).is_some(),
            "it never holds more than full"
        );
    }

    #[test]
    fn budgets_that_are_full_again_are_forgotten_at_the_maximum_number_of_accounts() {
        let (budget, start) = (ReadBudget::new(1024), Timestamp::from_micros(0));
        let used = account(0);
        budget.charge(used, 80 * KIB, start);
        for number in 0..MAX_ACCOUNTS as u128 {
            budget.charge(account(number), KIB, start);
        }
        let later = Timestamp::from_micros(60_000_000);
        budget.charge(account(u128::MAX), KIB, later);
        let mut left: Vec<_> = budget.accounts.lock().unwrap().keys().copied().collect();
        left.sort();
        assert_eq!(left, [used, account(u128::MAX)], "one budget is not full again");
        for number in 0..2 * MAX_ACCOUNTS as u128 {
            budget.charge(account(number), KIB, later);
        }
        assert!(budget.accounts.lock().unwrap().len() <= MAX_ACCOUNTS);
    }
}
