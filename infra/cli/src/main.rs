//! The program `custodianctl`.

use std::process::ExitCode;

fn main() -> ExitCode {
    custodianctl::run()
}
