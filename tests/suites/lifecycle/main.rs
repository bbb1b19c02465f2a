//! An account has one history, whoever pulls at it, whenever its jobs fire, and wherever its flows are cut off.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod children;
mod deadlines;
mod interruptions;
mod meetings;
mod races;
mod scene;
mod writes;
