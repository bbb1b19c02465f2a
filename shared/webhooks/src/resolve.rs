//! Which addresses a name stands for, at this moment.

use std::future::Future;
use std::io;
use std::net::IpAddr;

/// Looks names up. It is asked once at each attempt, and what it answers is judged and connected to: nobody else is asked.
pub trait Resolve: Send + Sync {
    /// The addresses of a host, in the order in which to try them. An error and no address are the same to the caller.
    fn resolve(&self, name: &str) -> impl Future<Output = io::Result<Vec<IpAddr>>> + Send;
}

/// The operating system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    #[expect(clippy::disallowed_methods, reason = "the one place that looks up what customers name")]
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        // The system orders addresses by what this host can reach (RFC 6724). The port is not used.
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_system_answers_with_addresses_and_what_is_no_name_with_an_error() {
        let found = SystemResolver.resolve("127.0.0.1").await.unwrap();
        assert_eq!(found, [IpAddr::from([127, 0, 0, 1])]);
        assert!(SystemResolver.resolve("no name").await.is_err());
    }
}
