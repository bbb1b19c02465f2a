//! Which addresses are out on the internet, and which lead inside: into this host, its network or its cloud.
//!
//! By the IANA special-purpose address registries (RFC 6890 as kept by IANA), read strictly: what is not certainly an
//! ordinary public host is refused. Of IPv6 only what IANA gives out as global unicast, 2000::/3, can be public at all;
//! that alone leaves out every form that carries an IPv4 address outside it (mapped, compatible, translated).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network, as its first address and the length of its prefix in bits.
type Network<A> = (A, u32);

const fn v4(a: u8, b: u8, c: u8, length: u32) -> Network<Ipv4Addr> {
    (Ipv4Addr::new(a, b, c, 0), length)
}

const fn v6(a: u16, b: u16, c: u16, length: u32) -> Network<Ipv6Addr> {
    (Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), length)
}

/// What of IPv4 is not public: <https://www.iana.org/assignments/iana-ipv4-special-registry>.
const SPECIAL_V4: [Network<Ipv4Addr>; 18] = [
    v4(0, 0, 0, 8),       // "this network", and by some systems this host (RFC 791)
    v4(10, 0, 0, 8),      // private (RFC 1918)
    v4(100, 64, 0, 10),   // shared behind carriers' NAT (RFC 6598)
    v4(127, 0, 0, 8),     // loopback (RFC 1122)
    v4(169, 254, 0, 16),  // link-local (RFC 3927); clouds serve metadata and credentials here
    v4(172, 16, 0, 12),   // private (RFC 1918)
    v4(192, 0, 0, 24),    // IETF protocol assignments (RFC 6890)
    v4(192, 0, 2, 24),    // documentation (RFC 5737)
    v4(192, 31, 196, 24), // AS112: answers for private names (RFC 7535)
    v4(192, 52, 193, 24), // automatic multicast tunnelling (RFC 7450)
    v4(192, 88, 99, 24),  // 6to4 relays, given up (RFC 7526)
    v4(192, 168, 0, 16),  // private (RFC 1918)
    v4(192, 175, 48, 24), // AS112 (RFC 7534)
    v4(198, 18, 0, 15),   // benchmarks (RFC 2544)
    v4(198, 51, 100, 24), // documentation (RFC 5737)
    v4(203, 0, 113, 24),  // documentation (RFC 5737)
    v4(224, 0, 0, 4),     // multicast (RFC 5771)
    v4(240, 0, 0, 4),     // reserved (RFC 1112), and the broadcast address (RFC 919)
];

/// What of IPv6 is given out for hosts (RFC 4291): <https://www.iana.org/assignments/ipv6-unicast-address-assignments>.
const GLOBAL_UNICAST: Network<Ipv6Addr> = v6(0x2000, 0, 0, 3);

/// What of [`GLOBAL_UNICAST`] is not public: <https://www.iana.org/assignments/iana-ipv6-special-registry>.
const SPECIAL_V6: [Network<Ipv6Addr>; 6] = [
    // IETF protocol assignments (RFC 2928): Teredo with the IPv4 addresses in it (RFC 4380), benchmarks (RFC 5180),
    // ORCHID (RFC 4843, RFC 7343), drones' identifiers (RFC 9374).
    v6(0x2001, 0, 0, 23),
    v6(0x2001, 0xdb8, 0, 32),     // documentation (RFC 3849)
    v6(0x2002, 0, 0, 16),         // 6to4, with an IPv4 address in it (RFC 3056)
    v6(0x2620, 0x4f, 0x8000, 48), // AS112 (RFC 7534)
    v6(0x3ffe, 0, 0, 16),         // the 6bone, given back (RFC 3701)
    v6(0x3fff, 0, 0, 20),         // documentation (RFC 9637)
];

/// Whether this is the address of an ordinary host on the internet. Only such may be sent webhooks.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|network| holds_v4(network, address)),
        IpAddr::V6(address) => {
            holds_v6(&GLOBAL_UNICAST, address) && !SPECIAL_V6.iter().any(|network| holds_v6(network, address))
        }
    }
}

fn holds_v4((first, length): &Network<Ipv4Addr>, address: Ipv4Addr) -> bool {
    (first.to_bits() ^ address.to_bits()).leading_zeros() >= *length
}

fn holds_v6((first, length): &Network<Ipv6Addr>, address: Ipv6Addr) -> bool {
    (first.to_bits() ^ address.to_bits()).leading_zeros() >= *length
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
    fn nothing_inside_reserved_or_meant_for_examples_is_public() {
        let refused = "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254 \
            169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.9 192.0.0.170 192.0.2.1 192.31.196.1 192.52.193.1 \
            192.88.99.1 192.168.1.1 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 \
            239.255.255.255 240.0.0.1 255.255.255.254 255.255.255.255";
        for address in refused.split_whitespace() {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn no_special_form_of_ipv6_is_public_whatever_address_it_carries() {
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
    fn a_network_of_the_list_is_refused_from_its_first_to_its_last_address_and_not_beyond() {
        for (first, length) in SPECIAL_V4 {
            let (first, span) = (first.to_bits(), u32::MAX >> length);
            assert_eq!(first & span, 0, "{length} bits leave no room for the first address");
            for inside in [first, first + span / 2, first + span] {
                assert!(!is_public(Ipv4Addr::from_bits(inside).into()), "{}", Ipv4Addr::from_bits(inside));
            }
            for outside in [first.wrapping_sub(1), (first + span).wrapping_add(1)].map(Ipv4Addr::from_bits) {
                let listed = SPECIAL_V4.iter().any(|network| holds_v4(network, outside));
                assert_eq!(is_public(outside.into()), !listed, "{outside}");
            }
        }
        for (first, length) in SPECIAL_V6 {
            let (first, span) = (first.to_bits(), u128::MAX >> length);
            assert_eq!(first & span, 0, "{length} bits leave no room for the first address");
            assert!(
                !is_public(Ipv6Addr::from_bits(first).into())
                    && !is_public(Ipv6Addr::from_bits(first + span).into())
            );
        }
        for neighbour in
            ["9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0"]
        {
            assert!(public(neighbour), "{neighbour}");
        }
        for neighbour in
            ["2001:200::", "2001:db7:ffff::1", "2001:db9::", "2003::1", "2001:ffff::1", "3ffd::1"]
        {
            assert!(public(neighbour), "{neighbour}");
        }
    }
}
