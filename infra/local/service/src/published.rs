//! Deletes published records from the engine's change streams.
//!
//! DynamoDB keeps stream records for 24 hours. The engine keeps them forever, including the values of deleted accounts. So the
//! local service deletes the values of every record that it has published, through its own connection to the engine's file.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use custodian_app::Failure;
use rusqlite::{Connection, params};

use crate::sqlite;

/// How long a statement waits for a write of the engine.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Small, so that a write of the engine does not wait long for a batch.
const BATCH_SIZE: usize = 1000;
/// Keeps the last published record, because the engine derives the next sequence number from it. `LIKE` matches the
/// end of the number, because the engine prepends digits to the number that it returns.
const DELETE: &str = "DELETE FROM _stream_records WHERE id IN (
    SELECT id FROM _stream_records WHERE table_name = ?1 AND id < (
        SELECT id FROM _stream_records
        WHERE table_name = ?1 AND ?2 LIKE '%' || sequence_number LIMIT 1)
    LIMIT ?3)";
/// Removes the values from the record that `DELETE` keeps.
const CLEAR_IMAGES: &str = "UPDATE _stream_records SET new_image = NULL, old_image = NULL WHERE id = (
    SELECT id FROM _stream_records
    WHERE table_name = ?1 AND ?2 LIKE '%' || sequence_number LIMIT 1)";

fn unavailable(cause: rusqlite::Error) -> Failure {
    Failure::unavailable("the engine's file", cause)
}

/// A connection to the engine's file. `None` if the engine is in memory, where the records are lost with the process.
pub(crate) struct PublishedRecords(Option<Mutex<Connection>>);

impl PublishedRecords {
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, Failure> {
        let Some(file) = file else { return Ok(Self(None)) };
        let connection = Connection::open(file).map_err(unavailable)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(unavailable)?;
        Ok(Self(Some(Mutex::new(connection))))
    }

    /// Deletes a table's records before `sequence_number` and the images of the record with that number.
    pub(crate) fn delete_up_to(&self, table: &str, sequence_number: &str) -> Result<(), Failure> {
        let Some(connection) = &self.0 else { return Ok(()) };
        let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut delete = connection.prepare_cached(DELETE).map_err(unavailable)?;
        while delete.execute(params![table, sequence_number, BATCH_SIZE]).map_err(unavailable)? == BATCH_SIZE
        {
        }
        let mut clear = connection.prepare_cached(CLEAR_IMAGES).map_err(unavailable)?;
        clear.execute(params![table, sequence_number]).map(|_| ()).map_err(unavailable)
    }

    /// Removes deleted rows from the write-ahead log of the engine's file.
    pub(crate) fn checkpoint(&self) -> Result<(), Failure> {
        let Some(connection) = &self.0 else { return Ok(()) };
        sqlite::checkpoint(&connection.lock().unwrap_or_else(PoisonError::into_inner)).map_err(unavailable)
    }

    /// Removes copies of deleted rows from the engine's file.
    pub(crate) fn rewrite_file(&self) -> Result<(), Failure> {
        let Some(connection) = &self.0 else { return Ok(()) };
        sqlite::rewrite_file(&connection.lock().unwrap_or_else(PoisonError::into_inner)).map_err(unavailable)
    }
}
