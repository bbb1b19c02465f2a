//! The inputs of the generator, and the functions that follow from them.

use std::collections::BTreeMap;
use std::fs;

use custodian_cascade::STEPS;
use custodian_domain::kinds::{ALL, Kind};
use custodian_local::DeployedRoute;
use custodian_store::schema::{TABLES, Table};

use crate::background::{SECTIONS, Section};
use crate::function::{Function, Http, Settings};
use crate::handler::Handler;
use crate::paths::root;
use crate::routes;

#[derive(Debug)]
pub struct Inputs {
    pub routes: Vec<DeployedRoute>,
    pub kinds: Vec<&'static Kind>,
    pub tables: Vec<Table>,
    /// The tables that a deletion empties.
    pub emptied: Vec<&'static str>,
    /// The handler of each binary.
    pub handlers: BTreeMap<String, Handler>,
    pub dashboard: String,
}

impl Inputs {
    /// The inputs of this project: its routes, its registry, its schema and its sources.
    pub fn of_project() -> Result<Self, String> {
        Ok(Self {
            routes: custodian_local::deployed_routes(),
            kinds: ALL.to_vec(),
            tables: TABLES.to_vec(),
            emptied: STEPS.iter().map(|step| step.table).collect(),
            handlers: handlers()?,
            dashboard: read("infra/operations/dashboard.json")?,
        })
    }

    /// The functions that serve routes, in the order of the routes.
    pub fn route_functions(&self) -> Result<Vec<Function>, String> {
        let served = |name: &str| self.routes.iter().any(|deployed| deployed.function == name);
        if let Some(unknown) = routes::SETTINGS.iter().find(|settings| !served(settings.function)) {
            return Err(format!("routes.rs has settings for {}, which serves no route", unknown.function));
        }
        let mut functions: Vec<Function> = Vec::new();
        for deployed in &self.routes {
            let function = self.route_function(deployed)?;
            let known = functions.iter_mut().find(|known| known.name == function.name);
            match known.and_then(|known| known.http.as_mut()) {
                Some(http) => http.routes.push(deployed.route.clone()),
                None => functions.push(function),
            }
        }
        Ok(functions)
    }

    fn route_function(&self, deployed: &DeployedRoute) -> Result<Function, String> {
        let http = Some(Http { routes: vec![deployed.route.clone()], audience: deployed.audience });
        let binary = &deployed.function;
        let found = routes::SETTINGS.iter().find(|settings| settings.function == *binary);
        let settings = found.unwrap_or(Settings::NONE);
        let Some(kind) = deployed.kind else {
            return self.function(binary, binary, settings, http);
        };
        let verb = binary.rsplit('-').next().unwrap_or_default();
        let name = format!("{}-{verb}", kind.route.replace('_', "-"));
        Ok(Function { kind: Some(kind), ..self.function(&name, binary, settings, http)? })
    }

    /// The sections of functions without a route.
    pub fn background_functions(&self) -> Result<Vec<(&'static Section, Vec<Function>)>, String> {
        let sections = SECTIONS.iter().map(|section| {
            let functions = section.functions.iter();
            let functions =
                functions.map(|settings| self.function(settings.function, settings.function, settings, None));
            Ok((section, functions.collect::<Result<_, String>>()?))
        });
        sections.collect()
    }

    fn function(
        &self,
        name: &str,
        binary: &str,
        settings: &'static Settings,
        http: Option<Http>,
    ) -> Result<Function, String> {
        let handler = self.handlers.get(binary).ok_or_else(|| format!("functions/{binary} has no source"))?;
        Ok(Function {
            name: name.to_owned(),
            binary: binary.to_owned(),
            http,
            kind: settings.kind,
            handler: handler.clone(),
            settings,
        })
    }
}

/// The handlers in `functions/`, by the folders' names.
fn handlers() -> Result<BTreeMap<String, Handler>, String> {
    let folders = fs::read_dir(root().join("functions")).map_err(|error| error.to_string())?;
    let handlers = folders.map(|folder| {
        let folder = folder.map_err(|error| error.to_string())?.file_name();
        let path = format!("functions/{}/src/lib.rs", folder.to_string_lossy());
        let handler = Handler::parse(&read(&path)?).map_err(|error| format!("{path}: {error}"))?;
        Ok((folder.to_string_lossy().into_owned(), handler))
    });
    handlers.collect()
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))
}
