//! The permissions of each port of the store. The generator fails if a function uses a port that is missing here.
//!
//! A port does not inherit the grants of its supertraits. It has to name them after `with`.

mod accounts;
mod agents;
mod resources;
mod workers;

use crate::ports::Port;

pub(crate) fn ports() -> impl Iterator<Item = &'static Port> {
    [accounts::PORTS, agents::PORTS, resources::PORTS, workers::PORTS].into_iter().flatten()
}
