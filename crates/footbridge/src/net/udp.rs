//! The UDP socket of the devices: datagrams in batches, each with both its addresses.
//!
//! An answer leaves from the address that the request came to: a device behind a firewall, or one that checks who answers,
//! would not see it otherwise. `quinn-udp` knows how each system tells and takes that address.

use std::collections::VecDeque;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;

/// The largest UDP datagram, and what the kernel may join from one sender into one read.
const READ_BYTES: usize = 64 * 1024;

/// What the socket asks the kernel to hold while we are busy. The kernel may grant less (`net.core.rmem_max`).
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// The two ends of a conversation over UDP, as the socket knows them (IPv4 mapped into IPv6 on a dual-stack socket).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Route {
    /// Our address, if the system says it and it is one to answer from.
    pub(crate) local: Option<IpAddr>,
    /// The other end.
    pub(crate) remote: SocketAddr,
}

/// What became of a datagram to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It left, or waits for room in the socket.
    Yes,
    /// Too many wait already.
    Dropped,
    /// The system refuses it.
    Failed,
}

/// A UDP socket that reads and writes many datagrams at a time.
pub(crate) struct Udp {
    socket: tokio::net::UdpSocket,
    state: UdpSocketState,
    buffers: Vec<u8>,
    waiting: VecDeque<(Route, Vec<u8>)>,
    most_waiting: usize,
}

impl Udp {
    /// Binds. On an IPv6 wildcard address it takes IPv4 too.
    pub(crate) fn bind(address: SocketAddr, most_waiting: usize) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(!address.ip().is_unspecified())?;
        }
        socket.set_nonblocking(true)?;
        // Both are wishes; a smaller buffer loses datagrams in a burst, which devices then repeat.
        let _best_effort = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        let _best_effort = socket.set_send_buffer_size(RECEIVE_BUFFER);
        socket.bind(&address.into())?;
        let state = UdpSocketState::new((&socket).into())?;
        let socket = tokio::net::UdpSocket::from_std(socket.into())?;
        // Untouched pages cost nothing: small datagrams use the first page of each buffer.
        Ok(Self { socket, state, buffers: vec![0; BATCH_SIZE * READ_BYTES], waiting: VecDeque::new(), most_waiting })
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Waits until there is something to read, or, while datagrams wait, room to write.
    pub(crate) async fn ready(&self) -> io::Result<tokio::io::Ready> {
        let interest =
            if self.waiting.is_empty() { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
        self.socket.ready(interest).await
    }

    /// Hands over one batch of datagrams, as many as one system call gives. Zero if there are none now.
    pub(crate) fn receive(&mut self, mut take: impl FnMut(Route, &[u8])) -> io::Result<usize> {
        let mut metas = [RecvMeta::default(); BATCH_SIZE];
        let Self { socket, state, buffers, .. } = self;
        let read = {
            let mut chunks = buffers.chunks_exact_mut(READ_BYTES);
            let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
                std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
            match socket.try_io(Interest::READABLE, || state.recv((&*socket).into(), &mut slices, &mut metas)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
                other => other?,
            }
        };
        let mut count = 0;
        for (meta, buffer) in metas.iter().zip(buffers.chunks_exact(READ_BYTES)).take(read) {
            let local = meta.dst_ip.filter(|ip| may_answer_from(*ip));
            let bytes = buffer.get(..meta.len).unwrap_or_default();
            // Several datagrams of one sender may have been joined; an empty one is none for CoAP.
            for datagram in bytes.chunks(meta.stride.max(1)) {
                take(Route { local, remote: meta.addr }, datagram);
                count += 1;
            }
        }
        Ok(count.max(read))
    }

    /// Sends a datagram, after those that wait already.
    pub(crate) fn send(&mut self, route: Route, bytes: Vec<u8>) -> Sent {
        if self.waiting.is_empty() {
            match self.try_send(route, &bytes) {
                Ok(()) => return Sent::Yes,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    tracing::debug!(remote = %route.remote, %error, "a datagram could not be sent");
                    return Sent::Failed;
                }
            }
        }
        if self.waiting.len() >= self.most_waiting {
            return Sent::Dropped;
        }
        self.waiting.push_back((route, bytes));
        Sent::Yes
    }

    /// Sends what waits, as far as there is room. Says how many the system refused.
    pub(crate) fn flush(&mut self) -> u64 {
        let mut failed = 0;
        while let Some((route, bytes)) = self.waiting.front() {
            match self.try_send(*route, bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => failed += 1,
                Ok(()) => {}
            }
            self.waiting.pop_front();
        }
        failed
    }

    fn try_send(&self, route: Route, bytes: &[u8]) -> io::Result<()> {
        let transmit =
            Transmit { destination: route.remote, ecn: None, contents: bytes, segment_size: None, src_ip: route.local };
        self.socket.try_io(Interest::WRITABLE, || self.state.try_send((&self.socket).into(), &transmit))
    }
}

/// Not a group or everybody: nobody can answer from there.
fn may_answer_from(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => !v4.is_multicast() && !v4.is_broadcast() && !v4.is_unspecified(),
        IpAddr::V6(v6) => !v6.is_multicast() && !v6.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build().unwrap()
    }

    async fn next(udp: &mut Udp) -> Vec<(Route, Vec<u8>)> {
        let mut got = Vec::new();
        while got.is_empty() {
            udp.ready().await.unwrap();
            udp.receive(|route, bytes| got.push((route, bytes.to_vec()))).unwrap();
        }
        got
    }

    #[test]
    fn an_answer_leaves_from_the_address_that_was_asked() {
        runtime().block_on(async {
            for (listen, asked) in
                [("0.0.0.0:0", "127.0.0.2"), ("[::]:0", "127.0.0.2"), ("[::]:0", "::1"), ("127.0.0.1:0", "127.0.0.1")]
            {
                let mut udp = Udp::bind(listen.parse().unwrap(), 8).unwrap();
                let asked = SocketAddr::new(asked.parse().unwrap(), udp.local_addr().unwrap().port());
                let device =
                    std::net::UdpSocket::bind(if asked.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" }).unwrap();
                device.send_to(b"ping", asked).unwrap();
                let got = next(&mut udp).await;
                assert_eq!(got[0].1, b"ping");
                assert_eq!(udp.send(got[0].0, b"pong".to_vec()), Sent::Yes);
                let mut buffer = [0; 16];
                let (length, from) = device.recv_from(&mut buffer).unwrap();
                assert_eq!((&buffer[..length], from), (&b"pong"[..], asked), "{listen}");
            }
        });
    }

    #[test]
    fn datagrams_keep_their_bounds_and_their_order() {
        runtime().block_on(async {
            let mut udp = Udp::bind("127.0.0.1:0".parse().unwrap(), 8).unwrap();
            let device = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
            let sizes = [1, 0, 1200, 1200, 7, 60_000, 3];
            for (n, size) in sizes.into_iter().enumerate() {
                device.send_to(&vec![n as u8; size], udp.local_addr().unwrap()).unwrap();
            }
            let mut got = Vec::new();
            while got.len() < sizes.len() - 1 {
                got.extend(next(&mut udp).await.into_iter().map(|(_, bytes)| bytes));
            }
            let want: Vec<_> = sizes.into_iter().enumerate().map(|(n, size)| vec![n as u8; size]).collect();
            got.retain(|bytes| !bytes.is_empty());
            assert_eq!(got, want.into_iter().filter(|bytes| !bytes.is_empty()).collect::<Vec<_>>());
        });
    }

    #[test]
    fn what_the_system_refuses_is_said() {
        runtime().block_on(async {
            let mut udp = Udp::bind("127.0.0.1:0".parse().unwrap(), 8).unwrap();
            let nowhere = Route { local: None, remote: "[2001:db8::1]:5683".parse().unwrap() };
            // The first one waits until the socket is known to be writable.
            assert_eq!(udp.send(nowhere, b"x".to_vec()), Sent::Yes);
            udp.ready().await.unwrap();
            assert_eq!(udp.flush(), 1);
            assert_eq!(udp.send(nowhere, b"x".to_vec()), Sent::Failed);
        });
    }

    #[test]
    fn what_waits_is_bounded() {
        runtime().block_on(async {
            let mut udp = Udp::bind("127.0.0.1:0".parse().unwrap(), 2).unwrap();
            let other = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
            let route = Route { local: None, remote: other.local_addr().unwrap() };
            let sent: Vec<_> = (0..3).map(|n| udp.send(route, vec![n])).collect();
            assert_eq!(sent, [Sent::Yes, Sent::Yes, Sent::Dropped], "nothing is known of the socket yet, so all wait");
            udp.ready().await.unwrap();
            assert_eq!(udp.flush(), 0);
            let mut buffer = [0; 16];
            for n in 0..2 {
                assert_eq!(other.recv(&mut buffer).unwrap(), 1);
                assert_eq!(buffer[0], n);
            }
        });
    }

    #[test]
    fn groups_do_not_answer() {
        for (ip, want) in [
            ("127.0.0.1", true),
            ("224.0.1.187", false),
            ("255.255.255.255", false),
            ("::ffff:224.0.1.187", false),
            ("ff02::fd", false),
            ("fe80::1", true),
            ("::", false),
        ] {
            assert_eq!(may_answer_from(ip.parse().unwrap()), want, "{ip}");
        }
    }
}
