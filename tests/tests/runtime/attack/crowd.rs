//! Many connections, and many requests on one.

use super::resident;
use crate::place::{Place, ask};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Opens connections to `HOST PORT COUNT`, says how many it could open, and holds them until its input ends.
const OPENER: &str = r#"
import resource, socket, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held = []
for _ in range(int(sys.argv[3])):
    held.append(socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20))
print(len(held), flush=True)
sys.stdin.read()
"#;

/// Descriptors that the test needs; where the machine has fewer, as many connections as it can.
fn connections() -> usize {
    let said = Command::new("sh")
        .args(["-c", "ulimit -Hn"])
        .output()
        .unwrap();
    let hard = String::from_utf8(said.stdout).unwrap();
    let hard: usize = hard.trim().parse().unwrap_or(usize::MAX);
    assert!(
        hard > 2048,
        "this machine gives a process {hard} descriptors only"
    );
    10_000.min(hard - 100)
}

#[test]
fn ten_thousand_silent_connections_keep_nobody_out() {
    let place = Place::new(|_| ());
    let gateway = place.gateway();
    let bearer = place.start(&gateway, "0").1.unwrap();
    let before = resident(gateway.child.id());
    let (host, port) = gateway.agent.rsplit_once(':').unwrap();
    let count = connections().to_string();
    let mut opener = Command::new("python3")
        .args(["-c", OPENER, host, port, &count])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(opener.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line.trim(), count);
    let start = Instant::now();
    let answer = ask(&gateway.agent, "GET /v1/inputs", Some(&bearer), "");
    let time = start.elapsed();
    let growth = resident(gateway.child.id()).saturating_sub(before);
    drop(opener.stdin.take());
    opener.wait().unwrap();
    assert_eq!(answer.0, 200);
    assert!(time < Duration::from_secs(5), "{time:?}");
    assert!(growth <= 64 * 1024, "{growth} KiB");
}

/// 20,000 requests; a million where `PURE_AGENT_LONG` is set.
#[test]
fn many_requests_on_one_connection_leave_nothing_behind() {
    let long = std::env::var_os("PURE_AGENT_LONG").is_some();
    let (rounds, each) = (if long { 10_000 } else { 200 }, 100);
    let place = Place::new(|_| ());
    let gateway = place.gateway();
    let bearer = place.start(&gateway, "0").1.unwrap();
    let request =
        format!("GET /v1/inputs HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {bearer}\r\n\r\n");
    let requests = request.repeat(each);
    let mut stream = TcpStream::connect(&gateway.agent).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut memory = 0;
    let mut space = vec![0; 1 << 16];
    for round in 0..rounds {
        stream.write_all(requests.as_bytes()).unwrap();
        let (mut answers, mut text) = (0, String::new());
        while answers < each {
            let count = stream.read(&mut space).unwrap();
            assert!(
                count > 0,
                "the gateway ends the connection in round {round}"
            );
            text.push_str(std::str::from_utf8(&space[..count]).unwrap());
            answers = text.matches("{\"issue\":\"A-1\",\"prompt\":\"p\"}").count();
        }
        assert_eq!(text.matches("HTTP/1.1 200 OK\r\n").count(), each);
        if round == rounds / 10 {
            memory = resident(gateway.child.id());
        }
    }
    let growth = resident(gateway.child.id()).saturating_sub(memory);
    assert!(growth < 2 * 1024, "{growth} KiB");
}
