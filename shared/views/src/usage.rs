//! The usage report of an account.

use std::collections::BTreeMap;

use custodian_domain::Plan;
use custodian_domain::kinds::{ALL, Kind};
use serde::{Serialize, Serializer};

/// The number of rows of each kind and the bytes of the rows, and the limits of the plan. A limit of null means unlimited.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Usage"))]
pub struct UsageView {
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::field_schema::plan"))]
    plan: Plan,
    /// The bytes of the rows of all kinds except agents and billing accounts.
    bytes: u64,
    max_bytes: Option<u64>,
    resources: KindUsages,
}

/// The usage of each kind, by its route and in the order of the registry.
#[derive(Debug)]
pub(crate) struct KindUsages(Vec<(&'static str, KindUsage)>);

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct KindUsage {
    count: u64,
    limit: Option<u64>,
}

impl UsageView {
    /// `counts` has the number of rows by table.
    pub fn new(plan: Plan, counts: &BTreeMap<&str, u64>, bytes: u64) -> Self {
        let usage = |kind: &&'static Kind| {
            let count = counts.get(kind.table).copied().unwrap_or(0);
            (kind.route, KindUsage { count, limit: plan.limit(kind) })
        };
        Self {
            plan,
            bytes,
            max_bytes: plan.max_bytes(),
            resources: KindUsages(ALL.iter().map(usage).collect()),
        }
    }
}

impl Serialize for KindUsages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(route, usage)| (route, usage)))
    }
}
