//! Opens the local service: the data folder, the platform and the port.

use std::net::Ipv4Addr;
use std::sync::Arc;

use custodian_app::MetricCounters;
use custodian_app::platform::{SetUpOutcome, set_up};
use custodian_app::ports::{PlatformKeySet, SigningKeys, VerifyingKeys};
use custodian_app::{Context, Failure, PlatformKeys, ReadBudget, Settings};
use custodian_auth::{KeyRing, KeyedHasher};
use custodian_domain::Secret;
use custodian_domain::destination::{AllowedAddresses, DestinationRules};
use custodian_domain::own_address::OwnAddress;
use custodian_engine::{Engine, RequestObserver};
use custodian_store::{Store, schema};
use custodian_webhook_client::{ClientLimits, SystemResolver, TrustStore, WebhookClient};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Notify};

use super::{Admin, AdminPassword, CLOCK_OFFSET_KEY, Inner, Service, TOKEN_ISSUER};
use crate::allowed_hosts::AllowedHosts;
use crate::args::Args;
use crate::clock::VirtualClock;
use crate::data_folder::DataFolder;
use crate::dispatcher::Dispatcher;
use crate::erasure::delete_kept_mails;
use crate::error::LocalError;
use crate::export_storage::ExportStorage;
use crate::gateway::Gateway;
use crate::published::PublishedRecords;
use crate::services::{LocalServices, providers};
use crate::state::LocalState;
use crate::stream::ChangeStream;

const TABLE_PREFIX: &str = "custodian-";

impl Service {
    /// Opens the data, sets up the platform at the first start, and binds the port.
    pub async fn open(args: &Args) -> Result<Self, LocalError> {
        Self::open_with_observer(args, Arc::new(())).await
    }

    /// Like `open`, with an observer of every request of the store to the database.
    pub async fn open_with_observer(
        args: &Args,
        observer: Arc<dyn RequestObserver>,
    ) -> Result<Self, LocalError> {
        let opened = Self::open_files(args, observer).await;
        if args.ephemeral { opened } else { opened.map_err(|error| error.with_file(&args.data)) }
    }

    async fn open_files(args: &Args, observer: Arc<dyn RequestObserver>) -> Result<Self, LocalError> {
        let failed = |cause| LocalError::of_port(args.port, cause);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let Data { engine, published, state, folder } = open_data(args)?;
        let export_files = folder
            .as_ref()
            .map_or_else(ExportStorage::in_memory, |folder| ExportStorage::Folder(folder.path().to_owned()));
        let offset = state.get(CLOCK_OFFSET_KEY)?.and_then(|text| text.parse().ok()).unwrap_or(0);
        let clock = Arc::new(VirtualClock::new(offset));
        let store =
            Store::new(engine.client_with_observer(observer), TABLE_PREFIX, providers(&clock).entropy);
        engine.create_tables(&store.tables())?;
        let settings = Settings {
            base_url: format!("http://127.0.0.1:{port}"),
            token_issuer: TOKEN_ISSUER.to_owned(),
            destinations: destinations(args, port),
            read_bytes_per_second: args.read_bytes_per_second,
            max_deletions_per_hour: args.max_deletions_per_hour,
            ..Settings::default()
        };

        let keys = PlatformKeys::new(PlatformKeySet { ring: KeyRing::default(), keyed_hasher: None });
        let metrics = Arc::new(MetricCounters::default());
        let read_budget = ReadBudget::new(settings.read_bytes_per_second);
        let cx = Context {
            store,
            services: (),
            providers: providers(&clock),
            settings,
            keys,
            metrics: metrics.clone(),
            read_budget,
        };
        // The password that is generated next is printed only if this succeeds, and nobody could read it later.
        let webhook_client = webhook_client(&cx.settings)?;
        let password =
            args.admin_password.clone().unwrap_or_else(|| hex::encode(cx.providers.random::<12>()));
        let outcome = set_up(&cx, args.admin_username.clone(), Secret::new(password.clone())).await?;
        let signer = cx.store.signer().await?.ok_or(LocalError::NoSigningKey)?;
        let keys = PlatformKeys::new(cx.store.platform_key_set().await?);
        let wake_dispatcher = Arc::new(Notify::new());
        let services = LocalServices {
            state,
            clock,
            wake_dispatcher: Arc::clone(&wake_dispatcher),
            keep_mail: args.keep_mail,
            signer,
            export_files,
            link_hasher: KeyedHasher::new(Secret::new(hex::encode(cx.providers.random::<32>()))),
            webhook_client,
        };
        let cx = Arc::new(Context {
            store: cx.store,
            services,
            providers: cx.providers,
            settings: cx.settings,
            keys,
            metrics: metrics.clone(),
            read_budget: cx.read_budget,
        });
        let streams = change_streams(&engine)?;
        let dispatcher = Dispatcher::new(cx, engine, streams, published);
        delete_kept_mails(&dispatcher.cx).await?;
        dispatcher.cx.services.delete_old_mails()?;
        dispatcher.delete_published_records()?;
        let is_on_command_line = args.admin_password.is_some();
        let admin_password = match outcome {
            SetUpOutcome::Done if is_on_command_line => AdminPassword::FromCommandLine,
            SetUpOutcome::Done => AdminPassword::Generated(Secret::new(password)),
            SetUpOutcome::AlreadyDone => {
                AdminPassword::SetEarlier { is_also_on_command_line: is_on_command_line }
            }
        };
        Ok(Self(Arc::new(Inner {
            gateway: Gateway::new(),
            dispatcher,
            dispatch_lock: Mutex::new(()),
            metrics,
            wake_dispatcher,
            listener: Mutex::new(Some(listener)),
            port,
            allowed_hosts: Arc::new(AllowedHosts::new(port, &args.allow_host)),
            admin: Admin { username: args.admin_username.clone(), password: admin_password },
            folder,
        })))
    }
}

fn change_streams(engine: &Engine) -> Result<Vec<ChangeStream>, LocalError> {
    let mut streams = Vec::new();
    for table in schema::TABLES.iter().filter(|table| table.stream) {
        streams.push(ChangeStream::of_table(engine, format!("{TABLE_PREFIX}{}", table.name))?);
    }
    Ok(streams)
}

fn destinations(args: &Args, port: u16) -> DestinationRules {
    let allowed =
        if args.allow_loopback_webhooks { AllowedAddresses::Loopback } else { AllowedAddresses::Public };
    DestinationRules { allowed, own: vec![OwnAddress::LoopbackPort(port)] }
}

/// The same client as in the deployed functions. `--allow-loopback-webhooks` also lets it connect to this machine.
fn webhook_client(settings: &Settings) -> Result<WebhookClient<SystemResolver>, Failure> {
    let unavailable = |cause| Failure::unavailable("the system's root certificates", cause);
    let trust = TrustStore::from_system().map_err(unavailable)?;
    WebhookClient::new(settings.destinations.clone(), SystemResolver, trust, ClientLimits::default())
        .map_err(unavailable)
}

/// The open files of the data folder.
struct Data {
    engine: Engine,
    published: PublishedRecords,
    state: LocalState,
    folder: Option<DataFolder>,
}

fn open_data(args: &Args) -> Result<Data, LocalError> {
    if args.ephemeral {
        return Ok(Data {
            engine: Engine::in_memory()?,
            published: PublishedRecords::open(None)?,
            state: LocalState::open(None)?,
            folder: None,
        });
    }
    let folder = DataFolder::open(&args.data)?;
    // The state file first: it has the version of the folder's format.
    let state = LocalState::open(Some(&folder.state_file()))?;
    let tables = folder.tables_file();
    Ok(Data {
        engine: Engine::open(&tables).map_err(|cause| LocalError::of_file(&tables, cause))?,
        published: PublishedRecords::open(Some(&tables))?,
        state,
        folder: Some(folder),
    })
}
