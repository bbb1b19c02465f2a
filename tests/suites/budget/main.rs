//! What a request and a deletion cost: round trips, units of capacity, and by AWS's list prices money. Round trips have
//! their limits here; what comes out is written down in `docs/costs.md`, which is held against it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod costs;
mod erasing;
mod golden;
mod pages;
mod requests;
