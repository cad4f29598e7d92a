//! One CoAP WebSocket: messages from it go to the core, messages of the core go to it. What they mean is the engine's.
//!
//! Source: RFC 8323, "CoAP over WebSockets".

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use coap_exchange::PeerId;
use futures_util::SinkExt as _;
use tokio::sync::mpsc;

use crate::core::{Handle, Stopped};
use crate::counters::Counters;

/// Messages that may wait for one WebSocket, whatever their size.
const MOST_MESSAGES: usize = 4_096;

/// How long the other side may take to answer our closing frame.
const CLOSING: Duration = Duration::from_secs(1);

/// WebSocket close codes (RFC 6455 §7.4.1, "Defined Status Codes").
pub(crate) const GOING_AWAY: u16 = 1001;
const TOO_LARGE: u16 = 1009;
const TRY_AGAIN: u16 = 1013;

/// A Release message without options or token: no new requests, please.
///
/// Source: RFC 8323 §5.5 ("Release Messages"): code 7.04.
pub(crate) const RELEASE: [u8; 2] = [0x00, 0xe4];

/// An Abort message: what came is longer than our Max-Message-Size, and is not even read.
///
/// Source: RFC 8323 §5.6 ("Abort Messages"): code 7.05, a diagnostic payload.
const ABORT_TOO_LARGE: &[u8] = b"\x00\xe5\xffmessage too large";

/// What the core sends to a WebSocket.
#[derive(Debug)]
enum Outgoing {
    Frame(Vec<u8>),
    Close { code: u16, reason: &'static str },
}

/// The core's end of a WebSocket.
#[derive(Debug)]
pub(crate) struct Outbound {
    sender: mpsc::Sender<Outgoing>,
    queued: Arc<AtomicUsize>,
    most_bytes: usize,
}

/// The socket's end.
pub(crate) struct Queue {
    receiver: mpsc::Receiver<Outgoing>,
    queued: Arc<AtomicUsize>,
    pause_at: usize,
}

/// More waits than a slow reader is allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Overflow;

/// Both ends. Above `send_queue` bytes the socket is not read any more; above four times that it overflows.
pub(crate) fn queue(send_queue: usize) -> (Outbound, Queue) {
    let (sender, receiver) = mpsc::channel(MOST_MESSAGES);
    let queued = Arc::new(AtomicUsize::new(0));
    let outbound = Outbound { sender, queued: Arc::clone(&queued), most_bytes: send_queue.saturating_mul(4) };
    (outbound, Queue { receiver, queued, pause_at: send_queue })
}

impl Outbound {
    /// Queues a message.
    ///
    /// A message that is alone in the queue is taken whatever its size: the engine bounds that.
    pub(crate) fn send(&self, bytes: Vec<u8>) -> Result<(), Overflow> {
        let before = self.queued.fetch_add(bytes.len(), Ordering::Relaxed);
        if before > 0 && before + bytes.len() > self.most_bytes {
            return Err(Overflow);
        }
        match self.sender.try_send(Outgoing::Frame(bytes)) {
            Err(mpsc::error::TrySendError::Full(_)) => Err(Overflow),
            // A socket that is closing takes nothing any more, which its task tells the core itself.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }

    /// Closes the socket after what was sent before. Dropping it without this closes it at once, with 1013.
    pub(crate) fn close(self, code: u16, reason: &'static str) {
        let _full_or_gone = self.sender.try_send(Outgoing::Close { code, reason });
    }
}

/// Everything about a connection that its task needs.
pub(crate) struct Connection {
    pub(crate) core: Handle,
    pub(crate) remote: SocketAddr,
    /// Whether a page opened it: a client that names an Origin.
    pub(crate) page: bool,
    pub(crate) send_queue: usize,
    pub(crate) send_timeout: Duration,
    pub(crate) counters: Arc<Counters>,
}

/// Why a WebSocket ended.
enum End {
    /// The other side is gone, or said goodbye.
    Gone,
    /// We close it: the code and the words of the closing frame.
    Close(u16, &'static str),
    /// It took nothing any more.
    Stalled,
}

/// Serves a WebSocket until it ends.
pub(crate) async fn serve(mut socket: WebSocket, connection: Connection) {
    let Connection { core, remote, page, send_queue, send_timeout, counters } = connection;
    let (outbound, mut queue) = queue(send_queue);
    let Ok(peer) = core.open(outbound, remote, page).await else { return };
    counters.websockets_opened.add();
    tracing::debug!(peer = peer.0, %remote, "CoAP WebSocket opened");
    let end = match run(&mut socket, &core, peer, &mut queue, send_timeout).await {
        Ok(end) => end,
        Err(Stopped) => End::Close(GOING_AWAY, "the bridge is stopping"),
    };
    let _core_is_gone = core.closed(peer).await;
    match end {
        End::Gone => {}
        End::Stalled => counters.send_stalled.add(),
        End::Close(code, reason) => {
            match code {
                TOO_LARGE => {
                    counters.websocket_too_long.add();
                    let abort = socket.send(Message::Binary(Bytes::from_static(ABORT_TOO_LARGE)));
                    let _best_effort = tokio::time::timeout(CLOSING, abort).await;
                }
                TRY_AGAIN => counters.send_queue_full.add(),
                _ => {}
            }
            close(&mut socket, code, reason, send_timeout).await;
        }
    }
    tracing::debug!(peer = peer.0, "CoAP WebSocket closed");
}

async fn run(
    socket: &mut WebSocket,
    core: &Handle,
    peer: PeerId,
    queue: &mut Queue,
    send_timeout: Duration,
) -> Result<End, Stopped> {
    loop {
        // A slow reader gets no more of its requests served until it has read the answers.
        let may_read = queue.queued.load(Ordering::Relaxed) <= queue.pause_at;
        tokio::select! {
            outgoing = queue.receiver.recv() => {
                let Some(first) = outgoing else { return Ok(End::Close(TRY_AGAIN, "too much waits to be sent")) };
                match tokio::time::timeout(send_timeout, write(socket, queue, first)).await {
                    Ok(None) => {}
                    Ok(Some(end)) => return Ok(end),
                    Err(_elapsed) => return Ok(End::Stalled),
                }
            }
            message = socket.recv(), if may_read => match message {
                Some(Ok(Message::Binary(bytes))) => core.frame(peer, bytes).await?,
                Some(Ok(Message::Text(_))) => core.text_frame(peer).await?,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_))) | None => return Ok(End::Gone),
                Some(Err(error)) => return Ok(ending(error)),
            },
        }
    }
}

/// Writes a message and those that wait behind it, then sees them off together.
async fn write(socket: &mut WebSocket, queue: &mut Queue, first: Outgoing) -> Option<End> {
    let mut next = Some(first);
    while let Some(outgoing) = next {
        match outgoing {
            Outgoing::Frame(bytes) => {
                let length = bytes.len();
                if socket.feed(Message::Binary(Bytes::from(bytes))).await.is_err() {
                    return Some(End::Gone);
                }
                queue.queued.fetch_sub(length, Ordering::Relaxed);
            }
            Outgoing::Close { code, reason } => return Some(End::Close(code, reason)),
        }
        next = queue.receiver.try_recv().ok();
    }
    if socket.flush().await.is_err() { Some(End::Gone) } else { None }
}

/// What a broken message ends in. Everything but too much is told by the library with its own closing frame.
fn ending(error: axum::Error) -> End {
    let error = error.into_inner();
    match error.downcast_ref::<tungstenite::Error>() {
        Some(tungstenite::Error::Capacity(_)) => End::Close(TOO_LARGE, "message too large"),
        _ => End::Gone,
    }
}

/// Says goodbye and waits a moment for the other side to do so too.
async fn close(socket: &mut WebSocket, code: u16, reason: &'static str, send_timeout: Duration) {
    let frame = CloseFrame { code, reason: reason.into() };
    if let Ok(Ok(())) = tokio::time::timeout(send_timeout.min(CLOSING), socket.send(Message::Close(Some(frame)))).await
    {
        let rest = async { while let Some(Ok(_)) = socket.recv().await {} };
        let _late = tokio::time::timeout(CLOSING, rest).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_overflows_at_four_times_the_queue() {
        let (outbound, queue) = queue(100);
        outbound.send(vec![0; 5_000]).unwrap();
        assert_eq!(outbound.send(vec![0; 1]), Err(Overflow), "one large message passes, nothing behind it");
        drop(queue);
        assert_eq!(self::queue(100).0.send(vec![0; 400]), Ok(()));
        let (outbound, _queue) = self::queue(100);
        for _ in 0..4 {
            outbound.send(vec![0; 100]).unwrap();
        }
        assert_eq!(outbound.send(vec![0; 1]), Err(Overflow));
    }

    #[test]
    fn many_small_messages_are_bounded_too() {
        let (outbound, _queue) = queue(1 << 30);
        for _ in 0..MOST_MESSAGES {
            outbound.send(vec![0]).unwrap();
        }
        assert_eq!(outbound.send(vec![0]), Err(Overflow));
    }
}
