//! Who may do what: permission bits as the production system has them, and their rank.

use serde::{Deserialize, Serialize};

/// A set of permission bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permission(u32);

impl Permission {
    /// Administers the whole platform: every customer.
    pub const PLATFORM: Self = Self(0x1);
    /// Handles calls and messages.
    pub const AGENT: Self = Self(0x10);
    /// Administers its own customer.
    pub const ADMIN: Self = Self(0x20);
    /// Manages its own customer's resources.
    pub const MANAGER: Self = Self(0x40);
    /// What the first platform admin holds.
    pub const PLATFORM_ADMIN: Self = Self(0x21);
    /// Admin or manager: what most resource routes ask for.
    pub const ADMIN_OR_MANAGER: Self = Self(0x60);
    /// What asks for no right: any agent of a customer has it, one without rights too.
    pub const ANY: Self = Self(0);

    /// Reads a value from a request; bits that mean nothing are refused.
    pub fn from_bits(bits: u32) -> Option<Self> {
        (bits & !0x71 == 0).then_some(Self(bits))
    }

    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether any of `wanted` is held, or nothing is wanted; a platform admin holds everything.
    pub const fn allows(self, wanted: Self) -> bool {
        wanted.0 == 0 || self.0 & (wanted.0 | Self::PLATFORM.0) != 0
    }

    /// Whether this counts as an administrator of its account, of whom one has to stay.
    pub const fn administers(self) -> bool {
        self.allows(Self::ADMIN)
    }

    /// platform > admin > manager > agent > nothing.
    pub const fn rank(self) -> u8 {
        match self.0 {
            bits if bits & 0x1 != 0 => 4,
            bits if bits & 0x20 != 0 => 3,
            bits if bits & 0x40 != 0 => 2,
            bits if bits & 0x10 != 0 => 1,
            _ => 0,
        }
    }

    /// One grants, changes and sets passwords only up to one's own rank.
    pub const fn may_handle(self, other: Self) -> bool {
        self.rank() >= other.rank()
    }
}

#[cfg(test)]
mod tests {
    use super::Permission;

    #[test]
    fn a_platform_admin_passes_every_test_and_an_agent_only_its_own() {
        assert!(Permission::PLATFORM.allows(Permission::ADMIN));
        assert!(Permission::ADMIN.allows(Permission::ADMIN_OR_MANAGER));
        assert!(!Permission::AGENT.allows(Permission::ADMIN_OR_MANAGER));
        assert!(!Permission::ADMIN.allows(Permission::PLATFORM));
    }

    #[test]
    fn nobody_handles_a_higher_rank() {
        let ranked = [Permission::AGENT, Permission::MANAGER, Permission::ADMIN, Permission::PLATFORM];
        for (low, mine) in ranked.iter().enumerate() {
            for (high, theirs) in ranked.iter().enumerate() {
                assert_eq!(mine.may_handle(*theirs), low >= high);
            }
        }
    }

    #[test]
    fn bits_that_mean_nothing_are_refused() {
        assert!(Permission::from_bits(0x2).is_none());
        assert!(Permission::from_bits(0x80).is_none());
        assert_eq!(Permission::from_bits(0x61).map(Permission::bits), Some(0x61));
    }
}
