//! Hellos that must not pass.

use super::*;

#[test]
fn hellos_that_hide_or_change_the_name_are_refused() {
    let good: &[u8] = b"api.example.com";
    let twice = parts().with(0, &names(&[(0, good)]));
    for (rule, wire) in [
        (
            "hello-no-name",
            client("api.example.com", &[&TLS13], false, &[]),
        ),
        ("hello-no-name", parts().without(0).wire()),
        ("hello-no-name", named(&[])),
        ("hello-no-name", records(&message(&parts().front), 1 << 14)),
        ("hello-other-name", greeting("evil.example.com")),
        ("hello-other-name", greeting("api.example.com.evil.org")),
        ("hello-other-name", greeting("example.com")),
        ("hello-other-name", named(&[(0, b"api.example.com.")])),
        ("hello-other-name", named(&[(0, b"api.example.com\0")])),
        (
            "hello-other-name",
            named(&[(0, b"api.example.com\0.evil.org")]),
        ),
        ("hello-other-name", named(&[(0, b" api.example.com")])),
        ("hello-other-name", named(&[(0, b"127.0.0.1")])),
        ("hello-other-name", named(&[(0, b"")])),
        ("hello-other-name", named(&[(0, &[0xff; 40])])),
        ("hello-twice", named(&[(0, good), (0, good)])),
        ("hello-twice", named(&[(0, good), (0, b"evil.example.com")])),
        ("hello-twice", named(&[(0, good), (1, b"x")])),
        ("hello-twice", twice.wire()),
        (
            "hello-twice",
            parts().with(0xabcd, &[]).with(0xabcd, &[]).wire(),
        ),
        ("hello-malformed", named(&[(1, good)])),
        ("hello-malformed", named(&[(1, b"x"), (0, good)])),
        ("hello-malformed", parts().without(0).with(0, good).wire()),
        ("hello-malformed", parts().without(0).with(0, &[]).wire()),
        (
            "hello-malformed",
            parts()
                .without(0)
                .with(0, &[&names(&[(0, good)])[..], &[0]].concat())
                .wire(),
        ),
    ] {
        let Progress::Refused(refused) = judged(&wire) else {
            panic!("{rule}: passed {wire:?}");
        };
        assert_eq!(refused.rule(), rule, "{wire:?}");
    }
}

#[test]
fn encrypted_hellos_are_refused_also_pretended_ones() {
    for kind in [0xfe0d, 0xfd00, 0xfe08, 0xfe09, 0xfe0a, 0xff02, 0xffce] {
        for content in [&[][..], &[0], &[0; 200], &[1], &[0xff; 4]] {
            for wire in [
                parts().with(kind, content).wire(),
                parts().without(0).with(kind, content).wire(),
                parts()
                    .with(0x0a0a, &[0])
                    .with(kind, content)
                    .with(0x2a2a, &[])
                    .wire(),
                records(&message(&parts().with(kind, content).body()), 100),
            ] {
                assert_eq!(
                    judged(&wire),
                    Progress::Refused(Refused::Encrypted),
                    "{kind:x}"
                );
            }
        }
    }
}

#[test]
fn what_is_no_hello_is_refused_at_its_first_wrong_byte() {
    for bytes in [
        &b"G"[..],
        b"GET / HTTP/1.1\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x80", // a hello of SSL 2
        b"\x80\x2e\x01\x00\x02",
        b"\x00",
        b"\x14\x03\x03\x00\x01\x01",     // change cipher spec
        b"\x15\x03\x01\x00\x02\x02\x28", // alert
        b"\x17\x03\x03\x00\x01\x00",     // application data
        b"\x16\xfe\xfd",                 // DTLS
        b"\x16\x02",
        b"\x16\x03\x05",
        b"\x16\x03\x01\x00\x00",                 // an empty record
        b"\x16\x03\x01\x00\x04\x02\x00\x00\x00", // a server's hello
        b"\x16\x03\x01\x00\x04\x00\x00\x00\x00", // a request for a hello
    ] {
        assert_eq!(
            judged(bytes),
            Progress::Refused(Refused::NotHello),
            "{bytes:?}"
        );
    }
}

#[test]
fn lengths_are_bounded_before_the_bytes_are_there() {
    let wire = |bytes: &[u8]| match judged(bytes) {
        Progress::Refused(refused) => refused.rule(),
        other => panic!("{other:?}"),
    };
    assert_eq!(wire(&[22, 3, 1, 0x40, 1]), "hello-length");
    assert_eq!(wire(&[22, 3, 1, 0xff, 0xff]), "hello-length");
    assert_eq!(wire(&[22, 3, 1, 0, 4, 1, 0, 0x3f, 0xfd]), "hello-length");
    assert_eq!(wire(&[22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff]), "hello-length");
    assert_eq!(wire(&[22, 3, 1, 0, 4, 1, 0, 0, 0]), "hello-malformed");
    assert_eq!(judged(&[22, 3, 1, 0, 4, 1, 0, 0x3f, 0xfc]), Progress::More);
    // The longest one that passes, and one byte more.
    let room = MOST_BYTES - 4 - parts().body().len() - 4;
    let longest = parts().with(21, &vec![0; room]);
    assert_eq!(judged(&longest.wire()), Progress::Good);
    assert_eq!(
        judged(&records(&message(&longest.body()), 1100)),
        Progress::Good
    );
    let longer = parts().with(21, &vec![0; room + 1]).body();
    assert_eq!(
        judged(&records(&message(&longer), 8000)),
        Progress::Refused(Refused::TooLong)
    );
}

#[test]
fn lengths_that_do_not_fill_what_they_stand_in_are_refused() {
    let body = parts().body();
    let front = parts().front.len();
    // Lengths of session id, cipher suites, extensions; then one byte less and one more in the body.
    let mut bad = Vec::new();
    for (at, value) in [
        (34, 0xff),
        (34, 33),
        (67, 0xff),
        (front, 0xff),
        (front + 1, body[front + 1] ^ 1),
    ] {
        let mut body = body.clone();
        body[at] = value;
        bad.push(body);
    }
    bad.push(body[..body.len() - 1].to_vec());
    bad.push([&body[..], &[0]].concat());
    bad.push(body[..20].to_vec());
    for body in bad {
        let progress = judged(&records(&message(&body), 1 << 14));
        assert_eq!(progress, Progress::Refused(Refused::NotHello));
    }
    // The handshake goes on in the record of the hello: another hello, or anything.
    let evil = message(&Parts::of(&greeting("evil.example.com")).body());
    for more in [&[0][..], &[1, 0, 0, 0], &evil] {
        let progress = judged(&records(&[&message(&body)[..], more].concat(), 1 << 14));
        assert_eq!(progress, Progress::Refused(Refused::Trailing));
    }
}

#[test]
fn a_hello_in_too_many_pieces_or_records_is_refused() {
    let long = parts().with(21, &[0; 2000]);
    let mut hello = Hello::new(&host("api.example.com"));
    let ends: Vec<_> = long
        .wire()
        .iter()
        .map(|byte| hello.push(&[*byte]))
        .collect();
    assert_eq!(ends[MOST_READS - 2], Progress::More);
    assert_eq!(ends[MOST_READS - 1], Progress::Refused(Refused::Split));
    assert_eq!(hello.bytes().len(), MOST_READS);
    let short = message(&parts().body());
    assert_eq!(
        judged(&records(&short, 1)),
        Progress::Refused(Refused::Split)
    );
    let over = short.len().div_ceil(MOST_RECORDS + 1);
    assert_eq!(
        judged(&records(&short, over)),
        Progress::Refused(Refused::Split)
    );
    // Between the records of a hello nothing else may stand.
    let mut mixed = records(&short[..50], 50);
    mixed.extend([20, 3, 3, 0, 1, 1]);
    mixed.extend(records(&short[50..], 1 << 14));
    assert_eq!(judged(&mixed), Progress::Refused(Refused::NotHello));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_bytes_never_pass(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert_ne!(judged(&bytes), Progress::Good);
        let framed = records(&message(&bytes), 1 << 14);
        prop_assert!(matches!(judged(&framed), Progress::Refused(_)));
    }

    /// Whatever is changed: what passes has the name in it once, and no piece makes a difference.
    #[test]
    fn changed_hellos_pass_only_with_the_name(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in any::<prop::sample::Index>()) {
        let mut wire = greeting("api.example.com");
        for (at, byte) in changes {
            let at = at.index(wire.len());
            wire[at] = byte;
        }
        let whole = judged(&wire);
        if whole == Progress::Good {
            let lower = wire.to_ascii_lowercase();
            prop_assert!(lower.windows(15).any(|w| w == b"api.example.com"));
        }
        let (head, tail) = wire.split_at(cut.index(wire.len()));
        let mut hello = Hello::new(&host("api.example.com"));
        hello.push(head);
        prop_assert_eq!(hello.push(tail), whole);
    }
}

#[test]
fn what_one_of_both_readings_refuses_is_refused() {
    // The walk: a version that TLS never had. rustls: no compression that is none.
    let (mut version, mut compression) = (parts(), parts());
    version.front[0] = 2;
    *compression.front.last_mut().unwrap() = 1;
    for changed in [version, compression] {
        assert_eq!(
            judged(&changed.wire()),
            Progress::Refused(Refused::NotHello)
        );
    }
}
