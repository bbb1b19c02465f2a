//! What the local ends hold: jobs, queues, mails, events, the clock's offset, the place in the stream.
//!
//! One SQLite file, written before the call that caused it is answered, so that a killed process goes on where it was.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use custodian_app::Failure;
use custodian_domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, params};
use serde_json::Value;

use crate::told;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS jobs (
        name TEXT PRIMARY KEY, due INTEGER NOT NULL, target TEXT NOT NULL, input TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, body TEXT NOT NULL,
        visible INTEGER NOT NULL, receives INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE IF NOT EXISTS mails (id INTEGER PRIMARY KEY AUTOINCREMENT, mail TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL);
";

pub(crate) struct Journal(Mutex<Connection>);

/// A one-off job.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) name: String,
    pub(crate) due: Timestamp,
    pub(crate) target: String,
    pub(crate) input: String,
    pub(crate) attempts: u32,
}

/// A message in a queue.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: i64,
    pub(crate) queue: String,
    pub(crate) body: String,
    pub(crate) receives: u32,
}

/// A journal that cannot be read or written is a dependency that failed.
fn down(cause: rusqlite::Error) -> Failure {
    Failure::unavailable("the local journal", cause)
}

impl Journal {
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, Failure> {
        let connection = match file {
            Some(file) => Connection::open(file),
            None => Connection::open_in_memory(),
        };
        let connection = connection.map_err(down)?;
        connection.execute_batch(SCHEMA).map_err(down)?;
        Ok(Self(Mutex::new(connection)))
    }

    fn held(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves nothing of what was removed in the file's log of writes.
    pub(crate) fn settle(&self) -> Result<(), Failure> {
        told::settle(&self.held())
    }

    fn write(&self, sql: &str, values: impl Params) -> Result<usize, Failure> {
        self.held().prepare_cached(sql).and_then(|mut statement| statement.execute(values)).map_err(down)
    }

    fn texts(&self, sql: &str) -> Result<Vec<String>, Failure> {
        let held = self.held();
        let mut statement = held.prepare_cached(sql).map_err(down)?;
        let rows = statement.query_map([], |row| row.get(0)).map_err(down)?;
        rows.collect::<Result<_, _>>().map_err(down)
    }

    pub(crate) fn fact(&self, name: &str) -> Result<Option<String>, Failure> {
        let sql = "SELECT value FROM facts WHERE name = ?";
        self.held().query_row(sql, [name], |row| row.get(0)).optional().map_err(down)
    }

    pub(crate) fn set_fact(&self, name: &str, value: &str) -> Result<(), Failure> {
        let sql = "INSERT INTO facts VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
        self.write(sql, [name, value]).map(|_| ())
    }

    /// Sets a job; that it exists already is success and changes nothing.
    pub(crate) fn add_job(
        &self,
        name: &str,
        due: Timestamp,
        target: &str,
        input: &str,
    ) -> Result<(), Failure> {
        let sql = "INSERT OR IGNORE INTO jobs (name, due, target, input, next) VALUES (?1, ?2, ?3, ?4, ?2)";
        self.write(sql, params![name, due.micros(), target, input]).map(|_| ())
    }

    pub(crate) fn remove_job(&self, name: &str) -> Result<(), Failure> {
        self.write("DELETE FROM jobs WHERE name = ?", [name]).map(|_| ())
    }

    /// A job that failed is tried again at `next`.
    pub(crate) fn put_off_job(&self, name: &str, next: Timestamp) -> Result<(), Failure> {
        let sql = "UPDATE jobs SET attempts = attempts + 1, next = ?2 WHERE name = ?1";
        self.write(sql, params![name, next.micros()]).map(|_| ())
    }

    fn read_jobs(&self, sql: &str, values: impl Params) -> Result<Vec<Job>, Failure> {
        let held = self.held();
        let mut statement = held.prepare_cached(sql).map_err(down)?;
        let read = |row: &rusqlite::Row<'_>| {
            let due = Timestamp::from_micros(row.get(1)?);
            Ok(Job { name: row.get(0)?, due, target: row.get(2)?, input: row.get(3)?, attempts: row.get(4)? })
        };
        let jobs = statement.query_map(values, read).map_err(down)?;
        jobs.collect::<Result<_, _>>().map_err(down)
    }

    pub(crate) fn jobs(&self) -> Result<Vec<Job>, Failure> {
        self.read_jobs("SELECT name, due, target, input, attempts FROM jobs ORDER BY due, name", [])
    }

    pub(crate) fn due_jobs(&self, now: Timestamp) -> Result<Vec<Job>, Failure> {
        let sql = "SELECT name, due, target, input, attempts FROM jobs WHERE next <= ? ORDER BY next, name LIMIT 50";
        self.read_jobs(sql, [now.micros()])
    }

    pub(crate) fn send(&self, queue: &str, body: &str, visible: Timestamp) -> Result<(), Failure> {
        let sql = "INSERT INTO messages (queue, body, visible) VALUES (?, ?, ?)";
        self.write(sql, params![queue, body, visible.micros()]).map(|_| ())
    }

    /// Messages of these queues that are due.
    pub(crate) fn visible_messages(&self, queues: &[&str], now: Timestamp) -> Result<Vec<Message>, Failure> {
        let held = self.held();
        let sql = "SELECT id, queue, body, receives FROM messages
            WHERE visible <= ?1 AND queue IN (SELECT value FROM json_each(?2)) ORDER BY visible, id LIMIT 64";
        let mut statement = held.prepare_cached(sql).map_err(down)?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Message { id: row.get(0)?, queue: row.get(1)?, body: row.get(2)?, receives: row.get(3)? })
        };
        let queues = serde_json::json!(queues).to_string();
        let messages = statement.query_map(params![now.micros(), queues], read).map_err(down)?;
        messages.collect::<Result<_, _>>().map_err(down)
    }

    pub(crate) fn delete_message(&self, id: i64) -> Result<(), Failure> {
        self.write("DELETE FROM messages WHERE id = ?", [id]).map(|_| ())
    }

    /// A message comes again at `visible`, in `queue`, with so many more receives that failed.
    pub(crate) fn put_off_message(
        &self,
        id: i64,
        queue: &str,
        visible: Timestamp,
        failed: u32,
    ) -> Result<(), Failure> {
        let sql = "UPDATE messages SET receives = receives + ?4, queue = ?2, visible = ?3 WHERE id = ?1";
        self.write(sql, params![id, queue, visible.micros(), failed]).map(|_| ())
    }

    /// When the next job or message is due.
    pub(crate) fn next_due(&self) -> Result<Option<Timestamp>, Failure> {
        let sql =
            "SELECT MIN(due) FROM (SELECT next AS due FROM jobs UNION ALL SELECT visible FROM messages)";
        let due: Option<i64> = self.held().query_row(sql, [], |row| row.get(0)).map_err(down)?;
        Ok(due.map(Timestamp::from_micros))
    }

    pub(crate) fn add_mail(&self, mail: &Value) -> Result<(), Failure> {
        self.write("INSERT INTO mails (mail) VALUES (?)", [mail.to_string()]).map(|_| ())
    }

    pub(crate) fn mails(&self) -> Result<Vec<String>, Failure> {
        self.texts("SELECT mail FROM mails ORDER BY id DESC")
    }

    pub(crate) fn add_event(&self, entry: &Value) -> Result<(), Failure> {
        self.write("INSERT INTO events (entry) VALUES (?)", [entry.to_string()]).map(|_| ())
    }

    pub(crate) fn events(&self) -> Result<Vec<String>, Failure> {
        self.texts("SELECT entry FROM events ORDER BY id DESC")
    }
}
