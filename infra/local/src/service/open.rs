//! Opening the local service: its data, its keys, its ends.

use std::fs::File;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use custodian_app::metrics::Tally;
use custodian_app::platform::{SetUp, set_up};
use custodian_app::ports::{SharedKeys, SigningKeys, VerifyingKeys};
use custodian_app::{Context, Failure, Keys, Settings};
use custodian_auth::KeyRing;
use custodian_domain::Secret;
use custodian_engine::{Engine, EngineError, Watch};
use custodian_store::{Store, schema};
use custodian_webhooks::{Deliverer, Limits, Reach, SystemResolver, Trust};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Notify, Semaphore};

use super::{Inner, OFFSET, Service};
use crate::args::Args;
use crate::clock::VirtualClock;
use crate::ends::{LocalEnds, sources};
use crate::gateway::Gateway;
use crate::journal::Journal;
use crate::pump::{Pump, SLOW_ABREAST};
use crate::stream::Stream;
use crate::told::Told;

const PREFIX: &str = "custodian-";

/// Why the local service cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Failure(#[from] Failure),
    #[error("the network or the data folder: {0}")]
    Io(#[from] std::io::Error),
    #[error("another process serves {}", .0.display())]
    InUse(PathBuf),
    #[error("the sample could not be made: {0}")]
    Sample(String),
    #[error("the platform was set up, and yet it has no signing key")]
    NoKey,
}

impl Service {
    /// Opens the data, sets the platform up if it is not, and takes the port.
    pub async fn open(args: &Args) -> Result<Self, LocalError> {
        Self::open_watched(args, Arc::new(())).await
    }

    /// The same, with a watch over every request to the database.
    pub async fn open_watched(args: &Args, watch: Arc<dyn Watch>) -> Result<Self, LocalError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await?;
        let port = listener.local_addr()?.port();
        let Data { engine, told, journal, lock } = open_data(args)?;
        let journal = Arc::new(journal);
        let offset = journal.fact(OFFSET)?.and_then(|text| text.parse().ok()).unwrap_or(0);
        let clock = Arc::new(VirtualClock::new(offset));
        let store = Store::new(engine.watched(watch), PREFIX, sources(&clock).entropy);
        engine.create_tables(&store.tables())?;
        let settings = Settings {
            base_url: format!("http://127.0.0.1:{port}"),
            webhooks_to_loopback: args.allow_loopback_webhooks,
            ..Settings::default()
        };

        let keys = Keys::new(SharedKeys { ring: KeyRing::default(), pseudonyms: None });
        let meter = Arc::new(Tally::default());
        let cx = Context { store, ends: (), sources: sources(&clock), settings, keys, meter: meter.clone() };
        let password = args.admin_password.clone().unwrap_or_else(|| hex::encode(cx.sources.random::<12>()));
        let came_to = set_up(&cx, args.admin_username.clone(), Secret::new(password.clone())).await?;
        let signer = cx.store.signer().await?.ok_or(LocalError::NoKey)?;
        let keys = Keys::new(cx.store.shared_keys().await?);
        let work = Arc::new(Notify::new());
        let ends = LocalEnds { journal, clock, work: Arc::clone(&work), signer, deliverer: deliverer(args)? };
        let Context { store, sources, settings, .. } = cx;
        let cx = Arc::new(Context { store, ends, sources, settings, keys, meter: meter.clone() });
        let streamed = schema::TABLES.iter().filter(|table| table.stream);
        let streams = streamed.map(|table| Stream::of(&engine, format!("{PREFIX}{}", table.name)));
        let streams = streams.collect::<Result<_, _>>()?;
        let show = came_to == SetUp::Done && args.admin_password.is_none();
        let slow = Arc::new(Semaphore::new(SLOW_ABREAST));
        let pumped = Pump { cx, engine, streams, told, flights: Mutex::default(), slow };
        pumped.forget()?;
        Ok(Self(Arc::new(Inner {
            gateway: Gateway::new(),
            pump: Mutex::new(()),
            pumped,
            meter,
            work,
            listener: Mutex::new(Some(listener)),
            port,
            username: args.admin_username.clone(),
            new_password: show.then(|| Secret::new(password)),
            _lock: lock,
        })))
    }
}

/// As in the stack, but that webhooks may stay on this machine if that was asked for.
fn deliverer(args: &Args) -> Result<Deliverer<SystemResolver>, Failure> {
    let reach = if args.allow_loopback_webhooks { Reach::Loopback } else { Reach::Public };
    let down = |cause| Failure::unavailable("the trusted certificates", cause);
    let trust = Trust::of_the_system().map_err(down)?;
    Deliverer::new(reach, SystemResolver, trust, Limits::default()).map_err(down)
}

/// What is kept, and what keeps other processes off it.
struct Data {
    engine: Engine,
    told: Told,
    journal: Journal,
    lock: Option<File>,
}

fn open_data(args: &Args) -> Result<Data, LocalError> {
    if args.ephemeral {
        let (told, journal) = (Told::open(None)?, Journal::open(None)?);
        return Ok(Data { engine: Engine::in_memory()?, told, journal, lock: None });
    }
    let folder: &Path = &args.data;
    std::fs::create_dir_all(folder)?;
    let lock = File::create(folder.join("lock"))?;
    lock.try_lock().map_err(|_| LocalError::InUse(folder.to_owned()))?;
    let (tables, ends) = (folder.join("tables.db"), folder.join("ends.db"));
    let (engine, journal) = (Engine::open(&tables)?, Journal::open(Some(&ends))?);
    Ok(Data { engine, told: Told::open(Some(&tables))?, journal, lock: Some(lock) })
}
