//! Reusable memory for password hashing, 19 MiB per hash.
//!
//! In fresh memory, a hash causes about 5,000 page faults, which take a tenth of its time. The blocks are not wiped between
//! hashes, because freed memory would not be wiped either.

use std::sync::{Mutex, PoisonError};

use argon2::Block;

/// The maximum number of pooled arenas. A Lambda function hashes one password at a time, and the local service only a few.
const MAX_POOLED: usize = 2;

static POOL: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

fn pool() -> impl std::ops::DerefMut<Target = Vec<Vec<Block>>> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls `work` with `count` blocks. The blocks can contain data of an earlier hash.
pub(crate) fn with_blocks<T>(count: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
    let mut blocks = pool().pop().unwrap_or_default();
    blocks.resize(count, Block::default());
    let result = work(&mut blocks);
    let mut pool = pool();
    if pool.len() < MAX_POOLED {
        pool.push(blocks);
    }
    result
}
