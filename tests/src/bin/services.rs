//! The hosts outside a cluster, for every test of this machine that needs them: `services serve FOLDER TOOLS`.
//!
//! `TOOLS/world` gives each host a network of its own with its name and addresses; there a relay
//! (`services relay FOLDER NAME ADDRESS…`) takes connections on port 443 and hands them to this process, which ends TLS
//! and answers. Tests look into it through the socket `FOLDER/control`. It ends when the last of them is gone.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a stand-in that cannot work says so and ends"
)]

use pure_agent_tests::services::control::{self, BUNDLE, SOCKET};
use pure_agent_tests::services::outside::{Outside, SERVICES, STRANGER};
use pure_agent_tests::world::{Authority, Door, Served};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::runtime::Runtime;

/// The socket that ends relays.
const RELAYS: &str = "relays";
/// Port of every host.
const PORT: u16 = 443;
/// The first host has this number in its addresses; lower ones are those of `world` itself.
const FIRST: u8 = 20;
/// How long nobody may be there.
const ALONE: Duration = Duration::from_secs(3);
/// How long the first test may take to come.
const COMES: Duration = Duration::from_secs(60);

/// What handlers did not expect.
static PROBLEMS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", folder, tools] => serve(Path::new(folder), Path::new(tools)),
        ["relay", folder, name, addresses @ ..] => relay(Path::new(folder), name, addresses),
        other => panic!("{other:?}: serve FOLDER TOOLS, or relay FOLDER NAME ADDRESS…"),
    }
}

fn runtime() -> Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap()
}

/// Ends the relays of this process, whatever happens to it.
struct Relays(Vec<Child>);

impl Drop for Relays {
    fn drop(&mut self) {
        for relay in &mut self.0 {
            drop(relay.kill());
            drop(relay.wait());
        }
    }
}

fn serve(folder: &Path, tools: &Path) {
    std::panic::set_hook(Box::new(|panic| {
        let said = panic.to_string();
        PROBLEMS.lock().unwrap().push(said);
    }));
    let runtime = runtime();
    let outside = Arc::new(Outside::default());
    let authority = Authority::new();
    std::fs::write(folder.join(BUNDLE), authority.pem()).unwrap();
    let _entered = runtime.enter();
    let ends = listen(folder, RELAYS);
    drop(runtime.spawn(hold(ends)));
    let (mut served, mut relays) = (Vec::new(), Relays(Vec::new()));
    for (number, name) in (FIRST..).zip([STRANGER].into_iter().chain(SERVICES)) {
        let door = Door::Unix(listen(folder, name));
        let answers = Arc::clone(&outside);
        let tls = Some(authority.acceptor(name));
        let host = Served::behind(&runtime, door, tls, move |request| {
            answers.answer(name, request)
        });
        served.push((name, host));
        relays.0.push(place(folder, tools, name, number));
    }
    let tests = Arc::new(AtomicUsize::new(0));
    let control = listen(folder, SOCKET);
    let served = Arc::new(served);
    let accept = {
        let tests = Arc::clone(&tests);
        async move {
            while let Ok((stream, _)) = control.accept().await {
                let (outside, served) = (Arc::clone(&outside), Arc::clone(&served));
                let tests = Arc::clone(&tests);
                tests.fetch_add(1, Ordering::SeqCst);
                drop(tokio::spawn(async move {
                    // A test that is gone needs no answer.
                    let _gone = speak(stream, &outside, &served).await;
                    tests.fetch_sub(1, Ordering::SeqCst);
                }));
            }
        }
    };
    drop(runtime.spawn(accept));
    wait(&tests);
    drop(relays);
    std::process::exit(0);
}

/// Returns when no test is there any more.
fn wait(tests: &AtomicUsize) {
    let (mut patience, mut since) = (COMES, Instant::now());
    while since.elapsed() < patience {
        std::thread::sleep(Duration::from_millis(100));
        if tests.load(Ordering::SeqCst) > 0 {
            (patience, since) = (ALONE, Instant::now());
        }
    }
}

/// A socket in the folder; what an earlier process left is taken away.
fn listen(folder: &Path, name: &str) -> UnixListener {
    let path = folder.join(name);
    drop(std::fs::remove_file(&path));
    UnixListener::bind(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Keeps connections open until this process ends.
async fn hold(listener: UnixListener) {
    let mut held = Vec::new();
    while let Ok((stream, _)) = listener.accept().await {
        held.push(stream);
    }
}

async fn speak(
    stream: UnixStream,
    outside: &Arc<Outside>,
    served: &Arc<Vec<(&'static str, Served)>>,
) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        let asked: Value = serde_json::from_str(&line)?;
        let (outside, served) = (Arc::clone(outside), Arc::clone(served));
        let answer = tokio::task::spawn_blocking(move || match asked["ask"].as_str() {
            Some("version") => json!(control::version()),
            Some("problems") => problems(&served),
            _ => control::answer(&outside, &asked),
        });
        let answer = answer.await.map_err(std::io::Error::other)?;
        writer.write_all(format!("{answer}\n").as_bytes()).await?;
    }
    Ok(())
}

/// What the services did not expect, and secrets where none belongs.
fn problems(served: &[(&'static str, Served)]) -> Value {
    for (name, host) in served {
        let search = std::panic::AssertUnwindSafe(|| host.search(name));
        // The hook has kept what was found.
        drop(std::panic::catch_unwind(search));
    }
    json!(*PROBLEMS.lock().unwrap())
}

/// Gives the host its network, and starts its relay there.
fn place(folder: &Path, tools: &Path, name: &str, number: u8) -> Child {
    let addresses = [
        format!("198.51.100.{number}"),
        format!("2001:db8:1::{number}"),
    ];
    let world = || Command::new(tools.join("world"));
    let made = world().args(["host", name]).args(&addresses).status();
    assert!(made.is_ok_and(|made| made.success()), "no host {name}");
    let mut relay = world();
    relay.args(["exec", name]);
    relay.arg(std::env::current_exe().unwrap()).arg("relay");
    relay.arg(folder).arg(name).args(&addresses);
    relay.stdin(Stdio::null()).spawn().unwrap()
}

/// Hands connections to the socket of a host, as long as whoever started this lives.
fn relay(folder: &Path, name: &str, addresses: &[&str]) {
    let to: PathBuf = folder.join(name);
    runtime().block_on(async {
        let mut lives = UnixStream::connect(folder.join(RELAYS)).await.unwrap();
        for address in addresses {
            let address = address
                .parse::<Ipv4Addr>()
                .map(IpAddr::from)
                .or_else(|_| address.parse::<Ipv6Addr>().map(IpAddr::from));
            let listener = TcpListener::bind((address.unwrap(), PORT)).await;
            let listener = listener.unwrap_or_else(|e| panic!("{name}: {e}"));
            drop(tokio::spawn(carry(listener, to.clone())));
        }
        let mut nothing = [0; 1];
        let _ended = tokio::io::AsyncReadExt::read(&mut lives, &mut nothing).await;
    });
}

async fn carry(listener: TcpListener, to: PathBuf) {
    while let Ok((mut outside, _)) = listener.accept().await {
        let to = to.clone();
        drop(tokio::spawn(async move {
            if let Ok(mut inside) = UnixStream::connect(&to).await {
                // How a connection ends is its own business.
                let _ended = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
            }
        }));
    }
}
