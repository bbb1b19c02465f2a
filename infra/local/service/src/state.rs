//! The state file: the contents of the local services, the clock's offset and the positions in the change streams.
//!
//! It is a SQLite file. Every write is committed before the request that caused it gets its response, so the next process resumes
//! where a killed one stopped. A power failure may undo the last commits of this file, but not those of the tables. Then the events
//! and the positions in the streams that it had stored last are lost. The dispatcher publishes the records after the old positions
//! again, but not those that it has deleted from the streams. Table and column names must not change, or a new version cannot read
//! older files.

pub(crate) mod jobs;
mod mails;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use custodian_app::Failure;
use custodian_domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, params};
use serde_json::Value;

use crate::error::LocalError;
use crate::sqlite;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
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

/// The version of the data folder's format, in SQLite's `user_version` of the state file. Earlier versions left it at 0. Raise it
/// if an older program could no longer read the folder.
const FORMAT_VERSION: u32 = 1;

/// The queue of the messages and jobs that failed too often.
const DEAD_LETTERS: &str = "dead-letters";

/// The time at which dead letters become visible. The clock never reaches it.
const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

pub(crate) struct LocalState(Mutex<Connection>);

/// A message of a local queue.
#[derive(Clone, Debug)]
pub(crate) struct StoredMessage {
    pub(crate) id: i64,
    pub(crate) queue: String,
    pub(crate) body: String,
    pub(crate) failed_receives: u32,
}

fn unavailable(cause: rusqlite::Error) -> Failure {
    Failure::unavailable("the local state file", cause)
}

/// Adds the column for the account of a mail to files of earlier releases. Their mails have no account.
fn add_account_column(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "SELECT EXISTS (SELECT 1 FROM pragma_table_info('mails') WHERE name = 'account')";
    if connection.query_row(sql, [], |row| row.get(0))? {
        return Ok(());
    }
    connection.execute_batch("ALTER TABLE mails ADD COLUMN account TEXT")
}

fn format_version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Creates the tables, or brings those of an earlier release up to date.
fn prepare(connection: Connection) -> rusqlite::Result<Connection> {
    connection.execute_batch(SCHEMA)?;
    add_account_column(&connection)?;
    if format_version(&connection)? < FORMAT_VERSION {
        connection.pragma_update(None, "user_version", FORMAT_VERSION)?;
    }
    Ok(connection)
}

impl LocalState {
    /// Opens the file, or a database in memory if `file` is `None`.
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, LocalError> {
        let Some(file) = file else {
            let connection = Connection::open_in_memory().and_then(prepare).map_err(unavailable)?;
            return Ok(Self(Mutex::new(connection)));
        };
        let failed = |cause: rusqlite::Error| LocalError::of_file(file, cause);
        let connection = Connection::open(file).map_err(failed)?;
        if format_version(&connection).map_err(failed)? > FORMAT_VERSION {
            return Err(LocalError::Newer(file.to_owned()));
        }
        Ok(Self(Mutex::new(prepare(connection).map_err(failed)?)))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes deleted rows from the write-ahead log.
    pub(crate) fn checkpoint(&self) -> Result<(), Failure> {
        sqlite::checkpoint(&self.connection()).map_err(unavailable)
    }

    /// Removes copies of deleted rows from the file.
    pub(crate) fn rewrite_file(&self) -> Result<(), Failure> {
        sqlite::rewrite_file(&self.connection()).map_err(unavailable)
    }

    fn execute(&self, sql: &str, values: impl Params) -> Result<usize, Failure> {
        let connection = self.connection();
        connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(values))
            .map_err(unavailable)
    }

    fn query_texts(&self, sql: &str) -> Result<Vec<String>, Failure> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(unavailable)?;
        let rows = statement.query_map([], |row| row.get(0)).map_err(unavailable)?;
        rows.collect::<Result<_, _>>().map_err(unavailable)
    }

    pub(crate) fn get(&self, key: &str) -> Result<Option<String>, Failure> {
        let sql = "SELECT value FROM facts WHERE name = ?";
        self.connection().query_row(sql, [key], |row| row.get(0)).optional().map_err(unavailable)
    }

    pub(crate) fn set(&self, key: &str, value: &str) -> Result<(), Failure> {
        let sql = "INSERT INTO facts VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
        self.execute(sql, [key, value]).map(|_| ())
    }

    pub(crate) fn add_message(&self, queue: &str, body: &str, visible_at: Timestamp) -> Result<(), Failure> {
        let sql = "INSERT INTO messages (queue, body, visible) VALUES (?, ?, ?)";
        self.execute(sql, params![queue, body, visible_at.micros()]).map(|_| ())
    }

    /// Returns up to 64 visible messages of these queues, in the order in which they became visible.
    pub(crate) fn visible_messages(
        &self,
        queues: &[&str],
        now: Timestamp,
    ) -> Result<Vec<StoredMessage>, Failure> {
        let connection = self.connection();
        let sql = "SELECT id, queue, body, receives FROM messages
            WHERE visible <= ?1 AND queue IN (SELECT value FROM json_each(?2)) ORDER BY visible, id LIMIT 64";
        let mut statement = connection.prepare_cached(sql).map_err(unavailable)?;
        let parse = |row: &rusqlite::Row<'_>| {
            let (id, queue, body) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(StoredMessage { id, queue, body, failed_receives: row.get(3)? })
        };
        let queues = serde_json::json!(queues).to_string();
        let messages = statement.query_map(params![now.micros(), queues], parse).map_err(unavailable)?;
        messages.collect::<Result<_, _>>().map_err(unavailable)
    }

    pub(crate) fn delete_message(&self, id: i64) -> Result<(), Failure> {
        self.execute("DELETE FROM messages WHERE id = ?", [id]).map(|_| ())
    }

    /// Hides a message while a function handles it, without counting a failed receive.
    pub(crate) fn hide_message(&self, id: i64, visible_at: Timestamp) -> Result<(), Failure> {
        let sql = "UPDATE messages SET visible = ?2 WHERE id = ?1";
        self.execute(sql, params![id, visible_at.micros()]).map(|_| ())
    }

    /// Counts a failed receive of a message and hides it until `visible_at`.
    pub(crate) fn postpone_message(&self, id: i64, visible_at: Timestamp) -> Result<(), Failure> {
        let sql = "UPDATE messages SET receives = receives + 1, visible = ?2 WHERE id = ?1";
        self.execute(sql, params![id, visible_at.micros()]).map(|_| ())
    }

    /// Counts a failed receive of a message and moves it to the dead-letter queue.
    pub(crate) fn move_to_dead_letters(&self, id: i64) -> Result<(), Failure> {
        let sql = "UPDATE messages SET receives = receives + 1, queue = ?2, visible = ?3 WHERE id = ?1";
        self.execute(sql, params![id, DEAD_LETTERS, NEVER.micros()]).map(|_| ())
    }

    /// The earliest time at which a job is due or a message becomes visible.
    pub(crate) fn next_due(&self) -> Result<Option<Timestamp>, Failure> {
        self.next_due_after(Timestamp::from_micros(i64::MIN))
    }

    /// Like `next_due`, without what was due at `instant` or before.
    pub(crate) fn next_due_after(&self, instant: Timestamp) -> Result<Option<Timestamp>, Failure> {
        let sql = "SELECT MIN(due) FROM (SELECT next AS due FROM jobs UNION ALL SELECT visible FROM messages) WHERE due > ?";
        let due: Option<i64> =
            self.connection().query_row(sql, [instant.micros()], |row| row.get(0)).map_err(unavailable)?;
        Ok(due.map(Timestamp::from_micros))
    }

    /// The number of rows of a table of this file.
    fn count(&self, table: &'static str) -> Result<u64, Failure> {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        self.connection().query_row(&sql, [], |row| row.get(0)).map_err(unavailable)
    }

    pub(crate) fn event_count(&self) -> Result<u64, Failure> {
        self.count("events")
    }

    pub(crate) fn add_event(&self, entry: &Value) -> Result<(), Failure> {
        self.execute("INSERT INTO events (entry) VALUES (?)", [entry.to_string()]).map(|_| ())
    }

    /// The entries of the event bus as JSON, newest first.
    pub(crate) fn events(&self) -> Result<Vec<String>, Failure> {
        self.query_texts("SELECT entry FROM events ORDER BY id DESC")
    }
}
