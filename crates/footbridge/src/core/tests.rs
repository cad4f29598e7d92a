//! The core with stores of our own choosing.

use std::sync::Mutex;

use lwm2m_engine::Config;
use tokio::net::UdpSocket;

use super::*;
use crate::store::{MemoryLog, MemoryState};

/// Stores nothing.
struct Full;

impl State for Full {
    fn write(&mut self, changes: &[Change]) -> Vec<bool> {
        vec![false; changes.len()]
    }
}

/// Notes the endpoints of every transaction, then stores as memory does.
struct Noting(Arc<Mutex<Vec<Vec<String>>>>, MemoryState);

impl State for Noting {
    fn write(&mut self, changes: &[Change]) -> Vec<bool> {
        self.0.lock().unwrap().push(changes.iter().map(|change| change.group.0.to_string()).collect());
        self.1.write(changes)
    }
}

fn core(state: Box<dyn State>) -> (Core, Handle, SocketAddr) {
    let udp = Udp::bind("127.0.0.1:0".parse().unwrap(), 64).unwrap();
    let address = udp.local_addr().unwrap();
    let (core, handle) = Core::new(Parts {
        server: Server::new(Config::new([7; 32])),
        udp,
        state,
        log: Box::new(MemoryLog::default()),
        hub: Hub::new(8, 8),
        clock: Clock::start(),
        counters: Arc::default(),
        most_peers: 8,
    });
    (core, handle, address)
}

fn all() -> ListQuery {
    ListQuery { part: String::new(), sort: Sort::Endpoint, descending: false, offset: 0, limit: 10 }
}

/// POST /rd?ep=<one letter>&lwm2m=1.1&lt=60, confirmable.
fn register(message_id: u8, letter: u8) -> Vec<u8> {
    let mut bytes = vec![0x41, 0x02, 0, message_id, 1];
    bytes.extend(b"\xb2rd\x11\x28\x34ep=");
    bytes.push(letter);
    bytes.extend(b"\x09lwm2m=1.1\x05lt=60\xff</3/0>");
    bytes
}

async fn answer(device: &UdpSocket) -> Vec<u8> {
    let mut buffer = [0; 256];
    let length = device.recv(&mut buffer).await.unwrap();
    buffer[..length].to_vec()
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_granted() {
    let (core, handle, address) = core(Box::new(Full));
    let core = tokio::spawn(core.run());
    let (mut feed, _) = handle.subscribe(Filter::default()).await.unwrap().unwrap();
    let device = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    device.connect(address).await.unwrap();
    device.send(&register(1, b'a')).await.unwrap();
    assert_eq!(answer(&device).await[1], 0xa3, "5.03");
    assert_eq!(handle.list(all()).await.unwrap().total, 0);
    handle.stop().await.unwrap();
    core.await.unwrap();
    assert_eq!(feed.next().await, None, "nothing was told");
    assert!(handle.list(all()).await.is_err(), "stopped");
}

#[tokio::test]
async fn changes_that_come_together_are_stored_together() {
    let written = Arc::new(Mutex::new(Vec::new()));
    let (core, handle, address) = core(Box::new(Noting(Arc::clone(&written), MemoryState::default())));
    let device = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    device.connect(address).unwrap();
    // All of them wait in the socket before the core looks.
    for (n, letter) in (b'a'..=b'e').enumerate() {
        device.send(&register(n as u8, letter)).unwrap();
    }
    device.set_nonblocking(true).unwrap();
    let device = UdpSocket::from_std(device).unwrap();
    let core = tokio::spawn(core.run());
    for n in 0..5 {
        assert_eq!(answer(&device).await[1..4], [0x41, 0, n], "2.01, in order");
    }
    assert_eq!(*written.lock().unwrap(), [["a", "b", "c", "d", "e"]]);
    let page = handle.list(all()).await.unwrap();
    assert_eq!((page.total, page.revision.as_str()), (5, "5"));
    handle.stop().await.unwrap();
    core.await.unwrap();
}

#[tokio::test]
async fn a_peer_that_is_gone_does_not_stop_the_others() {
    let (core, handle, address) = core(Box::new(MemoryState::default()));
    let core = tokio::spawn(core.run());
    let (outbound, queue) = crate::net::ws::queue(1_000);
    let peer = handle.open(outbound, "127.0.0.1:1".parse().unwrap(), false).await.unwrap();
    drop(queue);
    handle.closed(peer).await.unwrap();
    handle.frame(peer, Bytes::from_static(&[0x00, 0xe1])).await.unwrap();
    handle.text_frame(peer).await.unwrap();
    handle.closed(peer).await.unwrap();
    let device = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    device.connect(address).await.unwrap();
    device.send(&register(1, b'a')).await.unwrap();
    assert_eq!(answer(&device).await[1], 0x41, "2.01");
    handle.stop().await.unwrap();
    core.await.unwrap();
}
