//! Deletes the rows of a deleted or expired account from one table. The step of the exports also deletes their files. Many rows
//! take several invocations.

use custodian_app::{Context, Failure};
use custodian_cascade::{CascadeQueue, CascadeTask, EmptyTables, RemoveFiles, run_step};
use custodian_domain::Timestamp;
use custodian_event_sources::EventHandler;

pub struct Worker;

impl<S: EmptyTables, E: CascadeQueue + RemoveFiles> EventHandler<S, E> for Worker {
    type Message = CascadeTask;

    async fn handle(&self, cx: &Context<S, E>, task: CascadeTask, stop_at: Timestamp) -> Result<(), Failure> {
        run_step(cx, &task, stop_at).await.map(|_| ())
    }
}
