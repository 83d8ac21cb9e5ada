//! Attacks on the sockets of the gateway: bytes that could be read in two ways, and peers that take what they can.

mod crowd;
mod shapes;
mod slow;
mod tokens;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Sends pieces, with a pause between them, and reads to the end: the status and the rule of the first answer, 0 and
/// empty where there is none.
fn exchange(address: &str, pieces: &[&[u8]], pause: Duration) -> (u16, String) {
    let text = conversation(address, pieces, pause);
    let status = text.split(' ').nth(1).and_then(|s| s.parse().ok());
    let rule = text
        .split("\"rule\":\"")
        .nth(1)
        .and_then(|s| s.split('"').next());
    (status.unwrap_or(0), rule.unwrap_or_default().to_owned())
}

/// The same; all that was answered.
fn conversation(address: &str, pieces: &[&[u8]], pause: Duration) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    for (number, piece) in pieces.iter().enumerate() {
        // A gateway that refuses early need not read the rest.
        if stream.write_all(piece).is_err() {
            break;
        }
        if number + 1 < pieces.len() {
            std::thread::sleep(pause);
        }
    }
    let mut answer = Vec::new();
    stream
        .read_to_end(&mut answer)
        .expect("an answer, and its end");
    pure_agent_tests::canary::none_in("an answer of the gateway", &answer);
    String::from_utf8(answer).unwrap()
}

/// Resident memory of a process, in KiB.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap()
}
