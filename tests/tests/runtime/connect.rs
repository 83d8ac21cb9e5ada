//! Tunnels, asked for by curl and byte by byte; the host is this machine, which the contract names.

use crate::place::{Gateway, Place, ask, raw, router_bearer};
use pure_agent_tests::program::Scratch;
use serde_json::json;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// An HTTPS server of openssl's, with a certificate of its own for `localhost`.
struct Upstream {
    child: Child,
    port: u16,
    folder: Scratch,
}

impl Drop for Upstream {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Upstream {
    fn start() -> Self {
        let folder = Scratch::new("upstream");
        let made = Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            ])
            .args([
                "-keyout",
                "key.pem",
                "-out",
                "cert.pem",
                "-subj",
                "/CN=localhost",
            ])
            .args(["-addext", "subjectAltName=DNS:localhost"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let page = "page ".repeat(20_000);
        std::fs::write(folder.path().join("page"), page).unwrap();
        let port = free_port();
        let child = Command::new("openssl")
            .args([
                "s_server", "-quiet", "-WWW", "-cert", "cert.pem", "-key", "key.pem",
            ])
            .args(["-accept", &port.to_string()])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while std::net::TcpStream::connect(("localhost", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "no upstream");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self {
            child,
            port,
            folder,
        }
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// A run whose agent may reach this server, with so many bytes of traffic.
    fn place(&self, traffic: u64) -> Place {
        Place::new(|contract| {
            let entry = contract["entry"].clone();
            for agent in contract["agents"].as_array_mut().unwrap() {
                if agent["name"] == entry {
                    agent["tunnels"] = json!([{"host": "localhost", "port": self.port}]);
                }
            }
            contract["network"]["private"] = json!(["127.0.0.0/8", "::1/128"]);
            contract["limits"]["traffic"] = json!(traffic);
            contract["limits"]["concurrency"] = json!(1);
        })
    }

    /// Such a run, its gateway, and the bearer of its first agent.
    fn run(&self, traffic: u64) -> (Place, Gateway, String) {
        let place = self.place(traffic);
        let gateway = place.gateway();
        let bearer = place.start(&gateway, "0").1.unwrap();
        (place, gateway, bearer)
    }

    /// curl fetches the page through the gateway.
    fn fetch(&self, gateway: &Gateway, bearer: &str) -> Output {
        let mut curl = curl(gateway, bearer);
        curl.arg("--show-error").arg("--cacert");
        curl.arg(self.certificate()).arg(self.url());
        curl.output().unwrap()
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/page", self.port)
    }
}

/// A curl whose proxy is the gateway.
fn curl(gateway: &Gateway, bearer: &str) -> Command {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--max-time", "20", "--noproxy", ""])
        .args([
            "--proxy",
            &format!("http://agent:{bearer}@{}", gateway.agent),
        ])
        .env_clear();
    curl
}

/// The bytes that the run has used, once no tunnel is open.
fn traffic(gateway: &Gateway, at_least: u64) -> u64 {
    let start = Instant::now();
    loop {
        let usage = ask(
            &gateway.control,
            "GET /v1/usage",
            Some(&router_bearer()),
            "",
        )
        .1;
        let used = usage["traffic"].as_u64().unwrap();
        if used >= at_least || start.elapsed() > Duration::from_secs(20) {
            return used;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn curl_fetches_through_a_tunnel_and_every_byte_counts() {
    let upstream = Upstream::start();
    let (place, gateway, bearer) = upstream.run(1 << 20);
    let done = upstream.fetch(&gateway, &bearer);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(done.stdout.len(), 100_000);
    let used = traffic(&gateway, 100_000);
    assert!((100_000..120_000).contains(&used), "{used} bytes");
    // A restart forgets none of it.
    drop(gateway);
    let gateway = place.gateway();
    assert_eq!(traffic(&gateway, used), used);
    assert_eq!(place.verify().status.code(), Some(0));
    let record = place.record();
    assert!(
        record.contains(&format!("localhost:{}", upstream.port)),
        "{record}"
    );
    assert!(
        !record.contains(&bearer) && !record.contains("page page"),
        "{record}"
    );
}

#[test]
fn a_tunnel_ends_where_the_traffic_does() {
    let upstream = Upstream::start();
    let (place, gateway, bearer) = upstream.run(50_000);
    let done = upstream.fetch(&gateway, &bearer);
    // This answer tells no length, so curl does not know that some of it is missing.
    let got = done.stdout.len();
    assert!((1..50_000).contains(&got), "{got} bytes");
    let used = traffic(&gateway, 50_000);
    assert_eq!(used, 50_000);
    let again = upstream.fetch(&gateway, &bearer);
    assert!(again.stdout.is_empty(), "{again:?}");
    assert_eq!(traffic(&gateway, used), 50_000);
    assert!(place.record().contains("tunnel-bytes"));
}

#[test]
fn only_what_the_spec_names_is_reached() {
    let upstream = Upstream::start();
    let (place, gateway, bearer) = upstream.run(1 << 20);
    let port = upstream.port;
    let good = format!("Proxy-Authorization: Bearer {bearer}\r\n");
    let target = format!("localhost:{port}");
    for (what, target, credential, rule) in [
        ("nobody", target.as_str(), "", "credential"),
        (
            "the router",
            &target,
            &format!("Proxy-Authorization: Bearer {}\r\n", router_bearer()),
            "credential",
        ),
        (
            "the server's credential",
            &target,
            &format!("Authorization: Bearer {bearer}\r\n"),
            "credential",
        ),
        (
            "two credentials",
            &target,
            &good.repeat(2),
            "credential-shape",
        ),
        ("another port", "localhost:443", &good, "egress"),
        (
            "another host",
            &format!("example.com:{port}"),
            &good,
            "egress",
        ),
        (
            "a name below it",
            &format!("x.localhost:{port}"),
            &good,
            "egress",
        ),
        (
            "its address",
            &format!("127.0.0.1:{port}"),
            &good,
            "host-ip-literal",
        ),
        (
            "its address in short",
            &format!("127.1:{port}"),
            &good,
            "host-ip-literal",
        ),
        (
            "its address as a number",
            &format!("2130706433:{port}"),
            &good,
            "host-ip-literal",
        ),
        (
            "its address in the other family",
            &format!("[::1]:{port}"),
            &good,
            "host-",
        ),
        (
            "a dot at the end",
            &format!("localhost.:{port}"),
            &good,
            "host-trailing-dot",
        ),
        (
            "a user",
            &format!("localhost@evil.example:{port}"),
            &good,
            "host-",
        ),
        ("no port", "localhost", &good, "http-target"),
        (
            "a port with zeros",
            &format!("localhost:0{port}"),
            &good,
            "http-target",
        ),
    ] {
        let request = format!(
            "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n{credential}\r\n"
        );
        let (status, body) = raw(&gateway.agent, request.as_bytes());
        assert!(status >= 400 || status == 0, "{what}: {status} {body}");
        assert!(
            status == 0 || body.contains(&format!("\"rule\":\"{rule}")) || body.is_empty(),
            "{what}: {body}"
        );
    }
    let plain =
        format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{good}\r\nGET / HTTP/1.1\r\n\r\n");
    let (status, body) = raw(&gateway.agent, plain.as_bytes());
    assert_eq!(
        (status, body.as_str()),
        (200, ""),
        "something that is no TLS"
    );
    // By name, but the tunnel would lead somewhere else than the name that TLS asks for.
    let fronted = curl(&gateway, &bearer)
        .arg("--insecure")
        .args([
            "--connect-to",
            &format!("evil.example:443:localhost:{port}"),
        ])
        .arg("https://evil.example/page")
        .output()
        .unwrap();
    assert!(
        !fronted.status.success() && fronted.stdout.is_empty(),
        "{fronted:?}"
    );
    let record = place.record();
    for rule in ["egress", "hello-", "host-ip-literal"] {
        assert!(record.contains(rule), "{rule} is not in the record");
    }
    assert_eq!(traffic(&gateway, 0), 0, "something was carried");
}

/// Nobody goes on in a cycle that has ended, in a tunnel either.
#[test]
fn a_tunnel_ends_with_its_cycle() {
    use std::io::Read as _;
    let upstream = Upstream::start();
    let (place, gateway, bearer) = upstream.run(1 << 20);
    let target = format!("localhost:{}", upstream.port);
    let mut stream = std::net::TcpStream::connect(&gateway.agent).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(9)))
        .unwrap();
    let request = format!(
        "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nProxy-Authorization: Bearer {bearer}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    assert_eq!(place.router(&gateway, "0", "Succeeded", "0"), "1");
    let mut rest = Vec::new();
    let start = Instant::now();
    stream.read_to_end(&mut rest).unwrap();
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "{:?}",
        start.elapsed()
    );
}

/// Git shows its credential only when it is asked for it; Python before 3.12 asks by HTTP/1.0 and names no host.
#[test]
fn tunnels_open_for_clients_of_old_habits() {
    let upstream = Upstream::start();
    let (_place, gateway, bearer) = upstream.run(1 << 20);
    let head = |request: &str| {
        let mut stream = std::net::TcpStream::connect(&gateway.agent).unwrap();
        let wait = Some(Duration::from_secs(9));
        stream.set_read_timeout(wait).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let lines = BufReader::new(stream).lines().map(Result::unwrap);
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        head.join("\n").to_ascii_lowercase()
    };
    let old = format!("CONNECT localhost:{} HTTP/1.0\r\n", upstream.port);
    let nobody = head(&format!("{old}\r\n"));
    assert!(nobody.contains(" 407 "), "{nobody}");
    assert!(nobody.contains("proxy-authenticate: basic"), "{nobody}");
    let credential = format!("Proxy-Authorization: Bearer {bearer}\r\n");
    let opened = head(&format!("{old}{credential}\r\n"));
    assert!(opened.contains(" 200 "), "{opened}");
    for more in [
        "Content-Length: 1\r\n\r\nx",
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let refused = head(&format!("{old}{credential}{more}"));
        assert!(refused.contains(" 400 "), "{more}: {refused}");
    }
}
