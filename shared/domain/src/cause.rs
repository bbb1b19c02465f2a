//! The cause of a mail.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Timestamp;

/// An event or a request that causes a mail, with its time. Later causes are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cause {
    pub at: Timestamp,
    pub id: Uuid,
}
