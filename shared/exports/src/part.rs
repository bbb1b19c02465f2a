//! A part of an export's file: a complete gzip member.

use std::io::Write;

use custodian_app::Failure;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

/// What a part may have beyond its minimum: the lines of one page, which DynamoDB limits to 1 MB.
const MARGIN: usize = 2 << 20;

/// Lines that are being compressed.
pub(crate) struct Part {
    encoder: GzEncoder<Vec<u8>>,
    rows: u64,
    min_bytes: usize,
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
        let bytes = Vec::with_capacity(min_bytes + MARGIN);
        Self { encoder: GzEncoder::new(bytes, Compression::default()), rows: 0, min_bytes }
    }

    pub(crate) fn write_line(&mut self, line: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.encoder, line).map_err(failed)?;
        self.encoder.write_all(b"\n").map_err(failed)?;
        self.rows += 1;
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
