//! What the engine keeps of changes that were told, which is as good as nothing.
//!
//! The platform keeps a stream for 24 hours; the engine, for good: with every value of whoever was deleted, and each write
//! looks through all of it for the stream's next number. So what was told is removed here, by a connection of this
//! program's own to the engine's file.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use custodian_app::Failure;
use rusqlite::{Connection, params};

/// How long it waits while the engine writes.
const PATIENCE: Duration = Duration::from_secs(5);
/// So few at once that the engine need not wait.
const AT_ONCE: usize = 1000;
/// All up to the last one, whose number the next begins from. The engine shows a number with digits of its own before it.
const REMOVE: &str = "DELETE FROM _stream_records WHERE id IN (
    SELECT id FROM _stream_records WHERE table_name = ?1 AND id < (
        SELECT id FROM _stream_records
        WHERE table_name = ?1 AND ?2 LIKE '%' || sequence_number LIMIT 1)
    LIMIT ?3)";
const BLANK: &str = "UPDATE _stream_records SET new_image = NULL, old_image = NULL WHERE id = (
    SELECT id FROM _stream_records
    WHERE table_name = ?1 AND ?2 LIKE '%' || sequence_number LIMIT 1)";
/// What was removed also leaves the log of writes.
const SETTLE: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

fn down(cause: rusqlite::Error) -> Failure {
    Failure::unavailable("the engine's file", cause)
}

/// The engine's file; none in memory, where nothing outlives the process.
pub(crate) struct Told(Option<Mutex<Connection>>);

impl Told {
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, Failure> {
        let Some(file) = file else { return Ok(Self(None)) };
        let connection = Connection::open(file).map_err(down)?;
        connection.busy_timeout(PATIENCE).map_err(down)?;
        Ok(Self(Some(Mutex::new(connection))))
    }

    /// Forgets a table's changes up to this one, and of this one the values.
    pub(crate) fn forget(&self, table: &str, number: &str) -> Result<(), Failure> {
        let Some(connection) = &self.0 else { return Ok(()) };
        let held = connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut remove = held.prepare_cached(REMOVE).map_err(down)?;
        while remove.execute(params![table, number, AT_ONCE]).map_err(down)? == AT_ONCE {}
        let mut blank = held.prepare_cached(BLANK).map_err(down)?;
        blank.execute(params![table, number]).map(|_| ()).map_err(down)
    }

    /// Leaves nothing of what was removed in the file's log of writes, unless somebody reads at the moment.
    pub(crate) fn settle(&self) -> Result<(), Failure> {
        let Some(connection) = &self.0 else { return Ok(()) };
        settle(&connection.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Empties the log of writes of a file.
pub(crate) fn settle(file: &Connection) -> Result<(), Failure> {
    file.query_row(SETTLE, [], |_| Ok(())).map_err(down)
}
