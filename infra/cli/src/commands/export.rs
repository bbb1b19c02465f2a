//! `export`: everything that the signed-in account owns, as one file.

use std::fs::File;
use std::io::{Read, copy, stdout};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use uuid::Uuid;

use super::files::not_written;
use crate::args::{DownloadExport, ExportCommand, GlobalOptions};
use crate::client::{Call, Client};
use crate::connection::connect;
use crate::console::note;
use crate::exit::{Failure, FailureKind};
use crate::output::{Output, field, fields};
use crate::poll::poll_until;

const PATH: &str = "/v1.0/customer/export";

pub(crate) fn run(options: &GlobalOptions, output: Output, command: &ExportCommand) -> Result<(), Failure> {
    let client = connect(options)?;
    match command {
        ExportCommand::Start { watch } => {
            let started = client.send(&Call::post(PATH, json!({}))?)?.body;
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
        return copy(&mut source, &mut stdout().lock()).map(|_| ()).map_err(|error| interrupted(&error));
    }
    let mut part = target.clone().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let size = save(&mut source, &part)?;
    std::fs::rename(&part, &target).map_err(|error| not_written(&target, &error))?;
    note(&format!("The export is in {} ({size} bytes).", target.display()));
    Ok(())
}

fn save(source: &mut impl Read, part: &Path) -> Result<u64, Failure> {
    let mut file = create_private(part).map_err(|error| not_written(part, &error))?;
    copy(source, &mut file).and_then(|size| file.sync_all().map(|()| size)).map_err(|error| {
        let _ = std::fs::remove_file(part);
        interrupted(&error)
    })
}

/// The file has personal data, so only its owner may read it.
fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn interrupted(error: &std::io::Error) -> Failure {
    Failure::unavailable(format!("The download was interrupted: {error}.")).hint("Run the command again.")
}
