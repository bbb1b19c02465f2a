//! The customer and the type of a message, for its log lines. The adapters log no other values of the message, because these can
//! be personal data.

use std::borrow::Cow;

use custodian_domain::CustomerId;
use custodian_domain::scheduled_job::Job;

use crate::ports::{DeferredRequest, QueuedRequest};

/// A message of a background function, as its log lines identify it.
pub trait LogSubject {
    fn customer_id(&self) -> Option<CustomerId>;

    /// The type of the event, job, cascade step or request.
    fn message_type(&self) -> Cow<'_, str>;
}

impl LogSubject for Job {
    fn customer_id(&self) -> Option<CustomerId> {
        let (Self::Purge { customer_id, .. }
        | Self::Expire { customer_id }
        | Self::Remind { customer_id, .. }) = self;
        Some(*customer_id)
    }

    fn message_type(&self) -> Cow<'_, str> {
        Cow::from(self.target())
    }
}

/// Only a username or an e-mail address identifies the requester, and the log must contain neither.
impl LogSubject for QueuedRequest {
    fn customer_id(&self) -> Option<CustomerId> {
        None
    }

    fn message_type(&self) -> Cow<'_, str> {
        match self.request {
            DeferredRequest::ForgotPassword { .. } => Cow::from("password_forgot"),
            DeferredRequest::SignUp { .. } => Cow::from("sign_up"),
        }
    }
}
