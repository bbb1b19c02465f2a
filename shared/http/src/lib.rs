//! The HTTP layer between API Gateway and the handlers: requests, typed callers, responses, errors and pages of lists.
//!
//! An [`Endpoint`] names the type of its caller. The only way to create a caller is [`caller::Caller::from_request`], which
//! authenticates the request, checks the customer's status and the permission, and checks the right on the row that the path
//! names. So a handler that skips authorization does not compile, unless it accepts [`Anyone`] or, as the sign-out does, a
//! [`SessionHolder`], whose session may be over.

pub mod accept;
mod authentication;
pub mod caller;
mod credential;
pub(crate) mod cursor;
pub mod customer_search;
pub mod endpoint;
mod endpoint_target;
mod idempotency;
pub mod page;
pub mod pages;
mod problem;
pub mod request;
pub mod request_id;
mod requirements;
pub mod response;
mod route;
mod same_origin;
mod session_holder;
mod target;

pub use caller::{Account, ActivePrincipal, Anyone, Audience, PlatformAdmin, Tenant};
pub use credential::{COOKIES, FORMER_SESSION_COOKIE, SESSION_COOKIE};
pub use endpoint::{Endpoint, serve};
pub use endpoint_target::{EndpointToChange, OwnEndpoint};
pub use http::StatusCode;
pub use request::Request;
pub use requirements::{
    Active, ActiveOrFrozenForAdmins, Admin, AdminOrManager, AnyPrincipal, CredentialRule, NoDelegate,
    NoDelegateOrLimitedKey, NoLimitedKey, NotDeleted,
};
pub use response::Response;
pub use route::Route;
pub use session_holder::SessionHolder;
pub use target::{
    AnyCustomer, ChangeableAgent, NoTarget, OwnAccount, OwnKey, OwnProfile, OwnResource, Target, VisibleAgent,
};
