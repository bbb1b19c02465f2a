//! The table of all ports.

use crate::ports::{Port, name_of};
use crate::{services, store};

/// Every port that has a table entry.
pub fn all() -> impl Iterator<Item = &'static Port> {
    store::ports().chain(services::PORTS)
}

pub fn by_name(name: &str) -> Option<&'static Port> {
    all().find(|port| port.name() == name)
}

/// A port and, recursively, the ports whose grants it includes.
pub fn with_included(port: &'static Port) -> Vec<&'static Port> {
    let included = port.with.iter().filter_map(|path| by_name(name_of(path)));
    std::iter::once(port).chain(included.flat_map(with_included)).collect()
}
