//! A grant: actions on resources, and the functions that get them.

use custodian_domain::kinds::Kind;

/// Actions that a port needs. A function has the grants of every port in its handler's trait bounds.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    pub actions: &'static [&'static str],
    pub on: Target,
    pub when: When,
    /// The condition of the policy's statement, as YAML.
    pub condition: Option<&'static str>,
}

/// The resources of a grant.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// A table, by its name in the schema.
    Table(&'static str),
    /// The tables that authentication reads: a caller without a credential has no access key, and a path may name a row of the
    /// kind.
    AuthenticationTables,
    Index {
        table: &'static str,
        index: &'static str,
    },
    /// The table of the kind that the function serves.
    KindTable,
    /// The tables of what an account owns: those of every kind, and the access keys.
    OwnedTables,
    /// The tables to which writable fields of the kind refer.
    LinkedTables {
        creating: bool,
    },
    /// Every table that a deletion empties.
    EmptiedTables,
    /// Tables that a deletion empties in which each row has a second one under another key.
    PairedTables,
    /// One-off jobs whose names match this pattern.
    Jobs(&'static str),
    /// Queues of the base template, by their logical ids.
    Queues(&'static [&'static str]),
    /// The queues that trigger the function.
    OwnQueues,
    /// The streams that trigger the function.
    OwnStreams,
    /// Resources of the base template, as YAML.
    Yaml(&'static [&'static str]),
}

/// The functions that get a grant of their port.
#[derive(Clone, Copy, Debug)]
pub enum When {
    Always,
    /// Functions that declare one of these uses.
    For(&'static [Use]),
    /// Functions that do not declare this use.
    Unless(Use),
    /// Functions that authenticate their caller.
    Authenticated,
    /// Functions that take an `Idempotency-Key`.
    Idempotent,
    /// Functions whose authentication does not read the customer's row already.
    CustomerNotRead,
    /// Functions of kinds of which this is true.
    Kind(fn(&Kind) -> bool),
}

/// What a function does with a port that serves several purposes. The functions declare their uses in
/// `routes.rs` and `background.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Changes of customers.
    OpenAccount,
    Verify,
    ChangeProfile,
    ChangePlan,
    Freeze,
    Recover,
    /// Deletes an account of any status, at once.
    Delete,
    /// Deletes a frozen account at the end of its grace period.
    Purge,
    /// Ends an account that was not verified in time.
    Expire,
    /// Lists agents instead of reading one.
    ListAgents,
    /// Changes of agents.
    CountAdmins,
    SetTags,
    /// Consumes the token of a mailed link with the change.
    ConsumeMailToken,
    /// Ends sessions, which is neither recorded nor refused by status.
    SignOut,
    /// Never releases reserved quota.
    NeverRelease,
    /// Writes the rows that it listed before.
    WriteListed,
    /// Stops a transcription, which releases its name.
    StopTranscription,
    /// Webhooks.
    ReadEndpoint,
    RotateSecret,
    ListDeliveries,
    Redeliver,
    Deliver,
}

/// DynamoDB actions on a table.
pub const fn table(actions: &'static [&'static str], table: &'static str) -> Grant {
    grant(actions, Target::Table(table))
}

pub const fn grant(actions: &'static [&'static str], on: Target) -> Grant {
    Grant { actions, on, when: When::Always, condition: None }
}

impl Grant {
    pub const fn when(self, when: When) -> Self {
        Self { when, ..self }
    }

    pub const fn only_for(self, uses: &'static [Use]) -> Self {
        self.when(When::For(uses))
    }

    pub const fn condition(self, condition: &'static str) -> Self {
        Self { condition: Some(condition), ..self }
    }

    /// The uses that decide about this grant.
    pub fn uses(&self) -> &[Use] {
        match &self.when {
            When::For(uses) => uses,
            When::Unless(of) => std::slice::from_ref(of),
            _ => &[],
        }
    }
}
