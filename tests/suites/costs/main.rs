//! The cost of a request and of a deletion: database round trips, capacity units, and money at AWS's list prices.
//! These tests check the number of round trips, and that `docs/costs.md` lists the measured costs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod deletion_cost;
mod document;
mod list_pages;
mod prices;
mod round_trips;
