//! Every way to be refused: the status, the stable reason, and that nothing has changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bodies;
mod pages;
mod requests;
mod states;
