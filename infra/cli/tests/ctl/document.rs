//! The help, its page in `docs/`, the man pages and the completions.

use std::path::PathBuf;

use clap::CommandFactory;
use custodianctl::args::Arguments;

use crate::program::Program;

const MARK: &str = "<!-- The rest of this page is generated. -->\n";

fn page() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/custodianctl.md")
}

/// The command lines of all commands, each before its subcommands.
fn commands() -> Vec<Vec<String>> {
    fn add(command: &clap::Command, path: &[String], found: &mut Vec<Vec<String>>) {
        found.push(path.to_vec());
        for child in command.get_subcommands() {
            add(child, &[path, &[child.get_name().to_owned()]].concat(), found);
        }
    }
    let mut found = Vec::new();
    add(&Arguments::command(), &[], &mut found);
    found
}

/// The help of every command, as the program prints it. The global options are the same everywhere, so only the first has them.
fn reference(program: &Program) -> String {
    let mut text = String::new();
    for path in commands() {
        let mut arguments: Vec<_> = path.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = program.run(&arguments).ok();
        let help = match (path.is_empty(), help.split_once("\nGlobal options:\n")) {
            (false, Some((before, after))) => {
                let rest = after.split_once("\n\n").map_or("", |(_, rest)| rest);
                format!("{before}{}{rest}", if rest.is_empty() { "" } else { "\n" })
            }
            _ => help,
        };
        let name = [&["custodianctl".to_owned()], &path[..]].concat().join(" ");
        text.push_str(&format!("\n### {name}\n\n```\n{}\n```\n", help.trim_end()));
    }
    text
}

#[test]
fn the_page_has_the_help_of_every_command() {
    let page = std::fs::read_to_string(page()).unwrap();
    let (_, generated) = page.split_once(MARK).expect("the page has the mark");
    let expected = reference(&Program::new("page", None));
    assert_eq!(generated, expected, "run `cargo test -p custodianctl --test ctl -- --ignored`");
}

#[test]
#[ignore = "rewrites docs/custodianctl.md"]
fn write_the_page() {
    let written = std::fs::read_to_string(page()).unwrap();
    let (before, _) = written.split_once(MARK).expect("the page has the mark");
    let reference = reference(&Program::new("written", None));
    std::fs::write(page(), format!("{before}{MARK}{reference}")).unwrap();
}

#[test]
fn the_exit_codes_are_in_the_help_the_man_page_and_the_document() {
    let program = Program::new("exit-codes", None);
    let page = std::fs::read_to_string(page()).unwrap();
    let man = program.run(&["man"]).ok();
    for code in
        ["0  The command was carried out.", "6  The receipt is not genuine,", "8  A restore left conflicts"]
    {
        assert!(page.contains(code) && man.contains(code), "{code}");
    }
}

#[test]
fn every_command_has_a_man_page() {
    let program = Program::new("man", None);
    program.run(&["man", "--dir", "man1"]).ok();
    for path in commands() {
        let name = [&["custodianctl".to_owned()], &path[..]].concat().join("-");
        let page = std::fs::read_to_string(program.file(&format!("man1/{name}.1"))).unwrap();
        assert!(page.contains(".SH NAME"), "{name}");
    }
}

#[test]
fn completions_know_every_command() {
    let program = Program::new("completions", None);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = program.run(&["completions", shell]).ok();
        for path in commands().iter().filter_map(|path| path.last()) {
            assert!(script.contains(path), "{shell}: {path}");
        }
    }
}
