//! The hosts outside the cluster, shared by all tests of this machine: see `tests/src/bin/services.rs`.

use super::images::tools;
use super::kubectl::get;
use super::wait;
use crate::program;
use crate::services::control::{BUNDLE, Connection, folder, version};
use crate::services::outside::SERVICES;
use serde_json::{Value, json};
use std::fs::File;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

/// A hold on the hosts.
#[derive(Debug)]
pub struct Outside {
    connection: Mutex<Connection>,
}

impl Outside {
    /// Holds the hosts, which are started where they are not there.
    ///
    /// # Errors
    /// What is missing, as a sentence.
    ///
    /// # Panics
    /// If they do not come up.
    pub fn join() -> Result<Self, String> {
        let world = tools().join("world");
        if !world.exists() {
            return Err(format!("there is no {}", world.display()));
        }
        let program = program::services();
        let folder = folder();
        std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
        // Two processes do not start them at once.
        let lock = File::create(folder.join("lock")).map_err(|e| e.to_string())?;
        lock.lock().map_err(|e| e.to_string())?;
        let what = "the hosts of other tests to end";
        let known = wait(what, Duration::from_secs(3600), || {
            let Ok(mut connection) = Connection::open(&folder) else {
                return Some(None);
            };
            // Others hold those of another version.
            let same = connection.version().is_ok_and(|known| known == version());
            same.then_some(Some(connection))
        });
        let connection = match known {
            Some(connection) => connection,
            None => {
                let log = File::create(folder.join("log")).map_err(|e| e.to_string())?;
                let mut serve = Command::new(program);
                serve.arg("serve").arg(&folder).arg(tools());
                serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
                let _lives_on = serve.spawn().map_err(|e| e.to_string())?;
                wait("the hosts", Duration::from_secs(240), || {
                    Connection::open(&folder).ok()
                })
            }
        };
        let outside = Self {
            connection: Mutex::new(connection),
        };
        wait("the names of the hosts", Duration::from_secs(120), || {
            SERVICES.iter().all(|name| resolves(name)).then_some(())
        });
        Ok(outside)
    }

    /// Asks the services.
    ///
    /// # Panics
    /// If they are gone.
    #[must_use]
    pub fn ask(&self, what: &Value) -> Value {
        let mut connection = self.connection.lock().unwrap();
        let answer = connection.ask(what);
        answer.unwrap_or_else(|e| panic!("{what}: {e}"))
    }

    /// What the run of an issue has left.
    #[must_use]
    pub fn left(&self, issue: &str) -> Value {
        self.ask(&json!({"ask": "left", "issue": issue}))
    }

    /// From now on a host fails: [`Fault`](crate::services::outside::Fault).
    pub fn fail(&self, host: &str, holds: &str, fault: (u16, Duration, u64)) {
        let (status, pause, times) = fault;
        let pause = pause.as_millis();
        let asked = json!({"ask": "fail", "host": host, "holds": holds,
            "status": status, "pause": u64::try_from(pause).unwrap(), "times": times});
        assert_eq!(self.ask(&asked), Value::Null);
    }

    /// What a host was asked.
    #[must_use]
    pub fn heard(&self, host: &str) -> Value {
        self.ask(&json!({"ask": "heard", "host": host}))
    }

    /// What the services did not expect, and secrets where none belongs.
    #[must_use]
    pub fn problems(&self) -> Value {
        self.ask(&json!({"ask": "problems"}))
    }

    /// Certificate of the authority that signs for the hosts.
    ///
    /// # Panics
    /// If it is not there.
    #[must_use]
    pub fn bundle(&self) -> String {
        std::fs::read_to_string(folder().join(BUNDLE)).unwrap()
    }
}

/// Whether the cluster's DNS knows the name.
fn resolves(name: &str) -> bool {
    let pods = get("pods -n kube-system -l k8s-app=kube-dns");
    let address = pods["items"][0]["status"]["podIP"].as_str();
    let port = &get("service kube-dns -n kube-system")["spec"]["ports"][0]["targetPort"];
    let address = address.and_then(|text| text.parse::<IpAddr>().ok());
    let (Some(address), Some(port)) = (address, port.as_u64()) else {
        return false;
    };
    let port = u16::try_from(port).unwrap_or_default();
    asked(name, SocketAddr::from((address, port))).is_ok_and(|found| found)
}

fn asked(name: &str, dns: SocketAddr) -> std::io::Result<bool> {
    let mut question = vec![1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        question.push(u8::try_from(label.len()).unwrap_or_default());
        question.extend(label.bytes());
    }
    question.extend([0, 0, 1, 0, 1]);
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.set_read_timeout(Some(Duration::from_secs(2)))?;
    socket.send_to(&question, dns)?;
    let mut answer = [0; 512];
    let length = socket.recv(&mut answer)?;
    // No error, and at least one answer.
    Ok(length > 8 && answer[3] & 15 == 0 && answer[7] > 0)
}
