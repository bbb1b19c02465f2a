//! The ledger of a deletion.

use std::collections::BTreeMap;

use custodian_domain::{CustomerId, DeletionRequest, Hold, Status, Timestamp};
use serde::{Deserialize, Serialize};

use crate::steps::{STEPS, Step};

/// The progress of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepState {
    pub step: String,
    pub closed: bool,
    /// The number of deleted rows.
    pub removed: u64,
    /// Rows up to this key are counted in `removed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_to: Option<String>,
    pub tm_progress: Timestamp,
    /// When the table was last verified empty: before the ledger was completed, and by the verification after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tm_verified: Option<Timestamp>,
    /// The number of rows when the step was opened, if the account's counters had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

impl StepState {
    /// A step that is opened now.
    pub fn open(step: &Step, total: Option<u64>, now: Timestamp) -> Self {
        Self {
            step: step.table.to_owned(),
            closed: false,
            removed: 0,
            counted_to: None,
            tm_progress: now,
            tm_verified: None,
            total,
        }
    }
}

/// A deletion: its steps, and whether it is complete.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub completed: bool,
    pub header: LedgerHeader,
    pub steps: Vec<StepState>,
}

/// The part of a ledger that is not about a single step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LedgerHeader {
    /// Deleted or expired.
    #[serde(rename = "cause")]
    pub terminal_status: Status,
    /// The customer's version after the deletion.
    pub version: u64,
    /// Missing in ledgers of earlier releases and in those that a restore run opened.
    #[serde(flatten)]
    pub request: Option<DeletionRequest>,
    /// The hold that stops the cascade. Its release or the completion of the ledger removes it.
    pub hold: Option<Hold>,
    pub tm_open: Timestamp,
    #[serde(rename = "tm_sealed")]
    pub tm_completed: Option<Timestamp>,
    pub tm_confirmed: Option<Timestamp>,
    /// The receipt in its compact form.
    pub receipt: Option<String>,
}

/// A completed ledger, as the stream of the ledgers' table carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletedDeletion {
    pub customer_id: CustomerId,
    /// Deleted or expired.
    #[serde(rename = "cause")]
    pub terminal_status: Status,
    /// The customer's version after the deletion.
    pub version: u64,
    /// The number of deleted rows by table.
    pub removed: BTreeMap<String, u64>,
    pub tm_open: Timestamp,
    #[serde(rename = "tm_sealed")]
    pub tm_completed: Timestamp,
}

/// The ledgers that are not complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnfinishedLedgers {
    pub count: u64,
    /// When the oldest of them was opened.
    pub oldest: Option<Timestamp>,
}

impl Ledger {
    /// Whether the ledger has steps and all of them are closed. A ledger of an earlier release may lack the steps of newer tables;
    /// `start` opens them, and `complete` queries those tables in any case.
    pub fn all_steps_closed(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|state| state.closed)
    }

    /// The number of deleted rows by table.
    pub fn removed(&self) -> BTreeMap<String, u64> {
        self.steps.iter().map(|state| (state.step.clone(), state.removed)).collect()
    }

    /// The step of this table, if the ledger has it.
    pub fn step(&self, table: &str) -> Option<&StepState> {
        self.steps.iter().find(|state| state.step == table)
    }

    /// Whether the ledger has a step for this table.
    pub fn has_step(&self, table: &str) -> bool {
        self.step(table).is_some()
    }

    fn is_closed(&self, table: &str) -> bool {
        self.step(table).is_some_and(|state| state.closed)
    }

    /// The open steps that wait for no other step.
    pub(crate) fn ready(&self) -> impl Iterator<Item = &StepState> {
        let may_start = |state: &&StepState| {
            let step = STEPS.iter().find(|step| step.table == state.step);
            !state.closed && step.is_some_and(|step| step.after.is_none_or(|first| self.is_closed(first)))
        };
        self.steps.iter().filter(may_start)
    }
}
