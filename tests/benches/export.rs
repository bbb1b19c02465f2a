//! The export of a large account: its duration, its size, and the memory of the worker, with the real SDK on the embedded engine.
//!
//! A process of its own exports the account from a file, so that its memory at the start has nothing of the seeding. The embedded
//! engine runs in that process. So the memory includes what the engine needs to answer the worker's queries.
//!
//! `cargo bench -p custodian-tests --bench export`, with `-- 10000 100000 1000000` for other numbers of rows.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use custodian_app::ports::{Mail, Mailer, PlatformKeySet};
use custodian_app::{Context, Failure, MetricCounters, PlatformKeys, ReadBudget, Settings};
use custodian_auth::{KeyRing, KeyedHasher};
use custodian_domain::kinds::routed;
use custodian_domain::{CustomerId, Export, Secret};
use custodian_engine::Engine;
use custodian_exports::{
    CompleteOutcome, ExportFile, ExportFiles, ExportQueue, ExportTask, ReadExports, StartExports, write,
};
use custodian_store::Store;
use custodian_tests::tables::PREFIX;
use custodian_tests::{Tables, TestApp};
use serde_json::json;
use uuid::Uuid;

/// Appends the parts to a file on disk, and keeps the messages.
struct Services {
    file: PathBuf,
    tasks: Mutex<Vec<ExportTask>>,
}

impl ExportFiles for Services {
    async fn create_upload(&self, _: ExportFile) -> Result<String, Failure> {
        File::create(&self.file).unwrap();
        Ok("upload".to_owned())
    }

    async fn upload_part(
        &self,
        _: ExportFile,
        _: &str,
        number: usize,
        bytes: Vec<u8>,
    ) -> Result<String, Failure> {
        OpenOptions::new().append(true).open(&self.file).unwrap().write_all(&bytes).unwrap();
        Ok(format!("\"{number:032x}\""))
    }

    async fn complete_upload(
        &self,
        _: ExportFile,
        _: &str,
        _: &[String],
    ) -> Result<CompleteOutcome, Failure> {
        Ok(CompleteOutcome::Done)
    }

    async fn abort_upload_and_delete_file(&self, _: ExportFile, _: Option<&str>) -> Result<(), Failure> {
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

/// Stores an account with about this many rows in a file. Returns the account's id.
async fn seed(file: &Path, rows: usize) -> CustomerId {
    let app = TestApp::default();
    let id = app.active_account("zaphod").await;
    let tables = Tables(Engine::open(file).unwrap());
    tables.0.create_tables(&app.cx.store.tables()).unwrap();
    for table in app.tables.names() {
        tables.insert(&table, &app.tables.scan(&table));
    }
    let kinds: Vec<_> = routed().collect();
    for (number, kind) in kinds.iter().enumerate() {
        let row = |n: usize| {
            let key = Uuid::from_u128(((number as u128) << 64) | ((n as u128) * 0x9e37_79b9_7f4a_7c15));
            json!({
                "customer_id": { "S": id.to_string() }, "id": { "S": key.to_string() },
                "version": { "N": "1" }, "tm_create": { "N": n.to_string() }, "tm_update": { "N": n.to_string() },
                "name": { "S": format!("row {key}") }, "detail": { "S": format!("{key} says hello to {n}") },
            })
        };
        for chunk in (0..rows / kinds.len()).collect::<Vec<_>>().chunks(10_000) {
            tables.insert(kind.table, &chunk.iter().map(|n| row(*n)).collect::<Vec<_>>());
        }
    }
    id
}

/// Exports the account in the file, and prints a line of the table.
async fn measure(file: &Path, id: CustomerId) {
    let providers = custodian_runtime::providers();
    let engine = Engine::open(file).unwrap();
    let client = engine.client_with_observer(Arc::new(()));
    let settings = Settings::default();
    let output = file.with_extension("gz");
    let keyed_hasher = Some(KeyedHasher::new(Secret::new("a secret of the tests")));
    let cx = Context {
        store: Store::new(client, PREFIX, Arc::clone(&providers.entropy)),
        services: Services { file: output.clone(), tasks: Mutex::default() },
        providers,
        keys: PlatformKeys::new(PlatformKeySet { ring: KeyRing::default(), keyed_hasher }),
        metrics: Arc::new(MetricCounters::default()),
        read_budget: ReadBudget::new(settings.read_bytes_per_second),
        settings,
    };
    let now = cx.now();
    let export = Export::new(id, cx.providers.id_seed(now).uuid(), now);
    cx.store.create_export(&export, None).await.unwrap();
    let (before, begun) = (memory("VmRSS"), Instant::now());
    let stop_at = now.plus(Duration::from_secs(86_400));
    write(&cx, &ExportTask::first(id, export.id), stop_at).await.unwrap();
    let (took, peak) = (begun.elapsed().as_secs_f64(), memory("VmHWM"));
    let stored = cx.store.export(id, export.id).await.unwrap().unwrap();
    assert!(stored.tm_finish.is_some());
    assert_eq!(std::fs::metadata(&output).unwrap().len(), stored.bytes);
    let (lines, size) = (stored.rows, stored.bytes as f64 / f64::from(1 << 20));
    println!(
        "| {lines:>9} | {took:>8.1} | {:>14.0} | {size:>8.1} | {:>24.1} |",
        lines as f64 / took,
        peak - before
    );
}

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, file, id] = words.as_slice()
        && mode == "measure"
    {
        return measure(Path::new(file), CustomerId(Uuid::try_parse(id).unwrap())).await;
    }
    let mut sizes: Vec<usize> = words.iter().filter_map(|word| word.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000];
    }
    println!("| lines     | export s | lines a second | file MiB | peak RSS above start MiB |");
    println!("|----------:|---------:|---------------:|---------:|-------------------------:|");
    let folder = std::env::temp_dir().join(format!("custodian-export-bench-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    for size in sizes {
        let file = folder.join(format!("{size}.db"));
        let id = seed(&file, size).await.to_string();
        let program = std::env::current_exe().unwrap();
        let measured = Command::new(program).args(["measure", file.to_str().unwrap(), &id]).status().unwrap();
        assert!(measured.success());
    }
    std::fs::remove_dir_all(folder).unwrap();
}
