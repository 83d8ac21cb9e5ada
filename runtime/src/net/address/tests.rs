use super::*;
use proptest::prelude::*;

mod named;

fn ranges(texts: &[&str]) -> Private {
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    Private::parse(&texts).unwrap()
}

fn judged(addr: &str, private: &Private) -> Result<(), &'static str> {
    let addr: IpAddr = addr.parse().unwrap();
    verdict(addr, private).map_err(|refused| refused.rule())
}

/// Every address that must not be reached, by the rule that must refuse it: first, last, and one inside.
const REFUSED: [(&str, &[&str]); 24] = [
    ("address-unspecified", &["0.0.0.0", "::"]),
    ("address-this-network", &["0.0.0.1", "0.255.255.255"]),
    (
        "address-loopback",
        &[
            "127.0.0.0",
            "127.0.0.1",
            "127.1.2.3",
            "127.255.255.255",
            "::1",
        ],
    ),
    (
        "address-private",
        &[
            "10.0.0.0",
            "10.255.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "192.168.0.0",
            "192.168.255.255",
            "fc00::",
            "fd00::1",
            "fd12:3456::1",
            "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ],
    ),
    (
        "address-link-local",
        &[
            "169.254.0.0",
            "169.254.20.10",
            "169.254.255.255",
            "fe80::1",
            "febf::1",
        ],
    ),
    (
        "address-metadata",
        &[
            "169.254.169.254",
            "169.254.169.253",
            "169.254.170.2",
            "169.254.170.23",
            "169.254.0.23",
            "169.254.42.42",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "fd00:42::42",
        ],
    ),
    ("address-shared", &["100.64.0.0", "100.127.255.255"]),
    (
        "address-multicast",
        &[
            "224.0.0.1",
            "233.252.0.1",
            "239.255.255.255",
            "ff00::",
            "ff02::1",
            "ff0e::1",
        ],
    ),
    ("address-broadcast", &["255.255.255.255"]),
    (
        "address-documentation",
        &[
            "192.0.2.0",
            "192.0.2.255",
            "198.51.100.7",
            "203.0.113.255",
            "2001:db8::1",
            "3fff::",
            "3fff:fff::1",
        ],
    ),
    (
        "address-benchmarking",
        &["198.18.0.0", "198.19.255.255", "2001:2::1"],
    ),
    (
        "address-reserved",
        &[
            "240.0.0.0",
            "255.255.255.254",
            "192.175.48.1",
            "5f00::1",
            "2620:4f:8000::1",
        ],
    ),
    (
        "address-ietf",
        &[
            "192.0.0.0",
            "192.0.0.9",
            "192.0.0.255",
            "2001:10::1",
            "2001:20::1",
            "2001:1::1",
            "2001:1ff::1",
        ],
    ),
    ("address-site-local", &["fec0::", "feff::1"]),
    ("address-discard", &["100::", "100::ffff", "100:0:0:1::1"]),
    (
        "address-ipv4-mapped",
        &[
            "::ffff:8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:7f00:1",
            "::ffff:a9fe:a9fe",
            "0:0:0:0:0:ffff:10.0.0.1",
            "::ffff:0.0.0.0",
        ],
    ),
    (
        "address-ipv4-compatible",
        &[
            "::8.8.8.8",
            "::127.0.0.1",
            "::7f00:1",
            "::2",
            "::0.0.1.0",
            "::ffff",
        ],
    ),
    (
        "address-ipv4-translated",
        &["::ffff:0:8.8.8.8", "::ffff:0:7f00:1"],
    ),
    (
        "address-nat64",
        &[
            "64:ff9b::8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b::",
        ],
    ),
    (
        "address-nat64-local",
        &[
            "64:ff9b:1::",
            "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
            "64:ff9b:1::a00:1",
        ],
    ),
    (
        "address-6to4",
        &[
            "2002::",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "2002:a9fe:a9fe::",
            "192.88.99.1",
        ],
    ),
    (
        "address-teredo",
        &["2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    ),
    (
        "address-isatap",
        &[
            "2a00:1450::5efe:10.0.0.1",
            "2a00:1450::200:5efe:127.0.0.1",
            "2600::100:5efe:a9fe:a9fe",
            "fe80::5efe:10.0.0.1",
            "fd00::300:5efe:8.8.8.8",
        ],
    ),
    (
        "address-not-global",
        &[
            "64:ff9b:2::1",
            "64:ff9a::1",
            "1::1",
            "1fff::1",
            "4000::1",
            "8000::1",
            "fe00::1",
            "fbff::1",
            "200::1",
            "0:1::",
        ],
    ),
];

#[test]
fn what_is_not_the_public_internet_is_refused() {
    for (rule, addresses) in REFUSED {
        for addr in addresses {
            assert_eq!(judged(addr, &Private::default()), Err(rule), "{addr}");
        }
    }
}

#[test]
fn the_public_internet_is_reached() {
    for addr in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.0.3.0",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "168.63.129.17",
        "2000::1",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2003::1",
        "2606:4700::1111",
        "2a00:1450::5efd:a00:1",
        "2a00:1450::1:5efe:0:1",
        "3ffe::1",
        "3fff:1000::1",
    ] {
        // The hexadecimal group before `5efe` must be 0, 1, 2 or 3 hundred to be ISATAP; 1 is not.
        assert_eq!(judged(addr, &Private::default()), Ok(()), "{addr}");
    }
}
