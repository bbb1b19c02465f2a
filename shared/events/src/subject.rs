//! What the log tells of a message: whom it concerns and what it is about. Never a value.

use std::borrow::Cow;

use custodian_app::ports::{Request, Requested};
use custodian_cascade::Task;
use custodian_domain::CustomerId;
use custodian_domain::alarm::Job;

use crate::{Change, Delivered, of_change};

/// A message that the log may tell something of.
pub trait Subject {
    fn customer(&self) -> Option<CustomerId>;

    /// The event, the job, the step or the request.
    fn about(&self) -> Cow<'_, str>;
}

impl Subject for Delivered {
    fn customer(&self) -> Option<CustomerId> {
        Some(self.detail.customer_id)
    }

    fn about(&self) -> Cow<'_, str> {
        Cow::from(&self.detail.kind)
    }
}

impl Subject for Change {
    fn customer(&self) -> Option<CustomerId> {
        match self {
            Self::Customer { old, new } => new.as_ref().or(old.as_ref()).map(|row| row.id),
            Self::Note(note) => Some(note.customer_id),
            Self::Sealed(sealed) => Some(sealed.customer_id),
            Self::Silent => None,
        }
    }

    fn about(&self) -> Cow<'_, str> {
        of_change(self).map_or(Cow::from("nothing"), |event| Cow::from(event.kind))
    }
}

impl Subject for Task {
    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer_id)
    }

    fn about(&self) -> Cow<'_, str> {
        Cow::from(&self.step)
    }
}

impl Subject for Job {
    fn customer(&self) -> Option<CustomerId> {
        let (Self::Purge { customer_id, .. } | Self::Expire { customer_id }) = self;
        Some(*customer_id)
    }

    fn about(&self) -> Cow<'_, str> {
        Cow::from(self.target())
    }
}

/// Who asked is known by a name only, which no line may have.
impl Subject for Requested {
    fn customer(&self) -> Option<CustomerId> {
        None
    }

    fn about(&self) -> Cow<'_, str> {
        match self.request {
            Request::Forgot { .. } => Cow::from("forgot"),
            Request::SignUp { .. } => Cow::from("sign_up"),
        }
    }
}
