//! What follows the first hello.

use super::*;

const CHANGE: [u8; 6] = [20, 3, 3, 0, 1, 1];
const KEYS: [u8; 13] = [22, 3, 3, 0, 8, 16, 0, 0, 4, 9, 9, 9, 9];

/// A record of application data.
fn record(length: u16) -> Vec<u8> {
    [
        &[23, 3, 3][..],
        &length.to_be_bytes(),
        &vec![1; usize::from(length)],
    ]
    .concat()
}

/// The verdict over the bytes, in pieces of this length; a refusal must come with the last piece at the latest.
fn later(bytes: &[u8], length: usize) -> Result<(), &'static str> {
    let mut watch = Watch::new(&host("api.example.com"));
    let mut pieces = bytes.chunks(length);
    pieces
        .try_for_each(|piece| watch.pass(piece))
        .map_err(|refused| refused.rule())
}

fn wire(parts: &Parts, most: usize) -> Vec<u8> {
    records(&message(&parts.body()), most)
}

#[test]
fn honest_clients_go_on() {
    let again = greeting("api.example.com");
    for bytes in [
        vec![],
        // TLS 1.3: the rest of the handshake and all that follows look like data.
        [
            &CHANGE[..],
            &record(60),
            &record(16_400),
            &record(0),
            &record(1),
        ]
        .concat(),
        // The server asked for the hello again, with and without early data.
        [&again[..], &CHANGE, &record(60)].concat(),
        [&CHANGE[..], &again, &record(60)].concat(),
        [&record(900)[..], &CHANGE, &again, &record(60)].concat(),
        [&wire(&parts(), 100)[..], &record(9)].concat(),
        // TLS 1.2: keys, then what is encrypted, whatever it looks like.
        [
            &KEYS[..],
            &CHANGE,
            &[22, 3, 3, 0, 4, 1, 0, 0, 0],
            &record(60),
        ]
        .concat(),
        [&KEYS[..], b"and what follows is not walked"].concat(),
        // TLS 1.2 resumed: an encrypted end of the handshake.
        [&CHANGE[..], &[22, 3, 3, 0, 40], &[0; 40], &record(60)].concat(),
        [&CHANGE[..], &[22, 3, 3, 0, 40], &[1, 2], &[0; 38], &[9]].concat(),
        // An alert, a heartbeat.
        vec![21, 3, 3, 0, 2, 1, 0, 24, 3, 3, 0, 1, 1],
    ] {
        for length in [1, 2, 3, 6, 7, 100, 1 << 20] {
            assert_eq!(later(&bytes, length), Ok(()), "{length}");
        }
    }
}

#[test]
fn a_later_hello_is_judged_like_the_first() {
    let evil = Parts::of(&greeting("evil.example.com"));
    let good = greeting("api.example.com");
    for (rule, hello) in [
        ("hello-other-name", wire(&evil, 1 << 14)),
        ("hello-other-name", wire(&evil, 100)),
        (
            "hello-other-name",
            [
                &[22, 3, 3, 0, 1, 1][..],
                &records(&message(&evil.body())[1..], 1 << 14),
            ]
            .concat(),
        ),
        (
            "hello-other-name",
            [&good[..], &wire(&evil, 1 << 14)].concat(),
        ),
        ("hello-no-name", parts().without(0).wire()),
        ("hello-encrypted", parts().with(0xfe0d, &[0; 9]).wire()),
        ("hello-split", wire(&evil, 1)),
        (
            "hello-length",
            records(&message(&evil.with(21, &[0; 20_000]).body()), 500),
        ),
        ("hello-malformed", vec![22, 3, 3, 0, 4, 1, 0, 0, 0]),
        ("hello-length", vec![22, 3, 3, 0, 4, 1, 1, 0, 0]),
        // Between the records of a hello something else.
        (
            "hello-malformed",
            [&wire(&parts(), 100)[..105], &record(1)].concat(),
        ),
    ] {
        for before in [
            vec![],
            CHANGE.to_vec(),
            [&record(0)[..], &record(700), &CHANGE].concat(),
        ] {
            for length in [1, 2, 5, 64, 1 << 20] {
                let bytes = [&before[..], &hello].concat();
                assert_eq!(later(&bytes, length), Err(rule), "{length}");
            }
        }
    }
    // Without its last byte nothing is there to judge, and a server does not act on it.
    let whole = wire(&Parts::of(&greeting("evil.example.com")), 1 << 14);
    assert_eq!(later(&whole[..whole.len() - 1], 1), Ok(()));
}

#[test]
fn what_is_no_tls_is_refused() {
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0; 5],
        &[19, 3, 3, 0, 1],
        &[25, 3, 3, 0, 1],
        &[23, 2, 0, 0, 1],
        &[22, 3, 3, 0, 0],
        &[23, 3, 3, 0x48, 1],
        &[23, 3, 3, 0, 1, 0, 0, 0, 0, 0, 0],
    ] {
        assert_eq!(later(bytes, 3), Err("hello-malformed"), "{bytes:?}");
    }
    assert_eq!(later(&record(0x4800), 100), Ok(()));
}

proptest! {
    /// However the bytes are cut, the verdict is the same; and none panics.
    #[test]
    fn cuts_make_no_difference(kinds in prop::collection::vec((19u8..26, 0u16..40, any::<u8>()), 0..6), cut in 1usize..50) {
        let mut bytes = Vec::new();
        for (kind, length, fill) in kinds {
            bytes.extend([kind, 3, 3]);
            bytes.extend(length.to_be_bytes());
            bytes.extend(vec![fill % 3; usize::from(length)]);
        }
        prop_assert_eq!(later(&bytes, cut), later(&bytes, 1 << 20));
    }
}
