//! Starting, watching and downloading an export.

use custodian_tests::Client;
use serde_json::{Value, json};

use crate::program::Program;
use crate::stub::{Stub, bytes, response};

const ID: &str = "0193b3d2-0000-7000-8000-000000000001";
const TOKEN: &str = "a-token-of-a-test";

fn export(state: &str, rows: u64) -> Value {
    let file = (state == "finished").then(|| format!("/v1.0/customer/export/{ID}/file"));
    json!({
        "id": ID, "customer_id": ID, "state": state, "rows": rows, "bytes": rows * 10, "file": file,
        "tm_create": "2026-12-28T14:05:00Z", "tm_update": "2026-12-28T14:05:00Z", "tm_finish": null, "tm_expire": null,
        "a_newer_field": {},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_an_account_exports_it() {
    let service = Client::start().await;
    let (id, owner) = service.tenant("ann").await;
    let program = Program::with_token("owner", service.base(), owner.token());
    let started = program.run(&["export", "start", "--json"]).json();
    assert_eq!(started["customer_id"], id.as_str());
    service.idle().await;
    let export = started["id"].as_str().unwrap();
    let shown = program.run(&["export", "show", export, "--watch"]).ok();
    assert!(shown.contains(&format!("export download {export}")), "{shown}");
    program.run(&["export", "download", export, "-o", "file.gz"]).ok();
    let saved = std::fs::read(program.file("file.gz")).unwrap();
    assert_eq!(saved[..2], [0x1f, 0x8b], "gzip");
}

#[test]
fn an_export_is_started_and_watched() {
    let again = [("Retry-After", "1")];
    let stub = Stub::start(&[
        response(202, &[], export("pending", 0)),
        response(200, &again, export("running", 7)),
        response(200, &[], export("finished", 12)),
    ]);
    let program = Program::with_token("export", stub.url(), TOKEN);
    let shown = program.run(&["export", "start", "--watch"]).ok();
    assert!(shown.contains("finished") && shown.contains(&format!("export download {ID}")), "{shown}");
    let path = format!("/v1.0/customer/export/{ID}");
    assert_eq!(
        stub.requests(),
        ["POST /v1.0/customer/export".to_owned(), format!("GET {path}"), format!("GET {path}")]
    );
}

/// The response to an earlier command may have been lost.
#[test]
fn an_export_that_runs_already_is_followed() {
    let refused = json!({ "error": {
        "status": "FAILED_PRECONDITION", "reason": "EXPORT_ALREADY_RUNNING", "message": "Running.",
        "details": [{ "export_id": ID }],
    } });
    let stub = Stub::start(&[
        response(409, &[], refused),
        response(200, &[], export("running", 7)),
        response(200, &[], export("finished", 12)),
    ]);
    let program = Program::with_token("running", stub.url(), TOKEN);
    let shown = program.run(&["export", "start", "--watch"]).ok();
    assert!(shown.contains(&format!("export download {ID}")), "{shown}");
    let path = format!("/v1.0/customer/export/{ID}");
    assert_eq!(stub.requests()[1..], [format!("GET {path}"), format!("GET {path}")]);
}

#[test]
fn a_failed_export_fails_the_command() {
    let stub = Stub::start(&[response(200, &[], export("failed", 3))]);
    let program = Program::with_token("failed", stub.url(), TOKEN);
    let (shown, message) = program.run(&["export", "show", ID, "--watch", "--json"]).fails_with_output(1);
    assert!(message.contains("export start"), "{message}");
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["state"], "failed");
}

#[test]
fn a_download_does_not_send_the_token_to_the_server_of_the_file() {
    let file = Stub::start(&[bytes(200, &[], b"the file"), bytes(200, &[], b"the file")]);
    let location = format!("{}/bucket/file?signature=a", file.url());
    let redirect = response(303, &[("Location", &location)], json!({}));
    let stub = Stub::start(&[redirect.clone(), redirect]);
    let program = Program::with_token("download", stub.url(), TOKEN);
    program.run(&["export", "download", ID]).ok();
    let saved = program.file(&format!("export-{ID}.jsonl.gz"));
    assert_eq!(std::fs::read(&saved).unwrap(), b"the file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(saved).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(program.run(&["export", "download", ID, "-o", "-"]).ok(), "the file");
    let received = file.received();
    assert_eq!(received[0].line, "GET /bucket/file?signature=a");
    assert!(!format!("{received:?}").contains(TOKEN), "{received:?}");
}

#[test]
fn an_export_that_is_not_finished_cannot_be_downloaded() {
    let message = "The export is not finished.";
    let error = json!({ "error": { "status": "FAILED_PRECONDITION", "reason": "EXPORT_NOT_FINISHED", "message": message } });
    let stub = Stub::start(&[response(409, &[], error)]);
    let program = Program::with_token("unfinished", stub.url(), TOKEN);
    assert_eq!(program.run(&["export", "download", ID]).fails(1), message);
    assert!(!program.file(&format!("export-{ID}.jsonl.gz")).exists());
    let error = json!({ "error": { "reason": "RATE_LIMIT_EXCEEDED", "message": "Too many." } });
    let stub = Stub::start(&[response(429, &[("Retry-After", "840")], error)]);
    let program = Program::with_token("limited", stub.url(), TOKEN);
    assert!(program.run(&["export", "download", ID]).fails(5).contains("Try again in 14 minutes."));
}

/// A file or a link that somebody put beside the target must not get the data.
#[cfg(unix)]
#[test]
fn a_download_uses_no_file_that_is_there_already() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let file = Stub::start(&[bytes(200, &[], b"the file")]);
    let stub = Stub::start(&[response(303, &[("Location", file.url())], json!({}))]);
    let program = Program::with_token("links", stub.url(), TOKEN);
    let other = program.file("other");
    std::fs::write(&other, "").unwrap();
    symlink(&other, program.file("file.gz.part")).unwrap();
    std::fs::write(program.file("file.gz"), "old").unwrap();
    std::fs::set_permissions(program.file("file.gz"), PermissionsExt::from_mode(0o644)).unwrap();
    program.run(&["export", "download", ID, "-o", "file.gz"]).ok();
    assert_eq!(std::fs::read(&other).unwrap(), b"");
    assert_eq!(std::fs::read(program.file("file.gz")).unwrap(), b"the file");
    assert_eq!(std::fs::metadata(program.file("file.gz")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_gone_away_is_no_error() {
    let file = Stub::start(&[bytes(200, &[], &vec![0; 1 << 20])]);
    let stub = Stub::start(&[response(303, &[("Location", file.url())], json!({}))]);
    let program = Program::with_token("pipe", stub.url(), TOKEN);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_custodianctl"));
    command.args(["export", "download", ID, "-o", "-"]).env_clear().env("XDG_CONFIG_HOME", &program.folder);
    command.env("CUSTODIAN_URL", stub.url()).env("CUSTODIAN_TOKEN", TOKEN).stdout(writer);
    assert_eq!(command.status().unwrap().code(), Some(0));
}

/// Ignoring it would use the sign-in, which may be of another account.
#[cfg(unix)]
#[test]
fn a_token_that_is_no_text_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let program = Program::new("no-text", None);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_custodianctl"));
    command.args(["export", "show", ID]).env_clear().env("XDG_CONFIG_HOME", &program.folder);
    command
        .env("CUSTODIAN_URL", "http://127.0.0.1:9")
        .env("CUSTODIAN_TOKEN", std::ffi::OsStr::from_bytes(b"a\xff"));
    let ended = command.output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&ended.stderr).contains("CUSTODIAN_TOKEN is not valid UTF-8"),
        "{ended:?}"
    );
}

#[test]
fn an_interrupted_download_leaves_no_file() {
    let cut = b"HTTP/1.1 200 -\r\nContent-Length: 100\r\n\r\nhalf".to_vec();
    let file = Stub::start(&[cut]);
    let stub = Stub::start(&[response(303, &[("Location", file.url())], json!({}))]);
    let program = Program::with_token("interrupted", stub.url(), TOKEN);
    assert!(program.run(&["export", "download", ID, "-o", "file.gz"]).fails(5).contains("interrupted"));
    let left = std::fs::read_dir(&program.folder).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.filter(|name| name.to_string_lossy().starts_with("file.gz")).count(), 0);
}

/// As on a full disk, the file cannot be written. Running the command again would not help.
#[cfg(unix)]
#[test]
fn a_download_that_cannot_be_written_says_so_and_leaves_no_file() {
    let file = Stub::start(&[bytes(200, &[], &vec![0; 1 << 20])]);
    let stub = Stub::start(&[response(303, &[("Location", file.url())], json!({}))]);
    let program = Program::new("full", None);
    let mut command = std::process::Command::new("sh");
    // The limit lets the program create files, but write nothing into them.
    command.args(["-c", "ulimit -f 0; trap '' XFSZ; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_custodianctl")]);
    command.args(["export", "download", ID, "-o", "file.gz"]).current_dir(&program.folder);
    command.env("CUSTODIAN_URL", stub.url()).env("CUSTODIAN_TOKEN", TOKEN);
    let ended = command.output().unwrap();
    let message = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{message}");
    assert!(message.contains("cannot be written"), "{message}");
    assert_eq!(std::fs::read_dir(&program.folder).unwrap().count(), 0);
}
