//! Limits of time and size.

use std::time::Duration;

/// The limits of one attempt.
#[derive(Clone, Copy, Debug)]
pub struct ClientLimits {
    /// The total time: resolve, connect, send, wait and read.
    pub total: Duration,
    /// The time to connect to each address.
    pub connect: Duration,
    /// The time to read the body after the head, within the total.
    pub body: Duration,
    /// The maximum number of bytes that are read of a response, head and body.
    pub response_bytes: u64,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            total: Duration::from_secs(15),
            connect: Duration::from_secs(5),
            body: Duration::from_secs(2),
            response_bytes: 64 * 1024,
        }
    }
}
