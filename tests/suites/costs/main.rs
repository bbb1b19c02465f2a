//! The cost of a request and of a deletion: database round trips, capacity units, and money at AWS's list prices.
//! These tests limit the round trips and check `docs/costs.md`, which lists the costs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod deletion_cost;
mod document;
mod list_pages;
mod prices;
mod round_trips;
