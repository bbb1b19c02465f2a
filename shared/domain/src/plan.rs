//! Plans, which limit how many rows an account may own.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::fields::Fields;
use crate::kinds::Kind;
use crate::refusal::Refusal;

/// New accounts have the default plan, except the platform's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    #[default]
    Free,
    Basic,
    Professional,
    Unlimited,
    /// A plan that a newer version of this service wrote. Updates leave the stored text unchanged.
    #[serde(other)]
    Unknown,
}

impl Plan {
    pub const ALL: [Self; 4] = [Self::Free, Self::Basic, Self::Professional, Self::Unlimited];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Basic => "basic",
            Self::Professional => "professional",
            Self::Unlimited => "unlimited",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plan| plan.as_str() == text)
    }

    /// The initial tokens of a billing account.
    pub const fn tokens(self) -> u64 {
        match self {
            Self::Free => 100,
            Self::Basic => 1_000,
            Self::Professional | Self::Unlimited | Self::Unknown => 10_000,
        }
    }

    /// The maximum number of bytes that the rows of an account may take, of all kinds except agents and billing accounts. `None`
    /// means no limit.
    pub const fn max_bytes(self) -> Option<u64> {
        const MIB: u64 = 1024 * 1024;
        match self {
            Self::Free => Some(16 * MIB),
            Self::Basic => Some(128 * MIB),
            Self::Professional => Some(1024 * MIB),
            Self::Unlimited | Self::Unknown => None,
        }
    }

    /// Parses the body of a request that changes the plan.
    pub fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        const NAMES: [&str; 4] = {
            let [free, basic, professional, unlimited] = Plan::ALL;
            [free.as_str(), basic.as_str(), professional.as_str(), unlimited.as_str()]
        };
        let mut fields = Fields::new(body);
        fields.require("plan");
        let plan = fields.one_of("plan", &NAMES);
        fields.finish(plan.as_deref().and_then(Self::parse).unwrap_or_default())
    }

    /// The maximum number of rows of a kind. `None` means no limit.
    pub const fn limit(self, kind: &Kind) -> Option<u64> {
        match self {
            // Not known. A creation compares with the limit in the stored counter, which the newer version wrote.
            Self::Unknown => None,
            known => kind.limits[known as usize],
        }
    }
}
