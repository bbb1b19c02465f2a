//! An index of the engine's stream records. For each write, the engine looks up the last sequence number of the table's stream.
//! Without an index, it reads all records of the stream, so every write would be slower than the one before.

use rusqlite::Connection;

const CREATE: &str = "CREATE INDEX IF NOT EXISTS custodian_stream_records
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// Adds the index to a database that the engine has opened, unless it has the index.
pub(crate) fn add_stream_index(path: &str) -> rusqlite::Result<()> {
    Connection::open(path)?.execute_batch(CREATE)
}
