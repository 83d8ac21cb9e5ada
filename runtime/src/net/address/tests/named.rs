//! Ranges that a contract names, and properties over all addresses.

use super::*;

#[test]
fn a_named_range_sets_its_own_rule_aside_and_no_other() {
    let named = ranges(&[
        "10.20.0.0/16",
        "127.0.0.0/8",
        "fd12::/16",
        "100.64.0.0/10",
        "240.0.0.0/4",
    ]);
    for (addr, verdict) in [
        ("10.20.0.1", Ok(())),
        ("10.20.255.255", Ok(())),
        ("10.21.0.0", Err("address-private")),
        ("10.19.255.255", Err("address-private")),
        ("127.0.0.1", Ok(())),
        ("fd12::1", Ok(())),
        ("fd13::1", Err("address-private")),
        ("100.64.0.1", Ok(())),
        ("100.100.100.200", Err("address-metadata")),
        ("240.0.0.1", Ok(())),
        ("255.255.255.255", Err("address-broadcast")),
        ("::ffff:10.20.0.1", Err("address-ipv4-mapped")),
        ("::ffff:127.0.0.1", Err("address-ipv4-mapped")),
        ("::127.0.0.1", Err("address-ipv4-compatible")),
        ("64:ff9b::10.20.0.1", Err("address-nat64")),
        ("2002:7f00:1::", Err("address-6to4")),
        ("fd12::5efe:10.20.0.1", Err("address-isatap")),
        ("::1", Err("address-loopback")),
        ("192.168.0.1", Err("address-private")),
    ] {
        assert_eq!(judged(addr, &named), verdict, "{addr}");
    }
}

#[test]
fn a_range_wider_than_a_rule_names_nothing() {
    let wide = ranges(&[
        "0.0.0.0/0",
        "::/0",
        "0.0.0.0/1",
        "8.0.0.0/6",
        "::/3",
        "128.0.0.0/1",
        "8000::/1",
    ]);
    for (rule, addresses) in REFUSED {
        for addr in addresses {
            assert_eq!(judged(addr, &wide), Err(rule), "{addr}");
        }
    }
}

#[test]
fn some_rules_are_never_set_aside() {
    let mut named = Vec::new();
    for (rule, addresses) in REFUSED {
        let never = [
            "address-unspecified",
            "address-this-network",
            "address-metadata",
            "address-multicast",
            "address-broadcast",
            "address-discard",
            "address-ipv4-compatible",
            "address-ipv4-translated",
        ];
        if never.contains(&rule) {
            for addr in addresses {
                let addr: IpAddr = addr.parse().unwrap();
                let bits = if addr.is_ipv4() { 32 } else { 128 };
                named.push((
                    rule,
                    addr,
                    Private::parse(&[format!("{addr}/{bits}")]).unwrap(),
                ));
            }
        }
    }
    assert!(named.len() > 25);
    for (rule, addr, private) in named {
        assert_eq!(
            verdict(addr, &private).map_err(|r| r.rule()),
            Err(rule),
            "{addr}"
        );
    }
}

#[test]
fn what_leads_to_ipv4_passes_by_its_own_range_and_only_to_what_passes() {
    let named = ranges(&[
        "64:ff9b::/96",
        "64:ff9b:1:2:3:4::/96",
        "2002::/16",
        "2001::/32",
        "fd00:1:2:3:0:5efe::/96",
        "fd00:1:2:3::/64",
        "ff02::5efe:0:0/96",
        "fe80::5efe:0:0/96",
    ]);
    for (addr, verdict) in [
        ("64:ff9b::8.8.8.8", Ok(())),
        ("64:ff9b::10.0.0.1", Err("address-private")),
        ("64:ff9b::169.254.169.254", Err("address-metadata")),
        ("64:ff9b::127.0.0.1", Err("address-loopback")),
        ("64:ff9b:1:2:3:4:808:808", Ok(())),
        ("64:ff9b:1:2:3:5:808:808", Err("address-nat64-local")),
        ("64:ff9b:1:2:3:4:a00:1", Err("address-private")),
        ("2002:808:808::1", Ok(())),
        ("2002:a00:1::1", Err("address-private")),
        ("2001:0:808:808::f7f7:f7f7", Ok(())),
        ("2001:0:808:808::80ff:fffe", Err("address-loopback")),
        ("2001:0:a00:1::f7f7:f7f7", Err("address-private")),
        ("fd00:1:2:3:0:5efe:808:808", Ok(())),
        ("fd00:1:2:3:0:5efe:a00:1", Err("address-private")),
        ("fd00:1:2:3:200:5efe:808:808", Err("address-isatap")),
        ("ff02::5efe:808:808", Err("address-multicast")),
    ] {
        assert_eq!(judged(addr, &named), verdict, "{addr}");
    }
    // A local NAT64 whose prefix is shorter than 96 bits hides where the IPv4 address stands.
    let short = ranges(&["64:ff9b:1::/48"]);
    assert_eq!(
        judged("64:ff9b:1::808:808", &short),
        Err("address-nat64-local")
    );
}

#[test]
fn ranges_have_one_spelling() {
    for text in [
        "",
        "/",
        "10.0.0.0",
        "10.0.0.0/",
        "/8",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/08",
        "10.0.0.0/8 ",
        " 10.0.0.0/8",
        "10.0.0.1/8",
        "010.0.0.0/8",
        "10.0.0/8",
        "10/8",
        "0x0a.0.0.0/8",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0/8/8",
        "fd00::/129",
        "fd00::1/8",
        "fe80::%eth0/10",
        "::ffff:10.0.0.0/104",
        "::ffff:0:0/96",
        "[fd00::]/8",
        "a/8",
        "10.0.0.0/256",
        "10.0.0.0/８",
        "10.0.0.0/00",
        "10.0.0.0/4294967304",
    ] {
        let refused = Private::parse(&[text.to_owned()]).unwrap_err();
        assert_eq!(refused, Malformed::Text(text.to_owned()));
    }
    for text in [
        "0.0.0.0/0",
        "10.0.0.0/8",
        "10.0.0.1/32",
        "::/0",
        "fd00::/8",
        "::1/128",
    ] {
        assert!(Private::parse(&[text.to_owned()]).is_ok(), "{text}");
    }
    let many = vec!["10.0.0.0/8".to_owned(); 257];
    assert_eq!(Private::parse(&many).unwrap_err().rule(), "range-count");
    assert!(Private::parse(&many[1..]).is_ok());
}

proptest! {
    /// No IPv6 address carries what is refused as IPv4 past the verdict, by whatever known form.
    #[test]
    fn a_form_is_never_reached_unnamed(inside: u32, rest: [u16; 4]) {
        let [high, low] = [(inside >> 16) as u16, inside as u16];
        let [a, b, c, d] = rest;
        for segments in [
            [0, 0, 0, 0, 0, 0xffff, high, low],
            [0, 0, 0, 0, 0xffff, 0, high, low],
            [0, 0, 0, 0, 0, 0, high, low],
            [0x64, 0xff9b, 0, 0, 0, 0, high, low],
            [0x64, 0xff9b, 1, a, b, c, high, low],
            [0x2002, high, low, a, b, c, d, 1],
            [0x2001, 0, high, low, a, b, c, d],
            [0x2001, 0, a, b, c, d, !high, !low],
            [a, b, c, d, 0, 0x5efe, high, low],
            [a, b, c, d, 0x200, 0x5efe, high, low],
        ] {
            let named = ranges(&["10.0.0.0/8", "127.0.0.0/8", "fd00::/8", "::/0", "0.0.0.0/0"]);
            prop_assert!(verdict(IpAddr::from(segments), &named).is_err(), "{segments:x?}");
        }
    }

    /// Agrees with the standard library where that has an opinion.
    #[test]
    fn special_addresses_of_the_library_are_refused(bits: u32) {
        let addr = Ipv4Addr::from_bits(bits);
        let special = addr.is_private() || addr.is_loopback() || addr.is_link_local()
            || addr.is_multicast() || addr.is_broadcast() || addr.is_documentation()
            || addr.is_unspecified() || addr.octets()[0] >= 224 || addr.octets()[0] == 0;
        if special {
            prop_assert!(verdict(IpAddr::V4(addr), &Private::default()).is_err(), "{addr}");
        }
    }
}
