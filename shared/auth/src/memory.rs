//! The memory that hashes fill: 19 MiB each, kept from one hash for the next.
//!
//! Fresh from the system, it costs a hash five thousand page faults, four tenths of its time. What is in it between two
//! hashes is what a hash leaves behind in any case: memory that is freed is not wiped either.

use std::sync::{Mutex, PoisonError};

use argon2::Block;

/// How much is kept: a function hashes one password at a time, the local service as many as it has processors, or so.
const MOST: usize = 2;

static KEPT: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

fn kept() -> impl std::ops::DerefMut<Target = Vec<Vec<Block>>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Works with this many blocks, whatever is in them.
pub(crate) fn with_blocks<T>(count: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
    let mut blocks = kept().pop().unwrap_or_default();
    blocks.resize(count, Block::default());
    let done = work(&mut blocks);
    let mut kept = kept();
    if kept.len() < MOST {
        kept.push(blocks);
    }
    done
}
