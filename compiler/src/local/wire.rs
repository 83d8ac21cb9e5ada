//! What a pod's stages and whoever starts them say to each other: frames over a socket, in turns.

use super::pod::{Container, Pod};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;

/// Most bytes of a frame.
const MOST: u32 = 16 << 20;
/// Most doors of a pod.
const DOORS: usize = 8;

/// What a stage is told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Told {
    /// The pod that it makes, once its users are mapped.
    Mapped(Pod),
    /// The next container comes.
    Next,
    /// What it is.
    Container(Box<Container>),
    /// It starts.
    Go,
}

/// What a stage says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Said {
    /// The pod has namespaces, and its users are to be mapped.
    Apart,
    /// The pod stands; its doors come next, if it has any.
    Stands,
    /// The container's first process has this number out here.
    Number(u32),
    /// The container is ready to start.
    Ready,
    /// It has ended with this code: 128 and the number of the signal that ended it.
    Ended(u8),
    /// What could not be done, and why.
    Failed(String),
}

/// One side of the conversation.
#[derive(Debug)]
pub(super) struct Wire(UnixStream);

impl Wire {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self(stream)
    }

    /// The socket, for a child.
    pub(super) fn socket(&self) -> io::Result<UnixStream> {
        self.0.try_clone()
    }

    /// From here on the other side may take as long as it likes.
    pub(super) fn wait_long(&self) -> io::Result<()> {
        self.0.set_read_timeout(None)
    }

    pub(super) fn send(&mut self, frame: &impl Serialize) -> io::Result<()> {
        let body = serde_json::to_vec(frame)?;
        let length = u32::try_from(body.len()).ok().filter(|l| *l <= MOST);
        let length = length.ok_or(io::ErrorKind::FileTooLarge)?;
        let mut whole = length.to_be_bytes().to_vec();
        whole.extend(body);
        self.0.write_all(&whole)
    }

    /// The next frame, and not a byte beyond it: what follows may be for a child.
    pub(super) fn receive<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length);
        if length > MOST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut body = vec![0; usize::try_from(length).unwrap_or_default()];
        self.0.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body)?)
    }

    /// Hands sockets over that listen in this process's network.
    pub(super) fn send_doors(&self, doors: &[TcpListener]) -> io::Result<()> {
        let fds: Vec<BorrowedFd<'_>> = doors.iter().map(|door| door.as_fd()).collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DOORS))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(&fds)) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        sendmsg(
            &self.0,
            &[IoSlice::new(b"d")],
            &mut control,
            SendFlags::empty(),
        )?;
        Ok(())
    }

    /// Takes what [`Wire::send_doors`] hands over.
    pub(super) fn receive_doors(&self) -> io::Result<Vec<TcpListener>> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DOORS))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        let mut into = [IoSliceMut::new(&mut byte)];
        recvmsg(&self.0, &mut into, &mut control, RecvFlags::CMSG_CLOEXEC)?;
        let mut doors = Vec::new();
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(fds) = message {
                doors.extend(fds.map(TcpListener::from));
            }
        }
        Ok(doors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_and_sockets_arrive_as_they_were_sent() {
        let (here, there) = UnixStream::pair().unwrap();
        let (mut here, mut there) = (Wire::new(here), Wire::new(there));
        here.send(&Told::Next).unwrap();
        here.send(&Told::Go).unwrap();
        assert!(matches!(there.receive().unwrap(), Told::Next));
        assert!(matches!(there.receive().unwrap(), Told::Go));
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        there.send(&Said::Stands).unwrap();
        there.send_doors(std::slice::from_ref(&door)).unwrap();
        there.send(&Said::Ended(3)).unwrap();
        assert!(matches!(here.receive().unwrap(), Said::Stands));
        let doors = here.receive_doors().unwrap();
        let at = |door: &TcpListener| door.local_addr().unwrap();
        assert_eq!(doors.iter().map(at).collect::<Vec<_>>(), [at(&door)]);
        assert!(matches!(here.receive().unwrap(), Said::Ended(3)));
    }

    #[test]
    fn a_frame_that_is_too_long_is_not_read() {
        let (mut raw, there) = UnixStream::pair().unwrap();
        raw.write_all(&u32::MAX.to_be_bytes()).unwrap();
        assert!(Wire::new(there).receive::<Said>().is_err());
    }
}
