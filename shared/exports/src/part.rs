//! A part of an export's file: one or two complete gzip members.

use std::io::Write;

use custodian_app::Failure;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

/// After this many raw bytes, the rest of a part is not compressed. Otherwise a worker could run out of time before rows that
/// compress very well fill the part. S3 requires a minimum size, so the part cannot end earlier.
const MAX_RAW_BYTES: usize = 64 << 20;

/// What a part may have beyond its minimum: the lines of one page, which DynamoDB limits to 1 MB.
const MARGIN: usize = 2 << 20;

/// Lines that are being compressed.
pub(crate) struct Part {
    encoder: GzEncoder<Vec<u8>>,
    /// The line that is being written.
    line: Vec<u8>,
    rows: u64,
    raw_bytes: usize,
    min_bytes: usize,
    /// The number of raw bytes that are compressed.
    max_raw_bytes: usize,
    is_compressing: bool,
}

/// A compressed part.
pub(crate) struct CompressedPart {
    pub(crate) bytes: Vec<u8>,
    pub(crate) rows: u64,
}

fn failed(cause: impl std::fmt::Display) -> Failure {
    Failure::unreadable("the encoding of an export", cause)
}

impl Part {
    pub(crate) fn new(min_bytes: usize) -> Self {
        Self::with_limits(min_bytes, MAX_RAW_BYTES)
    }

    fn with_limits(min_bytes: usize, max_raw_bytes: usize) -> Self {
        let bytes = Vec::with_capacity(min_bytes + MARGIN);
        Self {
            encoder: GzEncoder::new(bytes, Compression::default()),
            line: Vec::new(),
            rows: 0,
            raw_bytes: 0,
            min_bytes,
            max_raw_bytes,
            is_compressing: true,
        }
    }

    pub(crate) fn write_line(&mut self, line: &impl Serialize) -> Result<(), Failure> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line).map_err(failed)?;
        self.line.push(b'\n');
        self.encoder.write_all(&self.line).map_err(failed)?;
        self.raw_bytes += self.line.len();
        self.rows += 1;
        if self.is_compressing && self.raw_bytes >= self.max_raw_bytes {
            self.stop_compressing().map_err(failed)?;
        }
        Ok(())
    }

    /// Ends the gzip member and begins one without compression. Members may follow each other in a part.
    fn stop_compressing(&mut self) -> std::io::Result<()> {
        let ended = std::mem::replace(&mut self.encoder, GzEncoder::new(Vec::new(), Compression::none()));
        self.encoder = GzEncoder::new(ended.finish()?, Compression::none());
        self.is_compressing = false;
        Ok(())
    }

    /// Whether the part has enough bytes. The compressor holds some back, so the finished part has more.
    pub(crate) fn is_full(&self) -> bool {
        self.encoder.get_ref().len() >= self.min_bytes
    }

    pub(crate) fn finish(self) -> Result<CompressedPart, Failure> {
        Ok(CompressedPart { bytes: self.encoder.finish().map_err(failed)?, rows: self.rows })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::MultiGzDecoder;

    use super::*;

    #[test]
    fn rows_that_compress_well_fill_a_part_soon_and_are_all_in_it() {
        let line = "a".repeat(1000);
        let mut part = Part::with_limits(100_000, 400_000);
        let mut lines = 0;
        while !part.is_full() {
            part.write_line(&line).unwrap();
            lines += 1;
        }
        assert!((490..540).contains(&lines), "{lines}");
        let finished = part.finish().unwrap();
        assert!(finished.bytes.len() >= 100_000);
        let mut text = String::new();
        MultiGzDecoder::new(&*finished.bytes).read_to_string(&mut text).unwrap();
        assert_eq!(text, format!("\"{line}\"\n").repeat(lines));
        assert_eq!(finished.rows, lines as u64);
    }
}
