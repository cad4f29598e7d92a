//! A bridge in a thread of its own, and clients that block.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};

use crate::limits::Limits;
use crate::secret::Token;
use crate::serve::{self, Addresses, Config, TokenFrom};

pub(super) const TOKEN: &str = "0123456789abcdefghij";

/// Longer than anything here takes, so that a mistake fails and does not hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running bridge. It is stopped when this is dropped.
pub(super) struct Bridge {
    pub(super) http: SocketAddr,
    pub(super) coap: SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<Duration>>,
}

impl Bridge {
    pub(super) fn start() -> Self {
        Self::start_with(|_| {})
    }

    pub(super) fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config {
            http: "127.0.0.1:0".parse().unwrap(),
            coap: Some("127.0.0.1:0".parse().unwrap()),
            token: TokenFrom::Given(Token::parse(TOKEN).unwrap()),
            limits: Limits::default(),
            ready_file: None,
            demo: false,
        };
        change(&mut config);
        let (started, places) = mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let thread = thread::spawn(move || {
            crate::runtime().unwrap().block_on(async {
                let bridge = serve::start(config).await.unwrap();
                started.send(bridge.places.clone()).unwrap();
                let _dropped = stopped.await;
                let began = std::time::Instant::now();
                bridge.stop().await;
                began.elapsed()
            })
        });
        let Addresses { http, coap } = places.recv().unwrap();
        Self { http, coap, stop: Some(stop), thread: Some(thread) }
    }

    /// Stops it and says how long that took.
    pub(super) fn stop(mut self) -> Duration {
        self.end().unwrap()
    }

    fn end(&mut self) -> Option<Duration> {
        drop(self.stop.take());
        self.thread.take().map(|thread| thread.join().unwrap())
    }

    /// One request with these header lines and this body.
    pub(super) fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = self.connect();
        let mut text = format!("{line} HTTP/1.1\r\n");
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            text += &format!("Host: {}\r\n", self.http);
        }
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            text += &format!("Content-Length: {}\r\n", body.len());
        }
        text += "Connection: close\r\n\r\n";
        stream.write_all(text.as_bytes()).unwrap();
        // A server that refuses early may have closed already.
        let _refused_early = stream.write_all(body.as_bytes());
        let mut answer = Vec::new();
        let _reset_after_refusal = stream.read_to_end(&mut answer);
        Answer::parse(&answer)
    }

    /// The same with the token.
    pub(super) fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), &[("Authorization", &format!("Bearer {TOKEN}"))], "")
    }

    /// One counter.
    pub(super) fn counter(&self, name: &str) -> u64 {
        let text = self.get("/metrics").body;
        let line = text.lines().find(|line| line.split(' ').next() == Some(name));
        line.unwrap_or_else(|| panic!("{name} is not in {text}")).rsplit(' ').next().unwrap().parse().unwrap()
    }

    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.http).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Opens a WebSocket; the error is the status and the body of the refusal.
    pub(super) fn websocket(
        &self,
        path: &str,
        subprotocols: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<(WebSocket<TcpStream>, tungstenite::handshake::client::Response), (u16, String)> {
        let mut request = format!("ws://{}{path}", self.http).into_client_request().unwrap();
        if !subprotocols.is_empty() {
            request.headers_mut().insert("sec-websocket-protocol", subprotocols.parse().unwrap());
        }
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match tungstenite::client(request, self.connect()) {
            Ok(opened) => Ok(opened),
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response))) => {
                let body = response.body().clone().unwrap_or_default();
                Err((response.status().as_u16(), String::from_utf8(body).unwrap()))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// A CoAP WebSocket that has exchanged its CSM.
    pub(super) fn coap(&self) -> WebSocket<TcpStream> {
        let (mut socket, response) = self.websocket("/.well-known/coap", &format!("coap, token.{TOKEN}"), &[]).unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], "coap");
        let Message::Binary(csm) = socket.read().unwrap() else { panic!("no CSM") };
        assert_eq!(csm[1], 0xe1, "7.01");
        socket.send(Message::binary(vec![0x00, 0xe1])).unwrap();
        socket
    }

    /// A UDP socket of a device.
    pub(super) fn device(&self) -> UdpSocket {
        let socket = UdpSocket::bind(if self.coap.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" }).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.connect(self.coap).unwrap();
        socket
    }

    /// Registers a device, and gives its socket and location.
    pub(super) fn register(&self, endpoint: &str, links: &str) -> (UdpSocket, Vec<u8>) {
        let device = self.device();
        device.send(&register(1, endpoint, links)).unwrap();
        let answer = receive(&device);
        assert_eq!(answer[1], 0x41, "2.01 for {endpoint}: {answer:?}");
        // Two Location-Path options: "rd" and 16 characters (13 more of extended length).
        let at = answer.windows(3).position(|three| three == b"\x82rd").unwrap();
        assert_eq!(answer[at + 3..at + 5], [0x0d, 3]);
        (device, answer[at + 5..at + 21].to_vec())
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.end();
    }
}

/// The answer to a request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    pub(super) bytes: Vec<u8>,
}

impl Answer {
    fn parse(answer: &[u8]) -> Self {
        let mut reader = BufReader::new(answer);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            lines.push(line.trim_end().to_owned());
        }
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        let status =
            lines.first().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok()).unwrap_or(0);
        let headers = lines.iter().skip(1).filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Self { status, headers, body: String::from_utf8_lossy(&bytes).into_owned(), bytes }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The code of an error answer.
    pub(super) fn error(&self) -> (u16, String) {
        let json = self.json();
        assert!(json["error"]["message"].as_str().is_some_and(|message| message.len() > 20), "{json}");
        (self.status, json["error"]["code"].as_str().unwrap().to_owned())
    }
}

/// An SSE stream: (event, id, data) one after the other. Chunk sizes and blank lines are passed over.
pub(super) struct Sse {
    lines: BufReader<TcpStream>,
}

impl Sse {
    pub(super) fn open(bridge: &Bridge, query: &str, headers: &str) -> Self {
        let mut stream = bridge.connect();
        let head = format!(
            "GET /api/v1/events{query} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {TOKEN}\r\n{headers}\r\n",
            bridge.http
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut lines = BufReader::new(stream);
        let mut status = String::new();
        lines.read_line(&mut status).unwrap();
        assert_eq!(status.trim(), "HTTP/1.1 200 OK");
        Self { lines }
    }

    pub(super) fn next(&mut self) -> (String, Option<String>, Value) {
        let (mut id, mut event) = (None, String::new());
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the stream ended");
            if let Some(text) = line.strip_prefix("id: ") {
                id = Some(text.trim().to_owned());
            } else if let Some(text) = line.strip_prefix("event: ") {
                event = text.trim().to_owned();
            } else if let Some(text) = line.strip_prefix("data: ") {
                return (event, id, serde_json::from_str(text).unwrap());
            }
        }
    }
}

/// `POST /rd?ep=…&lwm2m=1.1&lt=60&b=U`, confirmable, token 01, links as the body.
pub(super) fn register(message_id: u16, endpoint: &str, links: &str) -> Vec<u8> {
    let mut bytes = vec![0x41, 0x02];
    bytes.extend(message_id.to_be_bytes());
    bytes.push(0x01);
    bytes.extend(b"\xb2rd\x11\x28");
    let mut delta = 3;
    for query in [format!("ep={endpoint}"), "lwm2m=1.1".into(), "lt=60".into(), "b=U".into()] {
        match query.len() {
            short @ ..13 => bytes.push(delta << 4 | short as u8),
            long => bytes.extend([delta << 4 | 13, (long - 13) as u8]),
        }
        bytes.extend(query.as_bytes());
        delta = 0;
    }
    if !links.is_empty() {
        bytes.push(0xff);
        bytes.extend(links.as_bytes());
    }
    bytes
}

/// A datagram, within the patience.
pub(super) fn receive(device: &UdpSocket) -> Vec<u8> {
    let mut buffer = vec![0; 2_048];
    let length = device.recv(&mut buffer).unwrap();
    buffer.truncate(length);
    buffer
}

/// Asks again until it holds.
pub(super) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + PATIENCE;
    while !holds() {
        assert!(std::time::Instant::now() < end, "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
