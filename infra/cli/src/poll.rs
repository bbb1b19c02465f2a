//! Asking again until a state is final.

use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::client::Client;
use crate::exit::{Failure, FailureKind};
use crate::progress_bar::ProgressBar;

/// How long to wait if the service does not say it.
const DEFAULT_WAIT: Duration = Duration::from_secs(5);
/// The maximum number of consecutive failed requests that the command tolerates.
const MAX_FAILURES: u32 = 5;

/// Reads a path again and again, as slowly as the answers ask for, until the answer is final.
pub(crate) fn poll_until(
    client: &Client,
    path: &str,
    is_final: impl Fn(&Value) -> bool,
    describe: impl Fn(&Value) -> String,
) -> Result<Value, Failure> {
    let (mut progress, mut failures) = (ProgressBar::new(), 0);
    loop {
        let wait = match client.get(path) {
            Ok(reply) => {
                failures = 0;
                progress.show(describe(&reply.body));
                if is_final(&reply.body) {
                    return Ok(reply.body);
                }
                reply.retry_after.unwrap_or(DEFAULT_WAIT)
            }
            Err(failure) if failure.kind == FailureKind::Unavailable && failures < MAX_FAILURES => {
                failures += 1;
                let wait = failure.retry_after.unwrap_or(DEFAULT_WAIT);
                progress.show(failure.message);
                wait
            }
            Err(failure) => return Err(failure),
        };
        sleep(wait);
    }
}
