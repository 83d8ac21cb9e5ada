//! A network of loopback that no other world has: `127.X.Y.0/24`.

use std::net::{Ipv4Addr, TcpListener};

/// Networks that are tried.
const TRIES: u32 = 2000;
/// The port that holds a network for its world.
const LOCK: u16 = 65_500;

/// The network, held while this lives.
#[derive(Debug)]
pub(super) struct Ground {
    network: [u8; 2],
    _lock: TcpListener,
}

impl Ground {
    /// One that is free. A listener holds it, which ends with the process whatever happens.
    pub(super) fn take() -> Result<Self, String> {
        let first = std::process::id().wrapping_mul(101);
        let mut why = String::new();
        for number in 0..TRIES {
            let [_, _, x, y] = first.wrapping_add(number).to_be_bytes();
            // 127.0.Y.0 is for others.
            let network = [x | 0x40, y];
            let lock = Ipv4Addr::new(127, network[0], network[1], 255 - 1);
            match TcpListener::bind((lock, LOCK)) {
                Ok(lock) => {
                    let ground = Self {
                        network,
                        _lock: lock,
                    };
                    return ground.opens_443().map(|()| ground);
                }
                Err(e) => why = e.to_string(),
            }
        }
        Err(format!("no network of loopback is free: {why}"))
    }

    /// An address of it.
    pub(super) fn host(&self, number: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, self.network[0], self.network[1], number)
    }

    fn opens_443(&self) -> Result<(), String> {
        let opened = TcpListener::bind((self.host(253), 443));
        opened.map(drop).map_err(|e| {
            format!("port 443 of loopback cannot be opened without root or net.ipv4.ip_unprivileged_port_start: {e}")
        })
    }
}
