//! A WebSocket as a page or a script opens it, and CoAP messages on it.

use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, Result, bail, ensure};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::{HeaderName, HeaderValue};
use tungstenite::{Error, Message as Frame, WebSocket};

use crate::SOON;
use crate::coap::{self, Message};

/// An open WebSocket.
pub struct Socket(WebSocket<TcpStream>);

/// What the server said to the wish for a WebSocket.
pub enum Opened {
    /// It is open, with this subprotocol.
    Open(Box<Socket>, Option<String>),
    /// It was refused with this status and body.
    Refused(u16, String),
}

/// Asks for a WebSocket with these request headers.
pub fn open(to: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<Opened> {
    let stream = TcpStream::connect_timeout(&to, SOON)?;
    stream.set_read_timeout(Some(SOON))?;
    let mut request = format!("ws://{to}{path}").into_client_request()?;
    for (name, value) in headers {
        let name: HeaderName = name.parse()?;
        request.headers_mut().insert(name, HeaderValue::from_str(value)?);
    }
    match tungstenite::client(request, stream) {
        Ok((socket, answer)) => {
            let chosen = answer.headers().get("sec-websocket-protocol").and_then(|value| value.to_str().ok());
            Ok(Opened::Open(Box::new(Socket(socket)), chosen.map(str::to_string)))
        }
        Err(tungstenite::HandshakeError::Failure(Error::Http(answer))) => {
            let body = answer.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default();
            Ok(Opened::Refused(answer.status().as_u16(), body.into_owned()))
        }
        Err(tungstenite::HandshakeError::Failure(Error::Protocol(
            tungstenite::error::ProtocolError::SecWebSocketSubProtocolError(error),
        ))) => bail!("the server chose a wrong subprotocol: {error}"),
        Err(error) => bail!("no WebSocket: {error}"),
    }
}

impl Socket {
    /// Opens the CoAP WebSocket with a token (none if it is empty) and exchanges settings messages.
    pub fn coap(to: SocketAddr, token: &str) -> Result<Self> {
        let protocols = if token.is_empty() { "coap".to_string() } else { format!("coap, token.{token}") };
        let mut socket = match open(to, "/.well-known/coap", &[("Sec-WebSocket-Protocol", &protocols)])? {
            Opened::Open(socket, protocol) => {
                ensure!(protocol.as_deref() == Some("coap"), "subprotocol {protocol:?}");
                *socket
            }
            Opened::Refused(status, body) => bail!("refused: {status} {body}"),
        };
        let csm = socket.receive()?.context("closed at once")?;
        ensure!(csm.code == coap::CSM, "the first message is {}, not a CSM", csm.code_text());
        socket.send(&Message { token: vec![], ..Message::new(coap::CSM) })?;
        Ok(socket)
    }

    /// Sends one CoAP message.
    pub fn send(&mut self, message: &Message) -> Result<()> {
        self.send_bytes(&message.frame())
    }

    /// Sends a binary frame as it is.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.0.send(Frame::binary(bytes.to_vec()))?)
    }

    /// Sends a text frame.
    pub fn send_text(&mut self, text: &str) -> Result<()> {
        Ok(self.0.send(Frame::text(text))?)
    }

    /// The next CoAP message; `None` when the server has closed the connection.
    pub fn receive(&mut self) -> Result<Option<Message>> {
        loop {
            match self.0.read() {
                Ok(Frame::Binary(bytes)) => {
                    return Message::from_frame(&bytes).map(Some).with_context(|| format!("not CoAP: {bytes:02x?}"));
                }
                Ok(Frame::Text(text)) => bail!("a text frame: {text}"),
                Ok(Frame::Close(_)) | Err(Error::ConnectionClosed | Error::AlreadyClosed) => return Ok(None),
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::ConnectionReset => return Ok(None),
                Err(Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)) => {
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The next text frame as JSON, for the event stream.
    pub fn receive_json(&mut self) -> Result<serde_json::Value> {
        loop {
            match self.0.read()? {
                Frame::Text(text) => return Ok(serde_json::from_str(&text)?),
                Frame::Close(frame) => bail!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// Sends a request and waits for its answer; signals in between are passed over.
    pub fn request(&mut self, message: &Message) -> Result<Message> {
        self.send(message)?;
        loop {
            let answer = self.receive()?.context("closed before it answered")?;
            if answer.token == message.token && answer.code >> 5 != 7 {
                return Ok(answer);
            }
        }
    }

    /// All messages until the server closes, and the close code if there was one.
    pub fn drain(&mut self) -> Result<(Vec<Message>, Option<u16>)> {
        let mut messages = Vec::new();
        loop {
            match self.0.read() {
                Ok(Frame::Binary(bytes)) => messages.extend(Message::from_frame(&bytes)),
                Ok(Frame::Close(frame)) => return Ok((messages, frame.map(|frame| frame.code.into()))),
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => bail!("it stays open"),
                Err(_) => return Ok((messages, None)),
            }
        }
    }
}
