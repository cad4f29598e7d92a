//! The driver of the simulated device: its WebSocket, its clock, and when to connect again.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{ArrayBuffer, Uint8Array};
use lwm2m::{Path, Value};
use lwm2m_engine::{
    Client, ClientConfig, ClientEvent, ClientInput, ClientLink, ClientOutput, ClientState, Left, Mono,
    RegistrationError, Simulation,
};
use wasm_bindgen::JsCast;
use web_sys::{BinaryType, MessageEvent, WebSocket};

use super::{KNOBS, Knob, KnobKind, Log, Phase, Simulated, objects, suggested_name};
use crate::browser;
use crate::connection::delay;
use crate::moment::Moment;
use crate::socket::clocks;

/// What is done with the device of this page.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Gives it a name; only while it is off.
    Name(String),
    /// Starts it, if the name is one.
    Start,
    /// De-registers it and lets it rest.
    Stop,
    /// Moves a value by hand.
    Set(Path, Value<'static>),
    /// Lets a value move by itself again.
    Release(Path),
    /// Lets values move by themselves, or stops them.
    Automatic(bool),
}

/// The handle that parts command the device with. Cheap to clone; all clones are one device.
#[derive(Clone)]
pub struct Simulator(Rc<Inner>);

impl PartialEq for Simulator {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

struct Inner {
    tell: Box<dyn Fn(Rc<Simulated>)>,
    /// What was told last.
    told: RefCell<Rc<Simulated>>,
    name: RefCell<String>,
    is_automatic: Cell<bool>,
    /// Whether the bridge lets us in.
    is_signed_in: Cell<bool>,
    device: RefCell<Option<Device>>,
}

struct Device {
    client: Client,
    simulation: Simulation,
    /// What a person has set.
    held: Vec<Path>,
    log: Log,
    location: String,
    /// Why the last Register failed, and when the next one goes out.
    refused: (String, Moment),
    back_at: Option<Moment>,
    socket: Option<Socket>,
    /// Whether the console has lost its own connection since the socket was opened: this one may be dead too.
    is_doubtful: bool,
    /// Whether the engine has closed the socket.
    was_closed: bool,
    /// Attempts to connect in a row that brought no registration.
    failures: u32,
    again: Option<(Timeout, Moment)>,
    timer: Option<Timeout>,
}

struct Socket {
    socket: WebSocket,
    _listeners: Vec<EventListener>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.socket.close();
    }
}

impl Simulator {
    /// A device that is not started, with a name of its own. What is to be seen of it goes to `tell`, at once and at each change.
    pub fn new(tell: impl Fn(Rc<Simulated>) + 'static) -> Self {
        let [high, low, ..] = browser::random();
        let name = suggested_name(u16::from_be_bytes([high, low]));
        Self(Rc::new(Inner {
            tell: Box::new(tell),
            told: RefCell::default(),
            name: RefCell::new(name),
            is_automatic: Cell::new(true),
            is_signed_in: Cell::new(true),
            device: RefCell::default(),
        }))
    }

    /// Does something with the device.
    pub fn command(&self, command: Command) {
        match command {
            Command::Name(name) => *self.0.name.borrow_mut() = name,
            Command::Start => self.start(),
            Command::Stop => self.0.input(ClientInput::Stop),
            Command::Set(path, value) => {
                self.0.with(|device| {
                    device.simulation.hold(path);
                    if !device.held.contains(&path) {
                        device.held.push(path);
                    }
                });
                self.0.input(ClientInput::Set { values: &[(path, value)] });
            }
            Command::Release(path) => {
                self.0.with(|device| device.release(path));
                self.0.input(ClientInput::Timeout);
            }
            Command::Automatic(on) => {
                self.0.is_automatic.set(on);
                self.0.with(|device| {
                    for path in device.held.clone() {
                        device.release(path);
                    }
                });
                self.0.input(ClientInput::Timeout);
            }
        }
        self.0.tell();
    }

    /// The console has, or has lost, its own connection to the bridge, or is signed out.
    pub fn console_is(&self, is_live: bool, is_signed_in: bool) {
        self.0.is_signed_in.set(is_signed_in);
        let is_dead = self.0.with(|device| {
            if !is_live {
                device.is_doubtful = device.socket.is_some();
            }
            if !is_signed_in {
                device.again = None;
            }
            is_live && std::mem::take(&mut device.is_doubtful) && device.socket.take().is_some()
        });
        if is_dead == Some(true) {
            self.0.input(ClientInput::Closed);
        }
        if is_live {
            self.0.with(|device| device.again = None);
            self.0.input(ClientInput::Timeout);
        }
        self.0.tell();
    }

    fn start(&self) {
        let Ok(endpoint) = self.0.name.borrow().parse() else { return };
        if self.0.device.borrow().is_some() {
            return;
        }
        let seed = browser::random();
        let mut config = ClientConfig::new(seed, endpoint);
        config.link = ClientLink::WebSocket;
        config.objects = objects();
        config.retry_first = Duration::from_secs(5);
        config.retry_longest = Duration::from_secs(60);
        // The objects are the same at every start, and a test makes a device of them.
        let Ok(client) = Client::new(config) else { return };
        let [a, b, c, d, e, f, g, h, ..] = seed;
        *self.0.device.borrow_mut() = Some(Device {
            client,
            simulation: Simulation::new(u64::from_be_bytes([a, b, c, d, e, f, g, h])),
            held: Vec::new(),
            log: Log::default(),
            location: String::new(),
            refused: (String::new(), Moment(0)),
            back_at: None,
            socket: None,
            is_doubtful: false,
            was_closed: false,
            failures: 0,
            again: None,
            timer: None,
        });
        self.0.input(ClientInput::Start);
    }
}

impl Inner {
    /// Does something with the device, if there is one.
    fn with<T>(&self, change: impl FnOnce(&mut Device) -> T) -> Option<T> {
        self.device.borrow_mut().as_mut().map(change)
    }

    /// Hands something to the engine, and does what follows from it.
    fn input(self: &Rc<Self>, input: ClientInput<'_>) {
        let is_over = self.with(|device| {
            device.client.handle_input(clocks(), input);
            device.drain();
            if self.is_automatic.get() && device.client.state() == ClientState::Registered {
                let now = clocks();
                let values = device.simulation.step(now, &device.client);
                if !values.is_empty() {
                    device.client.handle_input(now, ClientInput::Set { values: &values });
                }
            }
            let wake_at = device.drain();
            self.connect(device);
            self.wake_at(device, wake_at);
            device.client.state() == ClientState::Idle
        });
        if is_over == Some(true) {
            let device = self.device.borrow_mut().take();
            drop(device);
        }
        self.tell();
    }

    /// Opens a socket if the device wants one, now or later.
    fn connect(self: &Rc<Self>, device: &mut Device) {
        if device.client.state() != ClientState::Connecting || device.socket.is_some() || device.again.is_some() {
            return;
        }
        if !self.is_signed_in.get() {
            return;
        }
        if !std::mem::take(&mut device.was_closed) {
            device.is_doubtful = false;
            device.socket = self.open();
        }
        if device.socket.is_none() {
            self.connect_later(device);
        }
    }

    fn connect_later(self: &Rc<Self>, device: &mut Device) {
        let wait = delay(device.failures);
        device.failures += 1;
        let inner = Rc::downgrade(self);
        let timeout = Timeout::new(wait, move || {
            if let Some(inner) = Weak::upgrade(&inner) {
                inner.with(|device| device.again = None);
                inner.input(ClientInput::Timeout);
            }
        });
        device.again = Some((timeout, later(Duration::from_millis(wait.into()))));
    }

    fn open(self: &Rc<Self>) -> Option<Socket> {
        let url = format!("{}/.well-known/coap", browser::socket_origin());
        let socket = WebSocket::new_with_str(&url, "coap").ok()?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let listen = |event: &'static str, handle: fn(&Rc<Self>, &web_sys::Event)| {
            let inner = Rc::downgrade(self);
            EventListener::new(&socket, event, move |event| {
                if let Some(inner) = Weak::upgrade(&inner) {
                    handle(&inner, event);
                }
            })
        };
        let listeners = vec![
            listen("open", |inner, _| inner.input(ClientInput::Opened)),
            listen("message", |inner, event| {
                let Some(message) = event.dyn_ref::<MessageEvent>() else { return };
                let Ok(buffer) = message.data().dyn_into::<ArrayBuffer>() else {
                    return inner.input(ClientInput::TextFrame);
                };
                let bytes = Uint8Array::new(&buffer).to_vec();
                inner.with(|device| device.log.received(browser::now(), &bytes));
                inner.input(ClientInput::Frame { bytes: &bytes });
            }),
            listen("close", |inner, _| {
                inner.with(|device| {
                    device.socket = None;
                    if inner.is_signed_in.get() && device.client.state() != ClientState::Away {
                        inner.connect_later(device);
                    }
                });
                inner.input(ClientInput::Closed);
            }),
        ];
        Some(Socket { socket: socket.clone(), _listeners: listeners })
    }

    fn wake_at(self: &Rc<Self>, device: &mut Device, at: Mono) {
        let moves = self.is_automatic.get() && device.client.state() == ClientState::Registered;
        let at = if moves { at.min(device.simulation.next_step()) } else { at };
        device.timer = (at != Mono::NEVER).then(|| {
            let ms = at.since(clocks().mono).as_millis().min(60_000) as u32 + 1;
            let inner = Rc::downgrade(self);
            Timeout::new(ms, move || {
                if let Some(inner) = Weak::upgrade(&inner) {
                    inner.input(ClientInput::Timeout);
                }
            })
        });
    }

    /// Tells what is to be seen, if it is something new.
    fn tell(&self) {
        let name = self.name.borrow().clone();
        let mut seen = Simulated { is_automatic: self.is_automatic.get(), ..Simulated::new(name) };
        match &*self.device.borrow() {
            Some(device) => device.show(&mut seen),
            None => seen.log = self.told.borrow().log.clone(),
        }
        if **self.told.borrow() != seen {
            let seen = Rc::new(seen);
            *self.told.borrow_mut() = Rc::clone(&seen);
            (self.tell)(seen);
        }
    }
}

impl Device {
    fn release(&mut self, path: Path) {
        self.simulation.release(path);
        self.held.retain(|held| *held != path);
    }

    /// Does what the engine wants; when it wants to be asked again.
    fn drain(&mut self) -> Mono {
        loop {
            match self.client.poll_output() {
                ClientOutput::Transmit { bytes } => {
                    self.log.sent(&bytes);
                    if let Some(Socket { socket, .. }) = &self.socket {
                        let _ = socket.send_with_u8_array(&bytes);
                    }
                }
                // A page may close with 1000 only; the peer has our Abort with the reason.
                ClientOutput::Close { .. } => {
                    self.socket = None;
                    self.was_closed = true;
                }
                ClientOutput::Event(event) => self.event(event),
                ClientOutput::Timeout(at) => return at,
                _ => {}
            }
        }
    }

    fn event(&mut self, event: ClientEvent) {
        match event {
            ClientEvent::Registered { location } => {
                self.location = location;
                self.failures = 0;
            }
            ClientEvent::RegistrationFailed { why, retry_in } => self.refused = (words(why), later(retry_in)),
            ClientEvent::Rebooting { away } => self.back_at = Some(later(away)),
            ClientEvent::Deregistered { why: Left::Disabled } => {
                let seconds = self.client.value(clocks(), Path::resource(1, 0, 5));
                self.back_at = match seconds {
                    Some(Value::Integer(seconds)) => Some(later(Duration::from_secs(seconds.unsigned_abs()))),
                    _ => None,
                };
            }
            _ => {}
        }
    }

    fn show(&self, seen: &mut Simulated) {
        let now = clocks();
        seen.phase = match self.client.state() {
            ClientState::Connecting if self.socket.is_some() => Phase::Connecting,
            ClientState::Connecting => Phase::Lost { again_at: self.again.as_ref().map(|(_, at)| *at) },
            ClientState::Registering => Phase::Registering,
            ClientState::Waiting => Phase::Refused { why: self.refused.0.clone(), again_at: self.refused.1 },
            ClientState::Registered => Phase::Registered { location: self.location.clone() },
            ClientState::Leaving => Phase::Leaving,
            ClientState::Away => Phase::Away { back_at: self.back_at },
            _ => Phase::Off,
        };
        let knob = |kind: &'static KnobKind| {
            let value = self.client.value(now, kind.path)?;
            Some(Knob { kind, value, is_held: self.held.contains(&kind.path) })
        };
        seen.knobs = KNOBS.iter().filter_map(knob).collect();
        seen.observations = self.client.observation_count();
        seen.log = self.log.clone();
    }
}

/// Why the bridge did not take a registration.
fn words(why: RegistrationError) -> String {
    let RegistrationError::Refused(code) = why else { return "the bridge did not answer".to_owned() };
    let code = code.to_string();
    let why = match code.as_str() {
        "4.00" => "the bridge calls the registration malformed",
        "4.03" => "a device that is connected in another way has this name",
        "5.03" => "the bridge has no room for it now",
        _ => "the bridge does not take the registration",
    };
    format!("{code}: {why}")
}

fn later(wait: Duration) -> Moment {
    Moment(browser::now().0 + wait.as_millis().min(i64::MAX as u128 / 2) as i64)
}
