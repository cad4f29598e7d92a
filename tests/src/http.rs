//! A small HTTP/1.1 client: one request per connection, and a stream of server-sent events.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::SOON;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body, without transfer coding.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("no JSON: {} {}", self.status, self.text()))
    }
}

/// Sends one request and reads the whole answer.
pub fn request(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer> {
    let (status, headers, mut body_of) = open(to, method, path, headers, body)?;
    let mut body = Vec::new();
    body_of.read_to_end(&mut body)?;
    Ok(Answer { status, headers, body })
}

/// Events of the bridge as they come in.
pub struct Events(Receiver<Value>);

impl Events {
    /// Opens a stream of server-sent events.
    pub fn open(to: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<Self> {
        let (status, _, body) = open(to, "GET", path, headers, b"")?;
        if status != 200 {
            bail!("events answered {status}");
        }
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(body).lines().map_while(Result::ok) {
                let Some(data) = line.strip_prefix("data:") else { continue };
                let Ok(event) = serde_json::from_str(data.trim()) else { continue };
                if sender.send(event).is_err() {
                    break;
                }
            }
        });
        Ok(Self(receiver))
    }

    /// The next event that fits; those before it are passed over.
    pub fn wait(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Result<Value> {
        let start = Instant::now();
        let mut seen = Vec::new();
        while let Some(left) = SOON.checked_sub(start.elapsed()) {
            let Ok(event) = self.0.recv_timeout(left) else { break };
            if fits(&event) {
                return Ok(event);
            }
            seen.push(event);
        }
        bail!("no event `{what}`; these came: {seen:?}")
    }

    /// The next event of this kind about this endpoint.
    pub fn wait_kind(&self, kind: &str, endpoint: &str) -> Result<Value> {
        self.wait(&format!("{kind} {endpoint}"), |event| event["kind"] == kind && event["ep"] == endpoint)
    }
}

type Opened = (u16, Vec<(String, String)>, Box<dyn Read + Send>);

fn open(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Opened> {
    let mut stream = TcpStream::connect_timeout(&to, SOON).with_context(|| format!("cannot connect to {to}"))?;
    stream.set_read_timeout(Some(SOON))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    if header(headers, "host").is_none() {
        head += &format!("Host: {to}\r\n");
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(body)?;

    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status =
        line.split(' ').nth(1).and_then(|code| code.parse().ok()).with_context(|| format!("no HTTP: {line}"))?;
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_string()));
    }
    let body: Box<dyn Read + Send> = if header(&headers, "transfer-encoding").is_some_and(|coding| coding == "chunked")
    {
        Box::new(Chunked { reader, left: 0, first: true })
    } else if let Some(length) = header(&headers, "content-length").and_then(|length| length.parse().ok()) {
        Box::new(reader.take(length))
    } else {
        Box::new(reader)
    };
    Ok((status, headers, body))
}

fn header<'a, S: AsRef<str>>(headers: &'a [(S, S)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(other, _)| other.as_ref().eq_ignore_ascii_case(name)).map(|(_, value)| value.as_ref())
}

/// A body in chunked transfer coding, RFC 9112 "Chunked Transfer Coding".
struct Chunked<R> {
    reader: R,
    left: usize,
    first: bool,
}

impl<R: BufRead> Read for Chunked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            let mut line = String::new();
            if !std::mem::take(&mut self.first) {
                self.reader.read_line(&mut line)?; // the end of the chunk before
                line.clear();
            }
            self.reader.read_line(&mut line)?;
            let size = line.trim().split(';').next().unwrap_or_default();
            self.left = usize::from_str_radix(size, 16).unwrap_or(0);
            if self.left == 0 {
                return Ok(0);
            }
        }
        let room = self.left.min(buffer.len());
        let count = self.reader.read(&mut buffer[..room])?;
        self.left -= count;
        Ok(count)
    }
}
