//! The duration of our password verification compared with the bare argon2 computation. Both alternate, so that they
//! run under the same load.
//!
//! `cargo bench -p custodian-tests --bench password`; with `-- --assert` it fails if ours takes a tenth longer.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, Version};
use custodian_auth::password::{self, PasswordMatch};
use custodian_domain::Secret;

const TIMES: usize = 200;
const MAX_RATIO: f64 = 1.10;
const PASSWORD: &str = "correct horse battery";

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

/// The quartiles, in milliseconds.
fn quartiles(mut times: Vec<Duration>) -> [f64; 3] {
    times.sort_unstable();
    [1, 2, 3].map(|quarter| times[times.len() * quarter / 4].as_secs_f64() * 1000.0)
}

fn main() -> ExitCode {
    let argon2 =
        Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, Some(32)).unwrap());
    let (secret, stored) = (Secret::new(PASSWORD), password::hash(&Secret::new(PASSWORD), [7; 16]).unwrap());
    let bare = || {
        let mut out = [0; 32];
        argon2.hash_password_into(PASSWORD.as_bytes(), &[7; 16], black_box(&mut out)).unwrap();
    };
    let known = || assert_eq!(password::verify(&secret, Some(&stored)), PasswordMatch::Right);
    let unknown = || assert_eq!(password::verify(&secret, None), PasswordMatch::Wrong);
    let computations: [&dyn Fn(); 3] = [&bare, &known, &unknown];
    let mut times: [Vec<Duration>; 3] = Default::default();
    // The orders take turns, because each run affects the processor's caches for the next one.
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for number in orders.into_iter().cycle().take(TIMES).flatten() {
        times[number].push(timed(computations[number]));
    }
    let [bare, known, unknown] = times.map(quartiles);
    println!("| what             | 1st quartile ms | median ms | 3rd quartile ms | x bare |");
    println!("|------------------|----------------:|----------:|----------------:|-------:|");
    for (what, quartiles) in [("bare argon2id", bare), ("verify", known), ("verify, nobody", unknown)] {
        let [low, median, high] = quartiles;
        println!("| {what:<16} | {low:15.2} | {median:9.2} | {high:15.2} | {:6.3} |", median / bare[1]);
    }
    let slow = known[1] > MAX_RATIO * bare[1] || unknown[1] > MAX_RATIO * bare[1];
    let asserted = std::env::args().any(|word| word == "--assert");
    if asserted && slow { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
