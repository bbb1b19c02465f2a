//! `export`: the signed-in account and its rows that the API shows, as one file.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use uuid::Uuid;

use super::files::not_written;
use crate::args::{DownloadExport, ExportCommand, GlobalOptions};
use crate::client::{ApiRequest, Client, random_key};
use crate::connection::connect;
use crate::console::note;
use crate::exit::{Failure, FailureKind};
use crate::output::{Output, Reader, field, fields, print_chunk};
use crate::poll::poll_until;

const PATH: &str = "/v1.0/customer/export";

pub(crate) fn run(options: &GlobalOptions, output: Output, command: &ExportCommand) -> Result<(), Failure> {
    let client = connect(options)?;
    match command {
        ExportCommand::Start { watch } => {
            let started = start(&client)?;
            if *watch {
                self::watch(&client, output, &field(&started, "id"))
            } else {
                output.result(&started, text)
            }
        }
        ExportCommand::Show { id, watch: true } => watch(&client, output, &id.to_string()),
        ExportCommand::Show { id, watch: false } => output.result(&client.get(&path(*id))?.body, text),
        ExportCommand::Download(arguments) => download(&client, arguments),
    }
}

/// Starts an export, or returns the one that runs already: an earlier command may have started it and not received the response.
fn start(client: &Client) -> Result<Value, Failure> {
    let failure = match client.send(&ApiRequest::post(PATH, json!({}))?) {
        Ok(started) => return Ok(started.body),
        Err(failure) => failure,
    };
    let Some(running) = failure.running_export else { return Err(failure) };
    note("An export of this account is running already. This is its state.");
    Ok(client.get(&path(running))?.body)
}

fn path(id: Uuid) -> String {
    format!("{PATH}/{id}")
}

fn watch(client: &Client, output: Output, id: &str) -> Result<(), Failure> {
    let is_final = |export: &Value| !matches!(field(export, "state").as_str(), "pending" | "running");
    let progress = |export: &Value| {
        format!("{} ({} rows, {} bytes)", describe(export), field(export, "rows"), field(export, "bytes"))
    };
    let export = poll_until(client, &format!("{PATH}/{id}"), is_final, progress)?;
    output.result(&export, text)?;
    match field(&export, "state").as_str() {
        "failed" => Err(Failure::new(FailureKind::Refused, "The export failed.")
            .hint("Start another one with `custodianctl export start`.")),
        _ => Ok(()),
    }
}

fn describe(export: &Value) -> String {
    match field(export, "state").as_str() {
        "pending" => "The export has not begun yet.".to_owned(),
        "running" => "The export is being written.".to_owned(),
        "finished" => "The export is finished.".to_owned(),
        "failed" => "The export failed.".to_owned(),
        "expired" => "The file of the export was deleted.".to_owned(),
        state => format!("The state of the export is {state}."),
    }
}

fn text(export: &Value) -> String {
    let id = field(export, "id");
    let next = match field(export, "state").as_str() {
        "finished" => format!("\nDownload it with `custodianctl export download {id}`.\n"),
        "pending" | "running" => format!("\nFollow it with `custodianctl export show {id} --watch`.\n"),
        _ => String::new(),
    };
    let facts = fields(&[
        ("Id", id),
        ("Rows", field(export, "rows")),
        ("Bytes", field(export, "bytes")),
        ("Started", field(export, "tm_create")),
        ("Finished", field(export, "tm_finish")),
        ("Available until", field(export, "tm_expire")),
    ]);
    format!("{}\n\n{facts}{next}", describe(export))
}

/// Writes the file beside its final name first, so that an interrupted download never looks complete.
fn download(client: &Client, arguments: &DownloadExport) -> Result<(), Failure> {
    let mut source = client.open_file(&format!("{}/file", path(arguments.id)))?;
    let target = arguments
        .output
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("export-{}.jsonl.gz", arguments.id)));
    if target == Path::new("-") {
        return print(&mut source);
    }
    let mut part = target.clone().into_os_string();
    part.push(format!(".{}.part", random_key()?));
    let part = PathBuf::from(part);
    let size = save(&mut source, &part)?;
    std::fs::rename(&part, &target).map_err(|error| {
        let _ = std::fs::remove_file(&part);
        not_written(&target, &error)
    })?;
    note(&format!("The export is in {} ({size} bytes).", target.display()));
    Ok(())
}

/// Copies the file to the standard output, until its reader has gone away.
fn print(source: &mut impl Read) -> Result<(), Failure> {
    copy(source, print_chunk).map(drop)
}

fn save(source: &mut impl Read, part: &Path) -> Result<u64, Failure> {
    let not_written = |error| not_written(part, &error);
    let mut file = create_private(part).map_err(not_written)?;
    let write = |chunk: &[u8]| file.write_all(chunk).map(|()| Reader::Present).map_err(not_written);
    let saved = copy(source, write).and_then(|size| file.sync_all().map(|()| size).map_err(not_written));
    if saved.is_err() {
        let _ = std::fs::remove_file(part);
    }
    saved
}

/// Copies the source in chunks, until its end or until the reader of the output has gone away. Returns the number of bytes. A
/// download that breaks off fails in another way than a file that cannot be written.
fn copy(
    source: &mut impl Read,
    mut write: impl FnMut(&[u8]) -> Result<Reader, Failure>,
) -> Result<u64, Failure> {
    let (mut chunk, mut copied) = (vec![0; 64 * 1024], 0);
    loop {
        match source.read(&mut chunk) {
            Ok(0) => return Ok(copied),
            Ok(size) if write(&chunk[..size])? == Reader::Gone => return Ok(copied),
            Ok(size) => copied += size as u64,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(interrupted(&error)),
        }
    }
}

/// The file has personal data, so only its owner may read it. A new file has this mode, and is no link that another user has made.
fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn interrupted(error: &std::io::Error) -> Failure {
    Failure::unavailable(format!("The download was interrupted: {error}.")).hint("Run the command again.")
}
