//! Where the programs are.

use std::path::PathBuf;

/// A folder of built programs, as cargo-lambda leaves them (`<name>/bootstrap`) or as cargo does (`<name>`).
#[derive(Clone, Debug)]
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn path(&self, name: &str) -> PathBuf {
        let itself = self.0.join(name);
        if itself.is_dir() { itself.join("bootstrap") } else { itself }
    }

    /// The size of a program in bytes.
    pub fn size(&self, name: &str) -> u64 {
        std::fs::metadata(self.path(name)).map_or(0, |data| data.len())
    }
}
