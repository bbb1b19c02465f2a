//! A grant: actions on resources, and the functions that get them.

use custodian_domain::kinds::Kind;

/// Actions that a port or a trigger needs. Of the grants of the ports in its handler's trait bounds, a function gets those whose
/// `when` holds.
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
    /// The tables that authentication reads: customers and agents, access keys if the function requires a credential, and the
    /// kind's table if the path names a row.
    AuthenticationTables,
    Index {
        table: &'static str,
        index: &'static str,
    },
    /// The table of the kind that the function serves.
    KindTable,
    /// The tables of an account's resources: those of every kind, and the access keys.
    OwnedTables,
    /// The tables that the kind's writable fields refer to.
    LinkedTables {
        creating: bool,
    },
    /// Every table that a deletion empties.
    EmptiedTables,
    /// The tables whose rows a dry run of a deletion counts or reads: the emptied ones whose rows no usage counter counts, the
    /// usage counters, and the numbers.
    CountedTables,
    /// The tables that a deletion empties and that store each row in a pair, with a second row under another key.
    PairedTables,
    /// One-off jobs whose names match one of these patterns.
    Jobs(&'static [&'static str]),
    /// Queues of the base template, by their logical ids.
    Queues(&'static [&'static str]),
    /// The queues that trigger the function.
    OwnQueues,
    /// The streams that trigger the function.
    OwnStreams,
    /// Resources as YAML: references to those of the base template, or ARNs.
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
    /// Functions whose authentication does not already read the customer's row.
    CustomerNotRead,
    /// Functions whose kind satisfies this predicate.
    Kind(fn(&Kind) -> bool),
    /// Functions that declare this use and whose kind satisfies the predicate.
    ForKind(Use, fn(&Kind) -> bool),
    /// Functions that do not declare this use and whose kind satisfies the predicate.
    KindUnless(Use, fn(&Kind) -> bool),
    /// Functions that declare none of these uses.
    UnlessAny(&'static [Use]),
}

/// The purpose for which a function uses a port that has several. `routes.rs` and `background.rs` declare each function's
/// uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    // Changes of customers.
    OpenAccount,
    /// Opens accounts whose username is their own e-mail address or none, so no other account's address is checked.
    UsernameIsOwnAddress,
    Verify,
    /// A platform admin changes an account's profile, which the audit log records. The address of an unverified account changes at once. The
    /// function of the account's own administrators does not name this.
    ChangeProfile,
    ChangePlan,
    /// A platform admin changes an account's billing account, which the audit log records. The function of the account's own
    /// administrators does not name this.
    ChangeBillingAccount,
    /// Lets a platform admin change the account as its guest agent, which the audit log records.
    ServeDelegates,
    Freeze,
    Recover,
    /// Deletes an account of any status immediately.
    Delete,
    /// Deletes a frozen account at the end of its grace period.
    Purge,
    /// Expires an account that was not verified in time.
    Expire,
    /// Ends restored accounts again, and schedules the deadlines of others.
    Restore,
    /// Replaces the profile of an account that was not verified, by a newer signup.
    ReplaceSignup,
    /// Lists agents instead of reading one.
    ListAgents,
    // Changes of agents.
    CountAdmins,
    SetTags,
    /// Revokes the access keys of the agent.
    RevokeKeys,
    /// Sets the password or the permission of another agent.
    ChangeCredentials,
    /// Consumes the token of a mailed link with the change.
    ConsumeMailToken,
    /// Signs an agent out. This writes no outbox record, and does not read the customer's row if the gate is closed.
    SignOut,
    /// Never releases reserved quota.
    NeverReleaseQuota,
    /// Counts and limits the account's requests that were refused because a name is taken. Only kinds whose names are unique on the whole
    /// platform need it.
    CountTakenNames,
    /// Writes rows that the function has listed, so it does not read them again.
    WriteListed,
    /// Acts on a row of one kind, such as `/stop`, and sets neither its name nor a reference.
    ActOnRow,
    /// Stops a transcription, which releases its name.
    StopTranscription,
    // Deletions.
    /// Reads ledgers, and does not change them.
    ReadLedger,
    /// Reads the hold on a ledger.
    ReadLedgerHold,
    /// Places a hold on a ledger.
    HoldLedger,
    /// Releases the hold on an account.
    ReleaseHold,
    /// Pauses and permits all deletions.
    SetBrake,
    /// Looks up links to the states of deletions, and creates none.
    ReadDeletionLink,
    // Webhooks.
    ReadEndpoint,
    ChangeEndpoint,
    RotateSecret,
    ListDeliveries,
    Redeliver,
    Deliver,
    // Queues.
    /// Makes failed messages visible again before the end of the visibility timeout.
    RedeliverSoon,
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

    /// The uses that this grant depends on.
    pub fn uses(&self) -> &[Use] {
        match &self.when {
            When::For(uses) | When::UnlessAny(uses) => uses,
            When::Unless(of) | When::ForKind(of, _) | When::KindUnless(of, _) => std::slice::from_ref(of),
            When::Always | When::Authenticated | When::Idempotent | When::CustomerNotRead | When::Kind(_) => {
                &[]
            }
        }
    }
}
