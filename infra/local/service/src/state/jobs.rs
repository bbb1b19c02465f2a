//! The one-off jobs of the local Scheduler: purges, expiries and reminders. The retry of a webhook is no job here but a delayed
//! message.

use custodian_app::Failure;
use custodian_domain::Timestamp;
use rusqlite::{Params, params};

use super::{DEAD_LETTERS, LocalState, NEVER, unavailable};

/// A one-off job of the local Scheduler.
#[derive(Clone, Debug)]
pub(crate) struct StoredJob {
    pub(crate) name: String,
    pub(crate) due: Timestamp,
    pub(crate) target: String,
    pub(crate) input: String,
    pub(crate) failed_attempts: u32,
}

impl LocalState {
    /// Adds a job. If a job of that name exists, it stays unchanged, and this succeeds, as the `Scheduler` port requires.
    pub(crate) fn add_job(
        &self,
        name: &str,
        due: Timestamp,
        target: &str,
        input: &str,
    ) -> Result<(), Failure> {
        let sql = "INSERT OR IGNORE INTO jobs (name, due, target, input, next) VALUES (?1, ?2, ?3, ?4, ?2)";
        self.execute(sql, params![name, due.micros(), target, input]).map(|_| ())
    }

    pub(crate) fn remove_job(&self, name: &str) -> Result<(), Failure> {
        self.execute("DELETE FROM jobs WHERE name = ?", [name]).map(|_| ())
    }

    /// Counts a failed attempt of a job and schedules the next one.
    pub(crate) fn postpone_job(&self, name: &str, next_attempt: Timestamp) -> Result<(), Failure> {
        let sql = "UPDATE jobs SET attempts = attempts + 1, next = ?2 WHERE name = ?1";
        self.execute(sql, params![name, next_attempt.micros()]).map(|_| ())
    }

    /// Removes a job and puts its input into the dead-letter queue.
    pub(crate) fn move_job_to_dead_letters(&self, job: &StoredJob) -> Result<(), Failure> {
        self.add_message(DEAD_LETTERS, &job.input, NEVER)?;
        self.remove_job(&job.name)
    }

    fn query_jobs(&self, sql: &str, values: impl Params) -> Result<Vec<StoredJob>, Failure> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(unavailable)?;
        let parse = |row: &rusqlite::Row<'_>| {
            Ok(StoredJob {
                name: row.get(0)?,
                due: Timestamp::from_micros(row.get(1)?),
                target: row.get(2)?,
                input: row.get(3)?,
                failed_attempts: row.get(4)?,
            })
        };
        let jobs = statement.query_map(values, parse).map_err(unavailable)?;
        jobs.collect::<Result<_, _>>().map_err(unavailable)
    }

    /// The jobs that end accounts, the earliest first. A frozen account also has a job for each reminder, which this leaves out.
    pub(crate) fn purges_and_expiries(&self) -> Result<Vec<StoredJob>, Failure> {
        let sql =
            "SELECT name, due, target, input, attempts FROM jobs WHERE target <> 'remind' ORDER BY due, name";
        self.query_jobs(sql, [])
    }

    pub(crate) fn due_jobs(&self, now: Timestamp) -> Result<Vec<StoredJob>, Failure> {
        let sql = "SELECT name, due, target, input, attempts FROM jobs WHERE next <= ? ORDER BY next, name LIMIT 50";
        self.query_jobs(sql, [now.micros()])
    }
}
