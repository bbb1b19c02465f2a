//! Public addresses.
//!
//! The networks are those of the IANA special-purpose address registries (RFC 6890), IPv4 multicast and the former 6bone. They are
//! applied strictly: an address that is not certainly an ordinary public host is refused. An IPv6 address is public only within
//! global unicast, 2000::/3. That excludes every IPv6 form outside it that embeds an IPv4 address (mapped, compatible, translated).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, prefix_length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), prefix_length)
}

const fn v6(a: u16, b: u16, c: u16, prefix_length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix_length)
}

/// The networks of IPv4 that are not public: <https://www.iana.org/assignments/iana-ipv4-special-registry>.
const SPECIAL_V4: [Ipv4Net; 18] = [
    v4(0, 0, 0, 8),       // "this network", which some systems treat as this host (RFC 791)
    v4(10, 0, 0, 8),      // private (RFC 1918)
    v4(100, 64, 0, 10),   // carrier-grade NAT (RFC 6598)
    v4(127, 0, 0, 8),     // loopback (RFC 1122)
    v4(169, 254, 0, 16),  // link-local (RFC 3927), where clouds serve metadata and credentials
    v4(172, 16, 0, 12),   // private (RFC 1918)
    v4(192, 0, 0, 24),    // IETF protocol assignments (RFC 6890)
    v4(192, 0, 2, 24),    // documentation (RFC 5737)
    v4(192, 31, 196, 24), // AS112: responses for private names (RFC 7535)
    v4(192, 52, 193, 24), // automatic multicast tunnelling (RFC 7450)
    v4(192, 88, 99, 24),  // 6to4 relays, deprecated (RFC 7526)
    v4(192, 168, 0, 16),  // private (RFC 1918)
    v4(192, 175, 48, 24), // AS112 (RFC 7534)
    v4(198, 18, 0, 15),   // benchmarks (RFC 2544)
    v4(198, 51, 100, 24), // documentation (RFC 5737)
    v4(203, 0, 113, 24),  // documentation (RFC 5737)
    v4(224, 0, 0, 4),     // multicast (RFC 5771)
    v4(240, 0, 0, 4),     // reserved (RFC 1112), and the broadcast address (RFC 919)
];

/// The IPv6 addresses of hosts (RFC 4291): <https://www.iana.org/assignments/ipv6-unicast-address-assignments>.
const GLOBAL_UNICAST: Ipv6Net = v6(0x2000, 0, 0, 3);

/// The networks of [`GLOBAL_UNICAST`] that are not public:
/// <https://www.iana.org/assignments/iana-ipv6-special-registry>.
const SPECIAL_V6: [Ipv6Net; 6] = [
    // IETF protocol assignments (RFC 2928): Teredo, which embeds IPv4 addresses (RFC 4380), benchmarks (RFC 5180),
    // ORCHID (RFC 4843, RFC 7343), identifiers of drones (RFC 9374).
    v6(0x2001, 0, 0, 23),
    v6(0x2001, 0xdb8, 0, 32),     // documentation (RFC 3849)
    v6(0x2002, 0, 0, 16),         // 6to4, which embeds IPv4 addresses (RFC 3056)
    v6(0x2620, 0x4f, 0x8000, 48), // AS112 (RFC 7534)
    v6(0x3ffe, 0, 0, 16),         // 6bone, returned (RFC 3701)
    v6(0x3fff, 0, 0, 20),         // documentation (RFC 9637)
];

/// Whether this is the address of an ordinary host on the internet. A deployed stack sends webhooks only to such addresses.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) => {
            GLOBAL_UNICAST.contains(&address) && !SPECIAL_V6.iter().any(|network| network.contains(&address))
        }
    }
}

pub(crate) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// RFC 6761 reserves `localhost` and the names below it for loopback addresses.
pub(crate) fn is_localhost(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(address: &str) -> bool {
        is_public(address.parse().unwrap())
    }

    #[test]
    fn ordinary_hosts_are_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "52.94.236.248",
            "2606:4700:4700::1111",
            "2a00:1450:4001::1",
            "2001:200::1",
        ] {
            assert!(public(address), "{address}");
        }
    }

    #[test]
    fn private_reserved_and_documentation_addresses_are_not_public() {
        let refused = "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254 \
            169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.9 192.0.0.170 192.0.2.1 192.31.196.1 192.52.193.1 \
            192.88.99.1 192.168.1.1 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 \
            239.255.255.255 240.0.0.1 255.255.255.254 255.255.255.255";
        for address in refused.split_whitespace() {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn special_ipv6_addresses_are_not_public_whatever_address_they_embed() {
        let refused = "\
            :: ::1 ::7f00:1 ::808:808 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:8.8.8.8 64:ff9b::127.0.0.1 \
            64:ff9b::8.8.8.8 64:ff9b:1::8.8.8.8 100::1 100:0:0:1::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:1::1 \
            2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1 2001:2f:ffff::1 2001:30::1 2001:1ff::1 2001:db8::1 \
            2002:7f00:1::1 2002:808:808::1 2620:4f:8000::1 3ffe::1 3fff::1 3fff:fff::1 4000::1 5f00::1 fc00::1 \
            fd00:ec2::254 fe80::1 febf::1 fec0::1 feff::1 ff02::1 ff0e::1 ffff::1";
        for address in refused.split_whitespace() {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn a_special_network_is_refused_from_its_first_to_its_last_address() {
        for network in SPECIAL_V4 {
            let (first, span) = (network.addr().to_bits(), u32::MAX >> network.prefix_len());
            assert_eq!(first & span, 0, "{network} has host bits");
            for inside in [first, first + span / 2, first + span] {
                assert!(!is_public(Ipv4Addr::from_bits(inside).into()), "{}", Ipv4Addr::from_bits(inside));
            }
        }
        for network in SPECIAL_V6 {
            let (first, span) = (network.addr().to_bits(), u128::MAX >> network.prefix_len());
            assert_eq!(first & span, 0, "{network} has host bits");
            assert!(
                !is_public(Ipv6Addr::from_bits(first).into())
                    && !is_public(Ipv6Addr::from_bits(first + span).into())
            );
        }
    }

    /// Each address is the last before a special network or the first after one.
    #[test]
    fn the_neighbours_of_special_networks_are_public() {
        let neighbours = "\
            1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0 \
            172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.1.255 192.0.3.0 192.31.195.255 192.31.197.0 \
            192.52.192.255 192.52.194.0 192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 192.175.47.255 192.175.49.0 \
            198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255 \
            2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2001:200:: 2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db9:: \
            2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2003:: 2620:4f:7fff:ffff:ffff:ffff:ffff:ffff 2620:4f:8001:: \
            3ffd:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3fff:1000::";
        for address in neighbours.split_whitespace() {
            assert!(public(address), "{address}");
        }
    }
}
