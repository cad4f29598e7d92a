//! The HTTP listener: who may connect, and how long they may take.
//!
//! hyper is driven here instead of by `axum::serve` for the sake of its bounds.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

use crate::counters::Counters;

/// Bytes of the head of a request; more is answered 431.
const HEAD_BYTES: usize = 16 * 1024;

/// Header lines in a request; more is answered 431.
const HEAD_LINES: usize = 64;

/// When the system begins to ask a silent peer whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// How long the listener rests when the system has no connection to give.
const OUT_OF_FILES: Duration = Duration::from_millis(100);

const TOO_MANY: &str =
    r#"{"error":{"code":"too_many_connections","message":"Too many connections are open. Close one and try again."}}"#;

/// The two ends of a connection, for handlers. As long as a clone of it lives, the connection counts as open: whoever
/// upgrades it to a WebSocket keeps one.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) remote: SocketAddr,
    pub(crate) local: SocketAddr,
    _place: Arc<Place>,
}

/// The connections that are open.
#[derive(Debug)]
pub(crate) struct Places {
    most: usize,
    most_per_address: usize,
    taken: Mutex<Taken>,
    left: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Place {
    address: IpAddr,
    places: Arc<Places>,
}

impl Places {
    pub(crate) fn new(most: usize, most_per_address: usize) -> Arc<Self> {
        Arc::new(Self { most, most_per_address, taken: Mutex::default(), left: Notify::new() })
    }

    /// A place for one more connection, if there is one.
    fn take(self: &Arc<Self>, address: IpAddr) -> Option<Arc<Place>> {
        let address = address.to_canonical();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let from_there = taken.by_address.get(&address).copied().unwrap_or(0);
        if taken.all >= self.most || (from_there >= self.most_per_address && !address.is_loopback()) {
            return None;
        }
        taken.all += 1;
        taken.by_address.insert(address, from_there + 1);
        Some(Arc::new(Place { address, places: Arc::clone(self) }))
    }

    /// Waits until every connection is closed.
    pub(crate) async fn empty(&self) {
        loop {
            let left = self.left.notified();
            if self.taken.lock().unwrap_or_else(PoisonError::into_inner).all == 0 {
                return;
            }
            left.await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Some(count) = taken.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.by_address.remove(&self.address);
            }
        }
        if taken.all == 0 {
            self.places.left.notify_waiters();
        }
    }
}

/// Accepts connections until `stop` changes; those that are open then finish the request they are at.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    places: Arc<Places>,
    counters: Arc<Counters>,
    header_timeout: Duration,
    mut stop: watch::Receiver<bool>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_header_size(HEAD_BYTES)
        .max_headers(HEAD_LINES);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => return,
        };
        let (mut stream, remote) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                counters.accept_failed.add();
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(OUT_OF_FILES).await;
                continue;
            }
        };
        let Some(place) = places.take(remote.ip()) else {
            counters.connections_refused.add();
            tokio::spawn(async move {
                let _best_effort = tokio::time::timeout(Duration::from_secs(1), refuse(&mut stream)).await;
            });
            continue;
        };
        let Ok(local) = stream.local_addr() else { continue };
        counters.connections_accepted.add();
        let peer = Peer { remote: canonical(remote), local: canonical(local), _place: place };
        let counters = Arc::clone(&counters);
        tokio::spawn(connection(stream, peer, router.clone(), http.clone(), counters, stop.clone()));
    }
}

/// Says 503 to a connection that gets no further, so that no place is needed for it.
async fn refuse(stream: &mut TcpStream) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
retry-after: 1\r\nconnection: close\r\n\r\n",
        TOO_MANY.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(TOO_MANY.as_bytes()).await?;
    stream.shutdown().await
}

async fn connection(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    http: http1::Builder,
    counters: Arc<Counters>,
    mut stop: watch::Receiver<bool>,
) {
    // Both are comforts: small messages leave at once, and a peer that vanished is noticed in the end.
    let _best_effort = stream.set_nodelay(true);
    let _best_effort = SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEP_ALIVE));
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        router.call(request)
    });
    let serving = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::pin!(serving);
    tokio::select! {
        // Whatever else went wrong, the peer knows as much as we do.
        ended = serving.as_mut() => if ended.is_err_and(|error| error.is_timeout()) {
            counters.heads_timed_out.add();
        },
        _ = stop.changed() => {
            serving.as_mut().graceful_shutdown();
            let _ended = serving.await;
        }
    }
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
