//! A port and its permissions. `store` and `services` list all ports.

use crate::grant::Grant;

#[derive(Debug)]
pub struct Port {
    /// The trait's path.
    pub path: &'static str,
    pub grants: &'static [Grant],
    /// The paths of the ports whose grants this port includes.
    pub with: &'static [&'static str],
    /// Environment variables that the port's adapter reads, with their values as YAML.
    pub variables: &'static [(&'static str, &'static str)],
}

impl Port {
    /// The trait's name.
    pub fn name(&self) -> &str {
        name_of(self.path)
    }
}

/// The last part of a path, as `stringify!` writes it.
pub(crate) fn name_of(path: &str) -> &str {
    path.rsplit(':').next().unwrap_or(path).trim()
}

/// A table of ports. The compiler checks that each path names a trait, so renaming a port cannot drop its permissions.
macro_rules! ports {
    ($(
        $($part:ident)::+ $(with $($($with:ident)::+),+)?
        => [$($grant:expr),* $(,)?] $({ $($name:literal: $value:expr),+ $(,)? })?;
    )+) => {
        $(const _: () = {
            #[expect(unused_imports, reason = "it checks that the trait exists")]
            use $($part)::+ as _;
        };)+
        pub(crate) const PORTS: &[$crate::ports::Port] = &[$($crate::ports::Port {
            path: stringify!($($part)::+),
            grants: &[$($grant),*],
            with: &[$($(stringify!($($with)::+)),+)?],
            variables: &[$($(($name, $value)),+)?],
        }),+];
    };
}
pub(crate) use ports;
