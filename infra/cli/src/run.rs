//! From the command line to the exit code.

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command};
use crate::commands::{brake, customers, deletion, export, hold, receipt, restore, session, shell};
use crate::console::note;
use crate::exit::{Failure, FailureKind};
use crate::output::{Output, print_line};

/// Runs the command of this process, or prints the help or the version.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => {
            note(&error.to_string());
            return ExitCode::from(FailureKind::Usage as u8);
        }
        Err(help) => {
            let _ = print_line(&help.to_string());
            return ExitCode::SUCCESS;
        }
    };
    match execute(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            note(&format!("error: {}", failure.message));
            failure.code()
        }
    }
}

fn execute(arguments: Arguments) -> Result<(), Failure> {
    let global = &arguments.global;
    let output = Output { json: global.json };
    match arguments.command {
        Command::Login(login) => session::login(global, output, &login),
        Command::Logout => session::logout(global),
        Command::Whoami => session::whoami(global, output),
        Command::Customers(command) => customers::run(global, output, &command),
        Command::Hold(command) => hold::run(global, output, &command),
        Command::Brake(command) => brake::run(global, output, &command),
        Command::Deletion(command) => deletion::run(global, output, &command),
        Command::Receipt(command) => receipt::run(global, output, &command),
        Command::Export(command) => export::run(global, output, &command),
        Command::Restore(restore) => restore::run(global, output, &restore),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { dir } => shell::man(dir.as_deref()),
    }
}
