//! What stands between API Gateway and a handler: requests, typed callers, answers, errors and pages.
//!
//! An [`Endpoint`] names the caller it takes. There is no way to make a caller but its admission, which reads the
//! customer's status; so a handler that runs has been let in, and one that forgets to ask cannot be written.

mod admit;
pub mod answer;
pub mod call;
pub mod caller;
mod credential;
pub mod endpoint;
pub mod html;
mod owned;
pub mod page;
mod problem;
mod repeat;
pub mod view;

pub use answer::Answer;
pub use call::Call;
pub use caller::{
    Account, Admin, AdminOrManager, AnyAgent, Anyone, Audience, Living, Open, Operator, Tenant,
};
pub use endpoint::{Endpoint, Route, serve};
pub use http::StatusCode;
