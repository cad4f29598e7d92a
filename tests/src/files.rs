//! A web server for folders of files, as any static host is one.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Serves folders, each below a path, until the test ends.
pub struct Files {
    /// Where it listens.
    pub address: SocketAddr,
}

impl Files {
    /// As [`Files::serve`], for pages whose scripts may also `eval`.
    pub fn serve_freely(folders: &[(&str, &Path)]) -> Result<Self> {
        Self::start(folders, "script-src 'self' 'unsafe-eval'")
    }

    /// Starts on a free port. A folder `("/lwm2m", …)` holds what is asked for below `/lwm2m/`; the first that fits counts.
    pub fn serve(folders: &[(&str, &Path)]) -> Result<Self> {
        Self::start(folders, CAREFUL)
    }

    fn start(folders: &[(&str, &Path)], policy: &'static str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let folders: Vec<(String, PathBuf)> =
            folders.iter().map(|(path, folder)| ((*path).to_owned(), folder.to_path_buf())).collect();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let folders = folders.clone();
                // A browser that goes away in the middle is no failure.
                std::thread::spawn(move || drop(answer(&stream, &folders, policy)));
            }
        });
        Ok(Self { address })
    }

    /// The address of a file.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

fn answer(mut stream: &TcpStream, folders: &[(String, PathBuf)], policy: &str) -> Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = request.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
    let file = folders.iter().find_map(|(below, folder)| {
        let rest = path.strip_prefix(below.as_str())?.trim_start_matches('/');
        let safe = rest.split('/').all(|part| !part.is_empty() && part != "..");
        std::fs::read(folder.join(rest)).ok().filter(|_| safe)
    });
    let end = path.rsplit('.').next().unwrap_or_default();
    let kind = match end {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    };
    let (status, body) = file.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Content-Security-Policy: {policy}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)?;
    Ok(())
}

/// What a careful site allows, so that the package is shown to need no more.
const CAREFUL: &str = "default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; connect-src 'self'; \
                       img-src data:";
