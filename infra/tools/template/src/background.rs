//! Functions without a route: their triggers and their settings.

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
        about: "Webhook deliveries, and stopping the calls and transcriptions of accounts.",
        functions: &[
            Settings {
                about: "Sends webhooks. The next attempt is a message in its own queues. A failing endpoint can defer a delivery more often\n\
                        than Lambda's recursive loop detection permits (16 invocations), so it must allow it.",
                timeout: Some(30),
                recursive: true,
                triggers: &[
                    Trigger::Queue {
                        event: "Jobs",
                        queue: "WebhookQueue",
                        batch: 1,
                        concurrency: 50,
                        about: "One at a time, so a slow receiver delays no other delivery. The limit leaves the API enough of the\n\
                                AWS account's concurrency.",
                    },
                    Trigger::Queue {
                        event: "SlowJobs",
                        queue: "WebhookSlowQueue",
                        batch: 1,
                        concurrency: 5,
                        about: "Deliveries to slow destinations delay only each other.",
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
                    about: "One at a time, so that an account does not wait until a batch of other accounts' transcriptions is stopped.",
                }],
                ..settings("operations-terminate")
                    .uses(&[Use::WriteListed, Use::StopTranscription])
                    .kind(&TRANSCRIPTIONS)
            },
        ],
    },
    Section {
        about: "Setting up the platform, invoked by hand: see docs/deploy.md.",
        functions: &[Settings {
            timeout: Some(60),
            ..settings("platform-setup").hashes_passwords().uses(&[Use::UsernameIsOwnAddress])
        }],
    },
    Section {
        about: "Deadlines: the Scheduler invokes purge, expire and remind asynchronously at an account's deadline. An early invocation\n\
                fails, and Lambda retries it after one minute and again after two minutes.",
        functions: &[
            job("purge", &[Use::Purge]),
            job("expire", &[Use::Expire]),
            job("remind", &[]),
            Settings {
                about: "Resumes overdue work every quarter of an hour. Lambda does not retry a failed run: the next run does its work.",
                timeout: Some(300),
                triggers: &[Trigger::Schedule {
                    event: "Schedule",
                    name: "reconcile",
                    rate: "rate(15 minutes)",
                }],
                retries: Retries::Never,
                ..settings("reconcile").uses(&[Use::Delete, Use::Restore])
            },
        ],
    },
    Section {
        about: "Events: from the change streams to the bus. Then the workers of the queues: mails, requests, cascades and exports.",
        functions: &[
            Settings { timeout: Some(60), triggers: STREAMS, ..settings("customer-events") },
            Settings {
                timeout: Some(30),
                triggers: &[queue("Messages", "MailQueue", 5, 5)],
                ..settings("mail").uses(&[Use::ListAgents, Use::NeverReleaseQuota])
            },
            Settings {
                about: "Handles sign-ups and forgotten passwords after the response. If an account that was not verified in time\n\
                        still holds the address, the function expires that account immediately.",
                timeout: Some(30),
                triggers: &[queue("Messages", "RequestQueue", 5, 5)],
                ..settings("requests").uses(&[
                    Use::OpenAccount,
                    Use::UsernameIsOwnAddress,
                    Use::Expire,
                    Use::ReplaceSignup,
                    Use::ListAgents,
                    Use::NeverReleaseQuota,
                ])
            },
            Settings {
                timeout: Some(60),
                triggers: &[queue("Messages", "CascadeStartQueue", 10, 5)],
                ..settings("cascade")
            },
            Settings {
                about: "Empties one table of one account. A run that has no time left sends the rest to its own queue, so Lambda's\n\
                        recursive loop detection must allow it.",
                timeout: Some(900),
                triggers: &[queue("Messages", "CascadeQueue", 1, 20)],
                recursive: true,
                ..settings("cascade-worker").uses(&[Use::RedeliverSoon])
            },
            Settings {
                about: "Writes the file of an export. Like the cascade's worker, it sends the rest to its own queue. It compresses, and\n\
                        Lambda allocates CPU in proportion to memory.",
                timeout: Some(300),
                memory: Some(1024),
                triggers: &[queue("Messages", "ExportQueue", 1, 5)],
                recursive: true,
                ..settings("export-worker")
            },
        ],
    },
];
