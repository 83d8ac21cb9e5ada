//! What the tests themselves stand on: the hosts of a world, and who reaches them.

use crate::place::Place;
use bytes::Bytes;
use hyper::Response;
use pure_agent_runtime::body;
use pure_agent_tests::world::{World, pieces};
use std::process::Output;
use std::time::Duration;

const CURL: [&str; 4] = ["--silent", "--show-error", "--max-time", "10"];

fn text(done: &Output) -> String {
    String::from_utf8_lossy(&done.stdout).into_owned()
}

#[test]
fn a_name_of_the_world_is_found_and_no_other() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let served = world.serve("api.example.com", |asked| {
        assert_eq!(asked.uri().path(), "/pieces");
        let parts = ["one ", "two ", "three"].map(Bytes::from);
        Response::new(pieces(parts.to_vec(), Duration::from_millis(20)))
    });
    let plain = world.serve_plain("plain.example.com", 8080, |_| {
        Response::new(body::whole("plain"))
    });
    let curl = |url: &str| {
        let mut curl = world.command("curl");
        curl.args(CURL).arg("--cacert").arg(world.bundle());
        curl.args(["--data", "sent", url]).output().unwrap()
    };
    let done = curl("https://api.example.com/pieces");
    assert_eq!(text(&done), "one two three", "{done:?}");
    assert_eq!(text(&curl("http://plain.example.com:8080/")), "plain");
    assert_eq!(served.asked()[0].body(), "sent");
    assert_eq!((served.asked().len(), plain.asked().len()), (1, 1));
    for elsewhere in [
        "https://example.com/",
        "https://www.example.org/",
        "https://plain.example.com:8080/",
    ] {
        let done = curl(elsewhere);
        assert!(!done.status.success(), "{elsewhere}: {done:?}");
    }
    // A certificate of the world is trusted by who is told to, and by nobody else.
    let mut curl = world.command("curl");
    let done = curl.args(CURL).arg("https://api.example.com/pieces");
    assert_eq!(done.output().unwrap().status.code(), Some(60));
    // Its names are its processes' alone.
    let mut curl = std::process::Command::new("curl");
    let done = curl.args(CURL).arg("http://plain.example.com:8080/");
    assert!(!done.output().unwrap().status.success());
}

#[test]
fn a_client_reaches_the_gateway_and_nothing_else() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let served = world.serve_plain("api.example.com", 80, |_| Response::new(body::empty()));
    let place = Place::within(&world, |_| ());
    let gateway = place.gateway_in(&world);
    let bearer = place.start(&gateway, "0").1.unwrap();
    let curl = |url: &str| {
        let mut curl = world.client(&gateway.agent, "curl");
        curl.args(CURL)
            .args(["--header", &format!("Authorization: Bearer {bearer}")]);
        curl.arg(url).output().unwrap()
    };
    let inputs = curl("http://gateway.pure-agent:8080/v1/inputs");
    assert!(text(&inputs).contains("A-1"), "{inputs:?}");
    let hosts = std::fs::read_to_string(world.bundle().with_file_name("hosts")).unwrap();
    let line = hosts.lines().find(|l| l.ends_with(" api.example.com"));
    let address = line.unwrap().split(' ').next().unwrap();
    let elsewhere = [
        "http://api.example.com/".to_owned(),
        format!("http://{address}/"),
        format!("http://{}/healthz", gateway.control),
        "http://192.0.2.1/".to_owned(),
        "http://[2001:db8::1]/".to_owned(),
    ];
    for elsewhere in &elsewhere {
        let done = curl(elsewhere);
        // 6: no such name, 7: no connection.
        assert!(
            matches!(done.status.code(), Some(6 | 7)),
            "{elsewhere}: {done:?}"
        );
    }
    assert!(served.asked().is_empty());
}
