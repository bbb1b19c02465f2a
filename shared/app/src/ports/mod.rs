//! The capabilities that use cases ask for. Every one answers 503 (`Failure::Unavailable`) rather than guess.

mod access_keys;
mod admission;
mod agents;
mod customers;
mod mail;
mod resources;
mod signing;
mod throttles;

pub use self::access_keys::{AccessKeys, CreateAccessKeys, DeleteAccessKeys, NoteUse, UpdateAccessKeys};
pub use self::admission::{
    Admission, Admissions, Begun, FindLogins, Idempotency, Kept, Principal, SharedKeys, VerifyingKeys, Wanted,
};
pub use self::agents::{
    AgentChange, AgentCreated, AgentWritten, Audit, Audits, CreateAgents, DeleteAgents, ReadAgents, Rehash,
    UpdateAgents,
};
pub use self::customers::{
    Alarms, Change, ChangeCustomers, Committed, CreateCustomers, Creation, DueCustomers, FindEmails,
    ListCustomers, NewAccount, Part, ReadCustomers, Verification,
};
pub use self::mail::{
    Cause, KeepMailTokens, Mail, MailToken, Mailer, Purpose, ReadMailTokens, Request, Requested, Requests,
    TokenKept, UseMailTokens,
};
pub use self::resources::{
    Counted, CreateResources, DeleteResources, ListResources, ReadResources, Recount, Stored, Tally,
    UpdateResources, Usage, Written,
};
pub use self::signing::{Session, SigningKeys, Signs};
pub use self::throttles::{Reserved, Throttles};
