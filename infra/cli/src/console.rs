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

/// Reads a password without showing it, if a person can type it.
pub(crate) fn ask_password() -> Result<Secret, Failure> {
    let no_terminal =
        || Failure::usage("There is no terminal to ask for the password. Use --password-stdin.");
    // `rpassword` asks on the controlling terminal, whatever the standard input is, and a script would wait for ever.
    if !stdin().is_terminal() {
        return Err(no_terminal());
    }
    rpassword::prompt_password("Password: ").map(Secret::new).map_err(|_| no_terminal())
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
