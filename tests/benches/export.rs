//! The export of a large account: its duration, its size, and the memory of the worker, with the real SDK on the embedded engine.
//!
//! The embedded engine runs in the same process. So the memory includes what the engine needs to answer the worker's queries.
//!
//! `cargo bench -p custodian-tests --bench export`, with `-- 10000 100000 1000000` for other numbers of rows.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;

use custodian_app::ports::{Mail, Mailer};
use custodian_app::{Context, Failure, PlatformKeys};
use custodian_auth::{KeyRing, KeyedHasher};
use custodian_domain::kinds::{AGENTS, routed};
use custodian_domain::{CustomerId, Export, Secret};
use custodian_exports::{
    CompleteOutcome, ExportFile, ExportFiles, ExportQueue, ExportTask, ReadExports, StartExports, write,
};
use custodian_tests::TestApp;
use serde_json::json;
use uuid::Uuid;

/// Appends the parts to a file on disk, and keeps the messages.
struct Services {
    file: PathBuf,
    tasks: Mutex<Vec<ExportTask>>,
}

impl ExportFiles for Services {
    async fn begin_file(&self, _: ExportFile) -> Result<String, Failure> {
        File::create(&self.file).unwrap();
        Ok("upload".to_owned())
    }

    async fn write_part(
        &self,
        _: ExportFile,
        _: &str,
        number: usize,
        bytes: Vec<u8>,
    ) -> Result<String, Failure> {
        OpenOptions::new().append(true).open(&self.file).unwrap().write_all(&bytes).unwrap();
        Ok(format!("\"{number:032x}\""))
    }

    async fn complete_file(&self, _: ExportFile, _: &str, _: &[String]) -> Result<CompleteOutcome, Failure> {
        Ok(CompleteOutcome::Done)
    }

    async fn discard_file(&self, _: ExportFile, _: Option<&str>) -> Result<(), Failure> {
        Ok(())
    }
}

impl ExportQueue for Services {
    async fn enqueue_export(&self, task: &ExportTask) -> Result<(), Failure> {
        self.tasks.lock().unwrap().push(*task);
        Ok(())
    }
}

impl Mailer for Services {
    async fn send_mail(&self, _: &Mail, _: Option<CustomerId>) -> Result<(), Failure> {
        Ok(())
    }
}

/// A field of `/proc/self/status` in MiB.
fn memory(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// Exports an account with this many rows, and prints a line of the table.
async fn export(rows: usize) {
    let app = TestApp::default();
    let id = app.active_account("zaphod").await;
    let kinds: Vec<_> = routed().filter(|kind| kind.table != AGENTS.table).collect();
    for (number, kind) in kinds.iter().enumerate() {
        let row = |n: usize| {
            let key = Uuid::from_u128((number as u128) << 64 | (n as u128) * 0x9e37_79b9_7f4a_7c15);
            json!({
                "customer_id": { "S": id.to_string() }, "id": { "S": key.to_string() },
                "version": { "N": "1" }, "tm_create": { "N": n.to_string() }, "tm_update": { "N": n.to_string() },
                "name": { "S": format!("row {key}") }, "detail": { "S": format!("{key} says hello to {n}") },
            })
        };
        for chunk in (0..rows / kinds.len()).collect::<Vec<_>>().chunks(10_000) {
            app.tables.insert(kind.table, &chunk.iter().map(|n| row(*n)).collect::<Vec<_>>());
        }
    }
    let file = std::env::temp_dir().join(format!("custodian-export-bench-{}", std::process::id()));
    let cx = Context {
        store: app.cx.store.clone(),
        services: Services { file: file.clone(), tasks: Mutex::default() },
        providers: app.cx.providers.clone(),
        settings: app.cx.settings.clone(),
        keys: PlatformKeys::new(custodian_app::ports::PlatformKeySet {
            ring: KeyRing::default(),
            keyed_hasher: Some(KeyedHasher::new(Secret::new("a secret of the tests"))),
        }),
        metrics: app.metrics.clone(),
        read_budget: custodian_app::ReadBudget::new(app.cx.settings.read_bytes_per_second),
    };
    let export = Export::new(id, cx.providers.id_seed(cx.now()).uuid(), cx.now());
    cx.store.create_export(&export, None).await.unwrap();
    // Resets the peak of the process.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let (before, begun) = (memory("VmRSS"), Instant::now());
    write(&cx, &ExportTask::first(id, export.id), app.invocation_deadline()).await.unwrap();
    let (took, peak) = (begun.elapsed().as_secs_f64(), memory("VmHWM"));
    let stored = cx.store.export(id, export.id).await.unwrap().unwrap();
    assert!(stored.tm_finish.is_some() && stored.rows as usize >= rows / kinds.len() * kinds.len());
    let (lines, size) = (stored.rows, stored.bytes as f64 / f64::from(1 << 20));
    assert_eq!(std::fs::metadata(&file).unwrap().len(), stored.bytes);
    println!(
        "| {lines:>9} | {took:>8.1} | {:>13.0} | {size:>8.1} | {:>24.1} |",
        lines as f64 / took,
        peak - before
    );
    std::fs::remove_file(file).unwrap();
}

#[tokio::main]
async fn main() {
    let mut sizes: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000];
    }
    println!("| lines     | export s | lines a second | file MiB | peak RSS above start MiB |");
    println!("|----------:|---------:|---------------:|---------:|-------------------------:|");
    for size in sizes {
        export(size).await;
    }
}
