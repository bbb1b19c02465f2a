//! Name resolution.

use std::future::Future;
use std::io;
use std::net::IpAddr;

/// Resolves names. An attempt resolves a name once, and connects only to addresses from that lookup that it has checked.
pub trait Resolve: Send + Sync {
    /// The addresses of a host, in the order in which to try them. The caller treats an error like an empty list.
    fn resolve(&self, name: &str) -> impl Future<Output = io::Result<Vec<IpAddr>>> + Send;
}

/// The operating system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    #[expect(clippy::disallowed_methods, reason = "the one place that resolves destinations of customers")]
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        // The system orders addresses by reachability (RFC 6724). The port is not used.
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_system_resolves_addresses_and_rejects_invalid_names() {
        let found = SystemResolver.resolve("127.0.0.1").await.unwrap();
        assert_eq!(found, [IpAddr::from([127, 0, 0, 1])]);
        assert!(SystemResolver.resolve("no name").await.is_err());
    }
}
