//! Permissions: sets of bits, with the values of VoIPBIN's API, and the rank of each set.

use serde::{Deserialize, Serialize};

/// A set of permission bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permission(u32);

impl Permission {
    /// Administers every customer of the platform.
    pub const PLATFORM: Self = Self(0x1);
    /// Handles calls and messages.
    pub const AGENT: Self = Self(0x10);
    /// Administers its own customer.
    pub const ADMIN: Self = Self(0x20);
    /// Manages its own customer's resources.
    pub const MANAGER: Self = Self(0x40);
    /// The permission of the first platform admin.
    pub const PLATFORM_ADMIN: Self = Self(0x21);
    /// Admin or manager. Most resource routes require it.
    pub const ADMIN_OR_MANAGER: Self = Self(0x60);
    /// No permission is required: every agent passes, even one without permissions.
    pub const ANY: Self = Self(0);
    const DEFINED: u32 = 0x71;

    /// `None` if the value has undefined bits.
    pub fn from_bits(bits: u32) -> Option<Self> {
        (bits & !Self::DEFINED == 0).then_some(Self(bits))
    }

    /// The permissions of platform admins.
    pub fn of_platform_admins() -> impl Iterator<Item = Self> {
        (0..=Self::DEFINED).filter_map(Self::from_bits).filter(|permission| permission.allows(Self::PLATFORM))
    }

    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The bits that this version defines. A newer version may have stored others, which give no right here. Every command but a
    /// change of the permission keeps them.
    pub const fn known_bits(self) -> u32 {
        self.0 & Self::DEFINED
    }

    /// Whether this contains any bit of `required`, or `required` is empty. A platform admin passes every check.
    pub const fn allows(self, required: Self) -> bool {
        required.0 == 0 || self.0 & (required.0 | Self::PLATFORM.0) != 0
    }

    /// Whether this is the permission of an administrator of its account.
    pub const fn is_admin(self) -> bool {
        self.allows(Self::ADMIN)
    }

    /// The rank: platform > admin > manager > agent > none.
    pub const fn rank(self) -> u8 {
        match self.0 {
            bits if bits & 0x1 != 0 => 4,
            bits if bits & 0x20 != 0 => 3,
            bits if bits & 0x40 != 0 => 2,
            bits if bits & 0x10 != 0 => 1,
            _ => 0,
        }
    }

    /// Whether this may manage agents with the permission `other`: grant it, change them and set their passwords.
    pub const fn may_manage(self, other: Self) -> bool {
        self.rank() >= other.rank()
    }
}

#[cfg(test)]
mod tests {
    use super::Permission;

    #[test]
    fn a_check_accepts_any_required_bit_and_platform_admins_but_no_other_bit() {
        assert!(Permission::PLATFORM.allows(Permission::ADMIN));
        assert!(Permission::ADMIN.allows(Permission::ADMIN_OR_MANAGER));
        assert!(!Permission::AGENT.allows(Permission::ADMIN_OR_MANAGER));
        assert!(!Permission::ADMIN.allows(Permission::PLATFORM));
    }

    #[test]
    fn a_permission_manages_only_its_own_rank_and_lower() {
        let ranked = [Permission::AGENT, Permission::MANAGER, Permission::ADMIN, Permission::PLATFORM];
        for (rank, permission) in ranked.iter().enumerate() {
            for (other_rank, other) in ranked.iter().enumerate() {
                assert_eq!(permission.may_manage(*other), rank >= other_rank);
            }
        }
    }

    #[test]
    fn undefined_bits_are_refused() {
        assert!(Permission::from_bits(0x2).is_none());
        assert!(Permission::from_bits(0x80).is_none());
        assert_eq!(Permission::from_bits(0x61).map(Permission::bits), Some(0x61));
    }
}
