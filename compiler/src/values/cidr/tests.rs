use super::*;

#[test]
fn reads_and_shows() {
    for (text, canonical) in [
        ("10.0.12.34/32", "10.0.12.34/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8:0:0::/64", "2001:db8::/64"),
        ("::1/128", "::1/128"),
        ("::/0", "::/0"),
    ] {
        assert_eq!(Cidr::parse(text).unwrap().to_string(), canonical);
    }
}

#[test]
fn refuses() {
    for text in [
        "",
        "/",
        "10.0.0.0",
        "::1",
        "10.0.0.1/8",
        "010.0.0.0/8",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/08",
        "10.0.0.0/",
        "10/8",
        "10.0.0/8",
        "0x0a.0.0.0/8",
        "10.0.0.0/255.0.0.0",
        "::/129",
        "fe80::1%eth0/128",
        "::ffff:10.0.0.0/104",
        "::ffff:0:0/96",
        "2001:db8::1/64",
        " 10.0.0.0/8",
        "10.0.0.0/8 ",
        "10.0.0.0/8/8",
        "١٠.0.0.0/8",
        "[::]/0",
        "10.0.0.0/99999999999999999999",
        "example.com/8",
    ] {
        assert!(Cidr::parse(text).is_err(), "{text:?}");
    }
    assert_eq!(
        Cidr::parse("10.0.0.1").unwrap_err().help,
        "write \"10.0.0.1/32\""
    );
    assert!(
        Cidr::parse("10.0.0.1/8")
            .unwrap_err()
            .help
            .contains("\"10.0.0.0/8\"")
    );
}

#[test]
fn knows_special_addresses() {
    for (text, special) in [
        ("10.0.0.1/32", Special::Private),
        ("172.31.255.255/32", Special::Private),
        ("192.168.0.0/16", Special::Private),
        ("169.254.169.254/32", Special::LinkLocal),
        ("100.64.0.1/32", Special::CarrierNat),
        ("127.0.0.1/32", Special::Loopback),
        ("224.0.0.1/32", Special::Multicast),
        ("255.255.255.255/32", Special::Reserved),
        ("0.0.0.0/0", Special::Loopback),
        ("fd00:ec2::254/128", Special::Private),
        ("fe80::/10", Special::LinkLocal),
        ("::1/128", Special::Loopback),
        ("ff02::1/128", Special::Multicast),
        ("64:ff9b::a00:1/128", Special::Translation),
        ("2002:a00:1::/48", Special::Translation),
        ("2001:db8::/32", Special::Documentation),
        ("::/0", Special::Mapped),
    ] {
        assert!(Cidr::parse(text).unwrap().is(special), "{text}");
    }
    for text in [
        "8.8.8.8/32",
        "172.32.0.0/16",
        "100.128.0.0/16",
        "2606:4700::/32",
        "2a00::/12",
        "1.0.0.0/8",
    ] {
        assert!(Cidr::parse(text).unwrap().special().is_empty(), "{text}");
    }
}

#[test]
fn exceptions_lie_strictly_inside() {
    let except = |text: &str| Cidr::parse(text).unwrap().exceptions();
    assert_eq!(except("0.0.0.0/0").len(), SPECIAL_V4.len());
    assert_eq!(except("::/0").len(), SPECIAL_V6.len() - 1);
    assert!(!except("::/0").contains(&"::ffff:0:0/96"));
    assert_eq!(except("10.0.0.0/8"), Vec::<&str>::new());
    assert_eq!(
        except("192.0.0.0/9"),
        ["192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24"]
    );
    assert!(except("2000::/3").contains(&"2002::/16") && !except("2000::/3").contains(&"fc00::/7"));
}

#[test]
fn containment() {
    let read = |text: &str| Cidr::parse(text).unwrap();
    assert!(read("10.0.0.0/8").contains(&read("10.1.0.0/16")));
    assert!(!read("10.1.0.0/16").contains(&read("10.0.0.0/8")));
    assert!(read("10.1.0.0/16").overlaps(&read("10.0.0.0/8")));
    assert!(
        !read("::/0").contains(&read("10.0.0.0/8"))
            && !read("0.0.0.0/0").contains(&read("::1/128"))
    );
    assert!(read("10.0.0.1/32").is_single() && !read("10.0.0.0/31").is_single());
}

#[test]
fn tables_are_blocks_in_order_that_share_nothing() {
    for (table, everything) in [(&SPECIAL_V4[..], "0.0.0.0/0"), (&SPECIAL_V6[..], "::/0")] {
        let everything = everything
            .parse::<IpCidr>()
            .map(|block| Cidr { block })
            .unwrap();
        let blocks: Vec<Cidr> = table.iter().map(|range| range.block().unwrap()).collect();
        for (block, range) in blocks.iter().zip(table) {
            assert!(everything.contains(block) && *block != everything);
            if range.special != Special::Mapped {
                assert_eq!(block.to_string(), range.block);
            }
        }
        for pair in blocks.windows(2) {
            assert!(
                pair[0] < pair[1] && !pair[0].overlaps(&pair[1]),
                "{} {}",
                pair[0],
                pair[1]
            );
        }
    }
}
