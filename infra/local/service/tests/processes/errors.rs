//! The errors that end the command: they name the port or the path, and the remedy.

use std::fs::{create_dir, write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use rusqlite::Connection;

use crate::process::{Process, new_folder};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_custodian")).args(arguments).output().unwrap()
}

/// Fails the test unless the command ends with one line that has these texts and is not Rust's debug output.
fn assert_error(arguments: &[&str], texts: &[&str]) {
    let output = run(arguments);
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.status.code(), &*stdout), (Some(1), ""), "{arguments:?}: {stderr}");
    let error = stderr.lines().last().unwrap_or_default();
    assert!(error.starts_with("error: "), "{arguments:?}: {stderr}");
    assert!(texts.iter().all(|text| error.contains(text)), "{arguments:?}: {stderr}");
    let is_debug = |text: &str| ["Os {", "kind:", "Err(", "Some("].iter().any(|debug| text.contains(debug));
    assert!(!is_debug(&stderr), "{arguments:?}: {stderr}");
}

fn assert_folder_error(folder: &Path, texts: &[&str]) {
    assert_error(&["--port", "0", "--data", folder.to_str().unwrap()], texts);
}

#[test]
fn a_port_in_use_is_named() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    let text = format!(
        "error: port {port} is already in use. Stop the other program or choose another port with --port."
    );
    assert_error(&["--ephemeral", "--port", &port], &[&text]);
}

#[test]
fn a_file_in_place_of_the_data_folder_is_named() {
    let file = new_folder("a-file");
    if !file.exists() {
        write(&file, "").unwrap();
    }
    let path = file.to_str().unwrap().to_owned();
    assert_folder_error(&file, &[&path, "is not a folder", "--data"]);
    assert_folder_error(&file.join("below"), &[&path, "is not a folder", "--data"]);
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn a_damaged_file_is_named() {
    for name in ["tables.db", "ends.db"] {
        let folder = new_folder(&format!("damaged-{name}"));
        create_dir(&folder).unwrap();
        write(folder.join(name), "no database ".repeat(100)).unwrap();
        let path = folder.join(name).to_str().unwrap().to_owned();
        assert_folder_error(&folder, &[&path, "is damaged", "--data"]);
    }
}

#[test]
fn a_folder_of_a_newer_version_is_refused_unchanged() {
    let folder = new_folder("newer");
    Process::start_with_password(&folder).kill();
    for (file, newer, own) in [
        ("ends.db", "PRAGMA user_version = 2", "PRAGMA user_version = 1"),
        (
            "tables.db",
            "UPDATE _config SET value = value + 90 WHERE key = 'schema_version'",
            "UPDATE _config SET value = value - 90 WHERE key = 'schema_version'",
        ),
    ] {
        let path = folder.join(file);
        Connection::open(&path).unwrap().execute_batch(newer).unwrap();
        assert_folder_error(&folder, &[path.to_str().unwrap(), "newer version of Custodian", "Update"]);
        Connection::open(&path).unwrap().execute_batch(own).unwrap();
    }
    Process::start_with_password(&folder).kill();
}

#[test]
fn the_version_and_invalid_arguments_are_explained() {
    let output = run(&["--version"]);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("custodian {}\n", env!("CARGO_PKG_VERSION"))
    );
    for (arguments, text) in [
        (["--port", "eighty"], "invalid value 'eighty' for '--port <PORT>'"),
        (["--log-format", "xml"], "[possible values: text, json]"),
        (["--log-level", "loud"], "[possible values: error, warn, info, debug, trace]"),
        (["--prot", "80"], "unexpected argument '--prot'"),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(text), "{arguments:?}");
    }
}
