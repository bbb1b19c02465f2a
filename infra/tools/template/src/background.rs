//! Functions without a route: what invokes them, and their settings.

use custodian_domain::kinds::TRANSCRIPTIONS;

use crate::function::{Settings, settings};
use crate::grant::Use;
use crate::trigger::{Retries, STREAMS, Trigger};

/// A section of the template.
#[derive(Debug)]
pub struct Section {
    pub about: &'static str,
    pub functions: &'static [Settings],
}

const fn queue(event: &'static str, queue: &'static str, batch: u16, concurrency: u16) -> Trigger {
    Trigger::Queue { event, queue, batch, concurrency, about: "" }
}

const fn job(function: &'static str, uses: &'static [Use]) -> Settings {
    Settings { timeout: Some(60), retries: Retries::Job, ..settings(function).uses(uses) }
}

pub const SECTIONS: &[Section] = &[
    Section {
        about: "Webhooks: deliveries, and the end of what runs for an account.",
        functions: &[
            Settings {
                timeout: Some(30),
                triggers: &[
                    Trigger::Queue {
                        event: "Jobs",
                        queue: "WebhookQueue",
                        batch: 1,
                        concurrency: 50,
                        about: "One at a time, so a slow receiver delays no other delivery. The limit leaves the API enough of the\n\
                                account's concurrency.",
                    },
                    Trigger::Queue {
                        event: "SlowJobs",
                        queue: "WebhookSlowQueue",
                        batch: 1,
                        concurrency: 5,
                        about: "Deliveries to slow destinations wait for each other only.",
                    },
                ],
                ..settings("webhook-deliver").uses(&[Use::Deliver])
            },
            Settings {
                about: "Stops the calls and transcriptions of an account that was frozen or deleted.",
                timeout: Some(60),
                triggers: &[Trigger::Queue {
                    event: "Events",
                    queue: "OperationsQueue",
                    batch: 1,
                    concurrency: 5,
                    about: "One at a time, so no account waits until another account's transcriptions are stopped.",
                }],
                ..settings("operations-terminate")
                    .uses(&[Use::WriteListed, Use::StopTranscription])
                    .kind(&TRANSCRIPTIONS)
            },
        ],
    },
    Section {
        about: "Setting up the platform, invoked by hand: see docs/deploy.md.",
        functions: &[Settings { timeout: Some(60), ..settings("platform-setup").hashes_passwords() }],
    },
    Section {
        about: "Deadlines: the Scheduler invokes purge and expire asynchronously when an account's deadline comes. An early invocation\n\
                fails, and Lambda repeats it after one minute and after two.",
        functions: &[
            job("purge", &[Use::Purge]),
            job("expire", &[Use::Expire]),
            Settings {
                about: "Resumes overdue work every quarter of an hour. A failed run is not repeated: the next run does its work.",
                timeout: Some(300),
                triggers: &[Trigger::Schedule {
                    event: "Schedule",
                    name: "reconcile",
                    rate: "rate(15 minutes)",
                }],
                retries: Retries::Never,
                ..settings("reconcile").uses(&[Use::Delete])
            },
        ],
    },
    Section {
        about: "Events: from the change streams to the bus, and from the bus to the mails and the cascade.",
        functions: &[
            Settings { timeout: Some(60), triggers: STREAMS, ..settings("customer-events") },
            Settings {
                timeout: Some(30),
                triggers: &[queue("Messages", "MailQueue", 5, 5)],
                ..settings("mail").uses(&[Use::ListAgents])
            },
            Settings {
                about: "Handles sign-ups and forgotten passwords after the response. An account that holds the address and was not\n\
                        verified in time is expired on the spot.",
                timeout: Some(30),
                triggers: &[queue("Messages", "RequestQueue", 5, 5)],
                ..settings("requests").uses(&[Use::OpenAccount, Use::Expire, Use::ListAgents])
            },
            Settings {
                timeout: Some(60),
                triggers: &[queue("Messages", "CascadeStartQueue", 10, 5)],
                ..settings("cascade")
            },
            Settings {
                about: "Empties one table of one account. A run that has no time left sends the rest to its own queue, which Lambda\n\
                        must not take for a runaway loop.",
                timeout: Some(900),
                triggers: &[queue("Messages", "CascadeQueue", 1, 20)],
                recursive: true,
                ..settings("cascade-worker")
            },
        ],
    },
];
