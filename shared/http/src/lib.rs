//! The HTTP layer between API Gateway and the handlers: requests, typed callers, responses, errors and pages of lists.
//!
//! An [`Endpoint`] names the type of its caller. The only way to create a caller is [`caller::Caller::from_request`], which
//! authenticates the request and checks the customer's status. So a handler that skips authorization does not compile.

mod authentication;
pub mod caller;
mod credential;
pub mod endpoint;
mod idempotency;
pub mod page;
pub mod pages;
mod problem;
pub mod request;
pub mod response;
mod route;
mod session_holder;

pub use caller::{
    Account, Active, Admin, AdminOrManager, AnyAgent, Anyone, Audience, CredentialRule, NoDelegate,
    NotDeleted, PlatformAdmin, Tenant, Unlimited,
};
pub use endpoint::{Endpoint, serve};
pub use http::StatusCode;
pub use request::Request;
pub use response::Response;
pub use route::Route;
pub use session_holder::SessionHolder;
