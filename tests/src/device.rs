//! A device of our own making: CoAP bytes written by hand, answers known to the last byte.

use std::cell::Cell;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::coap::{self, Message, Type};
use crate::{SOON, wait_for};

/// What the device says to a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// 2.05 with this format and these bytes.
    Content(u16, Vec<u8>),
    /// The same, and a promise to tell of changes.
    Observable(u16, Vec<u8>),
    /// 2.05 in blocks of this many bytes, or fewer if the other side wants fewer.
    Blocks(u16, Vec<u8>, usize),
    /// 2.04 once a body has come whole, 2.31 before.
    Take,
    /// Another code.
    Code(u8),
    /// Nothing, not even an acknowledgement.
    Silence,
}

/// A registered device that answers until it is dropped.
pub struct Device {
    /// Where it was registered: `rd/…`.
    pub location: String,
    socket: UdpSocket,
    asked: Arc<Mutex<Vec<Message>>>,
    notified: Cell<u16>,
}

impl Device {
    /// Registers `endpoint` with these links, then answers reads of each path by its reply; others by 4.04.
    pub fn register(bridge: SocketAddr, query: &str, links: &str, replies: &[(&str, Reply)]) -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(bridge)?;
        let answer = exchange(&socket, &register(query, links))?;
        ensure!(answer.code_text() == "2.01", "registration answered {}", answer.code_text());
        let segments: Vec<_> =
            answer.values(coap::LOCATION_PATH).iter().map(|s| String::from_utf8_lossy(s).into_owned()).collect();
        let asked = Arc::default();
        serve(socket.try_clone()?, replies, Arc::clone(&asked))?;
        Ok(Self { location: segments.join("/"), socket, asked, notified: Cell::new(0) })
    }

    /// The requests it has received so far.
    pub fn asked(&self) -> Vec<Message> {
        self.asked.lock().map(|asked| asked.clone()).unwrap_or_default()
    }

    /// Waits for the first request to this path.
    pub fn wait_asked(&self, path: &str) -> Result<Message> {
        wait_for(&format!("a request to {path}"), || Ok(self.asked().into_iter().find(|m| m.path() == path)))
    }

    /// Tells of a new state of something that was observed, in a message that is not confirmed.
    pub fn notify(&self, path: &str, format: u16, payload: &[u8]) -> Result<()> {
        let asked = self.asked();
        let observe = asked.iter().rfind(|m| m.path() == path && m.number_of(coap::OBSERVE) == Some(0));
        let token = observe.with_context(|| format!("nobody observes {path}"))?.token.clone();
        let number = self.notified.replace(self.notified.get() + 1);
        let message = Message { kind: Type::Non, id: 0x7000 + number, token, ..Message::new(coap::CONTENT) };
        let message = message.number(coap::OBSERVE, number + 2).number(coap::CONTENT_FORMAT, format);
        self.send(&message.payload(payload).datagram())
    }

    /// Sends bytes as they are.
    pub fn send(&self, bytes: &[u8]) -> Result<()> {
        self.socket.send(bytes)?;
        Ok(())
    }
}

/// A registration: POST /rd with these queries and links.
pub fn register(query: &str, links: &str) -> Message {
    let message = Message::new(coap::POST).uri(&format!("/rd?{query}"));
    message.number(coap::CONTENT_FORMAT, 40).payload(links.as_bytes())
}

/// Sends a message from a socket of its own and waits for the answer.
pub fn ask(to: SocketAddr, message: &Message) -> Result<Message> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(to)?;
    exchange(&socket, message)
}

/// Sends bytes from a socket of its own; the answer, or `None` if none comes within a moment.
pub fn poke(to: SocketAddr, bytes: &[u8]) -> Result<Option<Vec<u8>>> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(to)?;
    socket.set_read_timeout(Some(Duration::from_millis(300)))?;
    socket.send(bytes)?;
    let mut buffer = [0; 2048];
    Ok(socket.recv(&mut buffer).ok().map(|length| buffer[..length].to_vec()))
}

fn exchange(socket: &UdpSocket, message: &Message) -> Result<Message> {
    socket.set_read_timeout(Some(SOON))?;
    socket.send(&message.datagram())?;
    let mut buffer = [0; 2048];
    loop {
        let length = socket.recv(&mut buffer).context("no answer")?;
        let answer = Message::from_datagram(&buffer[..length]).context("the answer is not CoAP")?;
        if answer.kind == Type::Con {
            let ack = Message { kind: Type::Ack, id: answer.id, token: vec![], ..Message::new(0) };
            socket.send(&ack.datagram())?;
        }
        if answer.code != 0 && answer.token == message.token || answer.kind == Type::Rst {
            return Ok(answer);
        }
    }
}

fn serve(socket: UdpSocket, replies: &[(&str, Reply)], asked: Arc<Mutex<Vec<Message>>>) -> Result<()> {
    let replies: Vec<(String, Reply)> = replies.iter().map(|(path, reply)| (path.to_string(), reply.clone())).collect();
    socket.set_read_timeout(Some(Duration::from_millis(200)))?;
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        // The other end of `asked` is gone when the device was dropped.
        while Arc::strong_count(&asked) > 1 {
            let Ok(length) = socket.recv(&mut buffer) else { continue };
            let Some(request) = Message::from_datagram(&buffer[..length]) else { continue };
            if request.code == 0 || request.code >> 5 != 0 {
                continue;
            }
            let path = request.path();
            let reply = replies.iter().find(|(known, _)| *known == path).map(|(_, reply)| reply.clone());
            let answer = reply.map_or_else(|| Some(Message::new(0x84)), |reply| answer(&request, reply));
            let head = Message { kind: Type::Ack, id: request.id, token: request.token.clone(), ..Message::new(0) };
            if let Ok(mut asked) = asked.lock() {
                asked.push(request);
            }
            let Some(answer) = answer else { continue };
            let answer = Message { code: answer.code, options: answer.options, payload: answer.payload, ..head };
            let _ = socket.send(&answer.datagram());
        }
    });
    Ok(())
}

/// Code, options and payload of the answer; `None` for silence.
fn answer(request: &Message, reply: Reply) -> Option<Message> {
    let content = |format| Message::new(coap::CONTENT).number(coap::CONTENT_FORMAT, format);
    Some(match reply {
        Reply::Content(format, payload) => content(format).payload(&payload),
        Reply::Observable(format, payload) if request.number_of(coap::OBSERVE) == Some(0) => {
            content(format).number(coap::OBSERVE, 1).payload(&payload)
        }
        Reply::Observable(format, payload) => content(format).payload(&payload),
        Reply::Blocks(format, payload, size) => {
            let (number, _, wanted) = request.block(coap::BLOCK2).unwrap_or((0, false, size));
            let size = size.min(wanted);
            let block = payload.chunks(size).nth(number)?;
            let more = (number + 1) * size < payload.len();
            content(format).with_block(coap::BLOCK2, number, more, size).payload(block)
        }
        Reply::Take => match request.block(coap::BLOCK1) {
            Some((number, more, size)) => {
                Message::new(if more { 0x5f } else { 0x44 }).with_block(coap::BLOCK1, number, more, size)
            }
            None => Message::new(0x44),
        },
        Reply::Code(code) => Message::new(code),
        Reply::Silence => return None,
    })
}
