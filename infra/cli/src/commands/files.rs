//! Files that a command reads and writes.

use std::io::Read;
use std::path::Path;

use crate::exit::Failure;
use crate::output::print_line;

/// A receipt or a set of keys is far smaller.
const MAX_SIZE: u64 = 16 * 1024 * 1024;

/// Reads a text file, or the standard input for `-`.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(MAX_SIZE).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_SIZE).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::usage(format!("{} cannot be read: {error}.", path.display())))?;
    Ok(text)
}

/// Writes a text with a line end into a file, or to the standard output if none is named.
pub(super) fn write_text(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    match path {
        Some(path) => std::fs::write(path, format!("{text}\n")).map_err(|error| not_written(path, &error)),
        None => print_line(text),
    }
}

pub(super) fn not_written(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{} cannot be written: {error}.", path.display()))
}
