//! The ports: one trait per capability that use cases need. A port whose result is uncertain, for example after a timeout,
//! fails with `Failure::Unavailable` (503).

mod access_keys;
mod agents;
mod authentication;
mod brake;
mod customer_search;
mod customers;
mod deletion_links;
mod deletion_preview;
mod mail;
mod names;
mod open_accounts;
mod resources;
mod signing;
mod system;
mod throttles;

pub use self::access_keys::{
    AccessKeys, CreateAccessKeys, DeleteAccessKeys, KeyCreateOutcome, KeyDeleteOutcome, KeysToRevoke,
    RecordKeyUse, UpdateAccessKeys,
};
pub use self::agents::{
    AgentAvailability, AgentChange, AgentCreateOutcome, AgentWriteOutcome, AuditLog, CreateAgents,
    DeleteAgents, ReadAgents, ReadAuditLog, RecordSignIns, UpdateAgents,
};
pub use self::authentication::{
    AuthContext, Authenticator, BeginOutcome, EarlierRecord, Idempotency, IdempotencyRecord, PlatformKeySet,
    Prefetch, Prefetched, PrincipalId, PrincipalRows, VerifyingKeys,
};
pub use self::brake::DeletionBrake;
pub use self::customer_search::{CustomerCursor, CustomerFilter, ListCustomers};
pub use self::customers::{
    ActivationRows, ChangeCustomers, CountDue, CreateAccountOutcome, CreateCustomers, CustomerChange,
    CustomerWriteOutcome, DueCustomers, EmailConfirmation, NewAccount, NewEndpointSecret, OverduePage,
    QueryPage, ReadCustomers, Scheduler,
};
pub use self::deletion_links::{DeletionLink, DeletionLinks};
pub use self::deletion_preview::{CountRowsToDelete, RowCount, RowsToDelete};
pub use self::mail::{
    DeferredRequest, DeletionRecipients, LastMail, Mail, MailToken, Mailer, NoticeRows, Purpose,
    QueuedRequest, ReadMailTokens, RequestQueue, StoreMailTokens, StoreTokenOutcome, UseMailTokens,
};
pub use self::names::{EmailHolder, FindNames, NameHolders};
pub use self::open_accounts::OpenAccounts;
pub use self::resources::{
    Counter, CreateResources, DeleteResources, FindResources, ListResources, ReadResources, Recount,
    ResourceWriteOutcome, StoredRows, UpdateResources, Usage, WriteOutcome,
};
pub use self::signing::{
    ManageReceiptKeys, PublishedReceiptKeys, ReceiptKeys, SignedInAgent, SigningKeys, TokenSigner,
};
pub use self::system::{Clock, Entropy, Metrics};
pub use self::throttles::{
    BudgetWindow, Budgets, ClearThrottles, FullWindow, ReadThrottles, ReserveOutcome, Throttle, Window,
    WindowPart,
};
