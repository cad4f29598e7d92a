//! Runs a scenario written as text against one `Exchanges`, with fake time.
//!
//! A line that begins with a verb is something that happens; the lines under it that begin with `<` or `!` are everything
//! that must come out of it, in order. Nothing else may come out.
//!
//! ```text
//! open acceptor | open connector    the peer is a WebSocket (else it is a UDP address)
//! > HEX                             a message arrives; `> text` is a WebSocket text message
//! get ID PATH [non]                 the layer above asks; also `observe`, and `put`, `post` and `fetch` with a SIZE or `{n*xx}`;
//!                                   `block=N` is a Block1 option of size exponent N, `observe=0` an Observe option
//! respond CODE [TEXT]               it answers the newest request; `respond N CODE …` the N-th one; `state` instead of
//!                                   `respond` adds an Observe option, `6:HEX` before the text gives it a value
//! notify N con|non CODE [TEXT]      it tells the observer that began with the N-th request
//! stop ID reset|deregister          it gives an observation up
//! peer N                            from here on that peer is meant
//! moved N M                         peer N is peer M now
//! cap N                             the peer gets no larger messages
//! wait SECONDS                      time passes; timers fire at their times
//! cancel ID | ping | release | closed
//! limit NAME N, block N             must come first: a limit, the block size
//! < HEX                             a message is sent
//! ! EVENT                           an event, as `describe` writes it, or `close CODE`
//! stat NAME N                       a counter must have this value
//! ```
//!
//! In HEX, `{64*61}` is 64 bytes 0x61, `'text'` its bytes, `$M:2` takes two bytes of an output and names them, `$M` is those
//! bytes again, `..` at the end is any rest. `#` begins a comment.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use coap_exchange::*;

struct Script {
    exchanges: Exchanges,
    now: Now,
    peer: PeerId,
    websocket: bool,
    outputs: VecDeque<Output>,
    requests: Vec<ExchangeId>,
    names: HashMap<String, Vec<u8>>,
}

pub(crate) fn run(name: &str, script: &str) {
    let mut config = Config::new(1);
    for words in lines(script).map(|line| line.split_whitespace().collect::<Vec<_>>()) {
        if let ["limit", name, value] = words[..] {
            config.limits.set(name, value.parse().unwrap()).unwrap();
        }
        if let ["block", size] = words[..] {
            config.block_size = size.parse().unwrap();
        }
    }
    let now = Now::new(Mono::ZERO, Utc::from_micros(1_795_000_000_000_000));
    let mut runner = Script {
        exchanges: Exchanges::new(config),
        now,
        peer: PeerId(1),
        websocket: false,
        outputs: VecDeque::new(),
        requests: Vec::new(),
        names: HashMap::new(),
    };
    for line in lines(script) {
        runner.line(line).unwrap_or_else(|error| panic!("{name}: at `{line}`: {error}"));
    }
    assert!(runner.outputs.is_empty(), "{name}: at the end also {:?}", runner.outputs);
}

fn lines(script: &str) -> impl Iterator<Item = &str> {
    script
        .lines()
        .map(|line| line.split(" # ").next().unwrap().trim())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

impl Script {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let words: Vec<&str> = rest.split_whitespace().collect();
        match verb {
            "<" => return self.expect_bytes(rest),
            "!" => return self.expect_event(rest),
            "stat" => {
                let value = self.exchanges.stats().rows().find(|row| row.0 == words[0]).ok_or("no such counter")?.1;
                return if value.to_string() == words[1] { Ok(()) } else { Err(format!("it is {value}")) };
            }
            "limit" | "block" => return Ok(()),
            _ => {}
        }
        if let Some(output) = self.outputs.front() {
            return Err(format!("before that {output:?}"));
        }
        match verb {
            ">" if rest == "text" => self.input(Input::TextFrame { peer: self.peer }),
            ">" => {
                let bytes = self.bytes(rest)?;
                self.input(if self.websocket {
                    Input::Frame { peer: self.peer, bytes: &bytes }
                } else {
                    Input::Datagram { peer: self.peer, bytes: &bytes }
                });
            }
            "open" => {
                self.websocket = true;
                let role = if words[0] == "connector" { Role::Connector } else { Role::Acceptor };
                self.input(Input::Opened { peer: self.peer, role });
            }
            "get" | "put" | "post" | "fetch" | "observe" => {
                let method = match verb {
                    "get" | "observe" => RequestType::Get,
                    "put" => RequestType::Put,
                    "post" => RequestType::Post,
                    _ => RequestType::Fetch,
                };
                let mut request = Request::new(method);
                for segment in words[1].split('/').filter(|segment| !segment.is_empty()) {
                    request = request.with_path(segment);
                }
                let mut reliability = Reliability::Confirmable;
                if verb == "observe" {
                    request = request.with_observe();
                }
                for word in words.get(2..).unwrap_or_default() {
                    if *word == "non" {
                        reliability = Reliability::NonConfirmable;
                    } else if *word == "observe=0" {
                        request = request.with_observe();
                    } else if let Some(size) = word.strip_prefix("block=") {
                        request.options.add_uint(CoapOption::Block1, size.parse().unwrap());
                    } else if word.starts_with('{') {
                        request.payload.extend(self.bytes(word)?);
                    } else {
                        request = request.with_payload(vec![b'x'; word.parse().map_err(|_| "no size")?]);
                    }
                }
                let id = RequestId(words[0].parse().map_err(|_| "no id")?);
                self.input(Input::Request { id, peer: self.peer, request, reliability, slot: 0xfabc });
            }
            "respond" | "state" => {
                let (exchange, rest) = match rest.split_once(' ') {
                    Some((n, rest)) if !n.contains('.') => (self.requests[n.parse::<usize>().unwrap() - 1], rest),
                    _ => (*self.requests.last().ok_or("no request")?, rest),
                };
                let response = self.response(rest, verb == "state")?;
                self.input(Input::Respond { exchange, response });
            }
            "notify" => {
                let exchange = self.requests[words[0].parse::<usize>().unwrap() - 1];
                let reliability =
                    if words[1] == "con" { Reliability::Confirmable } else { Reliability::NonConfirmable };
                let response = self.response(rest.splitn(3, ' ').nth(2).unwrap(), false)?;
                self.input(Input::Notify { exchange, response, reliability });
            }
            "stop" => {
                let how = if words[1] == "reset" { Stop::Reset } else { Stop::Deregister };
                self.input(Input::StopObserving { id: RequestId(words[0].parse().unwrap()), how });
            }
            "peer" => {
                self.peer = PeerId(words[0].parse().unwrap());
                self.websocket = false;
            }
            "moved" => {
                let [from, to] = [0, 1].map(|at| PeerId(words[at].parse().unwrap()));
                self.input(Input::Moved { from, to });
            }
            "cap" => self.input(Input::SetMaxMessage { peer: self.peer, bytes: words[0].parse().unwrap() }),
            "wait" => self.wait(Duration::from_secs_f64(words[0].parse().map_err(|_| "no seconds")?)),
            "cancel" => self.input(Input::Cancel { id: RequestId(words[0].parse().unwrap()) }),
            "ping" => self.input(Input::Ping { peer: self.peer }),
            "release" => self.input(Input::Release { peer: self.peer }),
            "closed" => self.input(Input::Closed { peer: self.peer }),
            _ => return Err("unknown verb".into()),
        }
        Ok(())
    }

    /// `CODE [6:HEX] [TEXT]`.
    fn response(&self, text: &str, observe: bool) -> Result<Response, String> {
        let (code, text) = text.split_once(' ').unwrap_or((text, ""));
        let (class, detail) = code.split_once('.').unwrap();
        let code = class.parse::<u8>().unwrap() << 5 | detail.parse::<u8>().unwrap();
        let mut response = Response::with_code(code.into());
        if observe {
            response = response.with_observe();
        }
        let text = match text.strip_prefix("6:") {
            Some(text) => {
                let (number, text) = text.split_once(' ').unwrap_or((text, ""));
                response.options.set(CoapOption::Observe, &self.bytes(number)?);
                text
            }
            None => text,
        };
        Ok(response.with_payload(self.bytes(text)?))
    }

    fn input(&mut self, input: Input<'_>) {
        self.exchanges.handle_input(self.now, input);
        self.drain();
    }

    /// Takes what is to be done; gives when to come back.
    fn drain(&mut self) -> Mono {
        loop {
            match self.exchanges.poll_output() {
                Output::Timeout(at) => return at,
                output => self.outputs.push_back(output),
            }
        }
    }

    fn wait(&mut self, duration: Duration) {
        let end = self.now.mono + duration;
        loop {
            let due = self.drain().min(end);
            self.now = Now::new(due, self.now.utc + (due - self.now.mono));
            self.exchanges.handle_input(self.now, Input::Timeout);
            if due == end {
                self.drain();
                return;
            }
        }
    }

    fn expect_bytes(&mut self, pattern: &str) -> Result<(), String> {
        let bytes = match self.outputs.pop_front() {
            Some(Output::Transmit { peer, bytes }) if peer == self.peer => bytes,
            other => return Err(format!("instead {other:?}")),
        };
        let mut at = 0;
        for word in pattern.split_whitespace() {
            if word == ".." {
                return Ok(());
            }
            if let Some((name, length)) = word.strip_prefix('$').and_then(|word| word.split_once(':')) {
                let length: usize = length.parse().unwrap();
                let taken = bytes.get(at..at + length).ok_or_else(|| format!("too short: {bytes:02x?}"))?;
                self.names.insert(name.into(), taken.into());
                at += length;
                continue;
            }
            let want = self.bytes(word)?;
            if bytes.get(at..at + want.len()) != Some(&want) {
                return Err(format!("at byte {at} `{word}` is not in {bytes:02x?}"));
            }
            at += want.len();
        }
        if at == bytes.len() { Ok(()) } else { Err(format!("{at} bytes expected, got {bytes:02x?}")) }
    }

    fn expect_event(&mut self, want: &str) -> Result<(), String> {
        let got = match self.outputs.pop_front() {
            Some(Output::Close { code, .. }) => format!("close {code}"),
            Some(Output::Event(event)) => {
                match event {
                    Event::Request { exchange, .. } => self.requests.push(exchange),
                    Event::ObserverGone { exchange, why } => {
                        let n = self.requests.iter().position(|other| *other == exchange).ok_or("unknown exchange")?;
                        return if format!("gone {} {why:?}", n + 1) == want {
                            Ok(())
                        } else {
                            Err(format!("{event:?}"))
                        };
                    }
                    _ => {}
                }
                describe(&event)
            }
            other => return Err(format!("instead {other:?}")),
        };
        if got.trim_end() == want { Ok(()) } else { Err(format!("instead `{got}`")) }
    }

    fn bytes(&self, text: &str) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        for word in text.replace("}{", "} {").split_whitespace() {
            if let Some(name) = word.strip_prefix('$') {
                bytes.extend(self.names.get(name).ok_or_else(|| format!("${name} is not known"))?);
            } else if let Some(text) = word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')) {
                bytes.extend(text.as_bytes());
            } else if let Some((count, byte)) =
                word.strip_prefix('{').and_then(|word| word.strip_suffix('}')?.split_once('*'))
            {
                let byte = u8::from_str_radix(byte, 16).map_err(|_| "no byte")?;
                bytes.extend(vec![byte; count.parse().map_err(|_| "no count")?]);
            } else {
                for at in (0..word.len()).step_by(2) {
                    let byte = word.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
                    bytes.push(byte.ok_or_else(|| format!("`{word}` is no hex"))?);
                }
            }
        }
        Ok(bytes)
    }
}

/// An event as one line.
fn describe(event: &Event) -> String {
    match event {
        Event::Request { request, .. } => {
            let method = format!("{:?}", request.method).to_uppercase();
            let path: String =
                request.uri_path().map(|segment| format!("/{}", String::from_utf8_lossy(segment))).collect();
            format!("request {method} {path}{}{}", others(&request.options), body(&request.payload))
        }
        Event::Response { id, response, .. } => format!("response {} {}", id.0, answer(response)),
        Event::Notification { id, response, .. } => format!("notification {} {}", id.0, answer(response)),
        Event::ObservationEnded { id, result: Ok(response), .. } => format!("ended {} {}", id.0, answer(response)),
        Event::ObservationEnded { id, result: Err(error), .. } => format!("ended {} {error:?}", id.0),
        Event::Failed { id, error } => format!("failed {} {error:?}", id.0),
        Event::Abandoned { .. } => "abandoned".into(),
        Event::Ready { .. } => "ready".into(),
        Event::Pong { round_trip: Some(time), .. } => format!("pong {time:?}"),
        Event::Pong { round_trip: None, .. } => "no pong".into(),
        Event::Sent { id } => format!("sent {}", id.0),
        other => format!("{other:?}"),
    }
}

fn answer(response: &Response) -> String {
    format!("{}{}{}", response.code_text(), others(&response.options), body(&response.payload))
}

/// The options besides the path, as ` number:hex`.
fn others(options: &Options) -> String {
    let hex = |value: &[u8]| value.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let others = options.all().filter(|(number, _)| *number != 11);
    others.map(|(number, value)| format!(" {number}:{}", hex(value))).collect()
}

/// A body: short ones as text, long ones as runs of equal bytes.
fn body(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return String::new();
    }
    if bytes.len() <= 40 {
        return format!(" '{}'", String::from_utf8_lossy(bytes));
    }
    let runs: String = bytes.chunk_by(|a, b| a == b).map(|run| format!(" {{{}*{:02x}}}", run.len(), run[0])).collect();
    runs
}
