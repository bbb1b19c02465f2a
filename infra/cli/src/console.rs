//! The conversation with the person at the terminal, which does not touch the standard output.

use std::io::{BufRead, IsTerminal, Write, stderr, stdin};

use custodian_domain::Secret;

use crate::exit::Failure;

/// Prints a sentence beside the result.
pub(crate) fn note(text: &str) {
    let _ = writeln!(stderr().lock(), "{}", text.trim_end_matches('\n'));
}

/// Asks a question and returns the answer. Empty if there is none.
pub(crate) fn ask(question: &str) -> Result<String, Failure> {
    let _ = write!(stderr().lock(), "{question} ");
    let _ = stderr().flush();
    read_line()
}

/// Reads a password without showing it.
pub(crate) fn ask_password() -> Result<Secret, Failure> {
    rpassword::prompt_password("Password: ")
        .map(Secret::new)
        .map_err(|_| Failure::usage("There is no terminal to ask for the password. Use --password-stdin."))
}

/// Reads one line of the standard input.
pub(crate) fn read_line() -> Result<String, Failure> {
    let mut line = String::new();
    stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::usage(format!("The standard input cannot be read: {error}.")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Whether progress can be drawn over itself.
pub(crate) fn is_interactive() -> bool {
    stderr().is_terminal()
}
