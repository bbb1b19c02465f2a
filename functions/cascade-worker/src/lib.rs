//! Empties one table of an account that is gone, in as many invocations as it takes.

use custodian_app::{Context, Failure};
use custodian_cascade::{Emptying, Task, Tasks, work};
use custodian_domain::Timestamp;
use custodian_events::Consumer;

pub struct Worker;

impl<S: Emptying, E: Tasks> Consumer<S, E> for Worker {
    type Message = Task;

    async fn consume(&self, cx: &Context<S, E>, task: Task, stop_at: Timestamp) -> Result<(), Failure> {
        work(cx, &task, stop_at).await.map(|_| ())
    }
}
