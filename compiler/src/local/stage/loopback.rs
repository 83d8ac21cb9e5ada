//! Loopback of a new network, which is down at first.

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType, recv, send, socket};
use std::io;

/// `RTM_NEWLINK`: change a link.
const NEW_LINK: u16 = 16;
/// `NLM_F_REQUEST | NLM_F_ACK`.
const ASKED: u16 = 1 | 4;
/// `NLMSG_ERROR`: also the form of a yes.
const ANSWERED: u16 = 2;
/// `IFF_UP`.
const UP: u32 = 1;
/// The kernel makes loopback first.
const INDEX: i32 = 1;

/// Brings it up.
pub(super) fn up() -> io::Result<()> {
    let socket = socket(AddressFamily::NETLINK, SocketType::RAW, None)?;
    send(&socket, &question(), SendFlags::empty())?;
    let mut answer = [0; 64];
    let (_, length) = recv(&socket, &mut answer, RecvFlags::empty())?;
    let answer = answer.get(..length).unwrap_or_default();
    let kind = answer.get(4..6).and_then(|b| b.try_into().ok());
    let error = answer.get(16..20).and_then(|b| b.try_into().ok());
    match (kind.map(u16::from_ne_bytes), error.map(i32::from_ne_bytes)) {
        (Some(ANSWERED), Some(0)) => Ok(()),
        (Some(ANSWERED), Some(error)) => Err(io::Error::from_raw_os_error(error.saturating_neg())),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// `nlmsghdr` and `ifinfomsg`, in the order of this machine.
fn question() -> Vec<u8> {
    let mut message = Vec::new();
    message.extend(32_u32.to_ne_bytes());
    message.extend(NEW_LINK.to_ne_bytes());
    message.extend(ASKED.to_ne_bytes());
    message.extend(1_u32.to_ne_bytes());
    message.extend(0_u32.to_ne_bytes());
    // Family and padding, then the type of the device: both are not asked for.
    message.extend([0; 4]);
    message.extend(INDEX.to_ne_bytes());
    message.extend(UP.to_ne_bytes());
    message.extend(UP.to_ne_bytes());
    message
}
