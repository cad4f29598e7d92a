//! The CoAP side: a WebSocket, the exchange engine of `coap-exchange`, and the way from bytes to entries.
//!
//! ```text
//! bytes of a WebSocket message → Exchanges → Response → lwm2m::codec → Exchange (with entries) → Action
//! ```

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use coap_exchange::{
    Config, Event, ExchangeError, Exchanges, Input, Mono, Now, Output, PeerId, Reliability, Request, RequestId,
    Response, Role, Utc,
};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{BinaryType, MessageEvent, WebSocket};

use crate::browser;

/// The one peer of the engine: the bridge at the other end.
const BRIDGE: PeerId = PeerId(1);

/// Bytes of an answer that are taken at most. Firmware is not read through this page.
const BODY: usize = 1 << 20;

/// What a [`CoapSocket`] tells.
#[derive(Clone, Copy, Debug)]
pub enum Notice {
    /// The bridge has sent its CSM: requests can be sent.
    Ready,
    /// A heartbeat came back, or did not.
    Pong(Option<Duration>),
    /// The socket is closed, or could not be opened.
    Closed,
}

type Answered = Box<dyn FnOnce(Result<Response, ExchangeError>)>;

/// A CoAP connection to the bridge. Closed when dropped; requests that have no answer then end with [`ExchangeError::Closed`].
pub struct CoapSocket(Rc<Inner>);

struct Inner {
    socket: WebSocket,
    engine: RefCell<Exchanges>,
    /// Who waits for which request: a few.
    waiting: RefCell<Vec<(RequestId, Answered)>>,
    last_id: Cell<u64>,
    timer: RefCell<Option<Timeout>>,
    tell: Box<dyn Fn(Notice)>,
    listeners: RefCell<Vec<EventListener>>,
}

impl CoapSocket {
    /// Opens the connection; `None` when the browser refuses to even try.
    pub fn open(tell: impl Fn(Notice) + 'static) -> Option<Self> {
        let url = format!("{}/.well-known/coap", browser::socket_origin());
        let socket = WebSocket::new_with_str(&url, "coap").ok()?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let mut config = Config::new(browser::seed());
        config.limits.body = BODY;
        let inner = Rc::new(Inner {
            socket: socket.clone(),
            engine: RefCell::new(Exchanges::new(config)),
            waiting: RefCell::default(),
            last_id: Cell::new(0),
            timer: RefCell::default(),
            tell: Box::new(tell),
            listeners: RefCell::default(),
        });
        let listen = |event: &'static str, handle: fn(&Rc<Inner>, &web_sys::Event)| {
            let inner = Rc::downgrade(&inner);
            EventListener::new(&socket, event, move |event| {
                if let Some(inner) = Weak::upgrade(&inner) {
                    handle(&inner, event);
                }
            })
        };
        *inner.listeners.borrow_mut() = vec![
            listen("open", |inner, _| inner.input(Input::Opened { peer: BRIDGE, role: Role::Connector })),
            listen("message", |inner, event| {
                let Some(message) = event.dyn_ref::<MessageEvent>() else { return };
                match message.data().dyn_into::<ArrayBuffer>() {
                    Ok(buffer) => inner.input(Input::Frame { peer: BRIDGE, bytes: &Uint8Array::new(&buffer).to_vec() }),
                    Err(_) => inner.input(Input::TextFrame { peer: BRIDGE }),
                }
            }),
            listen("close", |inner, _| {
                inner.input(Input::Closed { peer: BRIDGE });
                (inner.tell)(Notice::Closed);
            }),
        ];
        Some(Self(inner))
    }

    /// Sends a request. `answered` is called exactly once.
    pub fn request(&self, request: Request, answered: impl FnOnce(Result<Response, ExchangeError>) + 'static) {
        let id = self.0.last_id.get() + 1;
        self.0.last_id.set(id);
        self.0.waiting.borrow_mut().push((RequestId(id), Box::new(answered)));
        let reliability = Reliability::Confirmable;
        self.0.input(Input::Request { id: RequestId(id), peer: BRIDGE, request, reliability, slot: 0 });
    }

    /// Asks the bridge for a sign of life; ends in [`Notice::Pong`].
    pub fn ping(&self) {
        self.0.input(Input::Ping { peer: BRIDGE });
    }
}

impl Drop for CoapSocket {
    fn drop(&mut self) {
        self.0.listeners.borrow_mut().clear();
        self.0.timer.borrow_mut().take();
        let _ = self.0.socket.close();
        let waiting = self.0.waiting.take();
        for (_, answered) in waiting {
            answered(Err(ExchangeError::Closed));
        }
    }
}

impl Inner {
    fn input(self: &Rc<Self>, input: Input<'_>) {
        let mut events = Vec::new();
        {
            let mut engine = self.engine.borrow_mut();
            engine.handle_input(clocks(), input);
            loop {
                match engine.poll_output() {
                    Output::Transmit { bytes, .. } => {
                        let _ = self.socket.send_with_u8_array(&bytes);
                    }
                    // A page may close with 1000 only; the peer has our Abort with the reason.
                    Output::Close { .. } => {
                        let _ = self.socket.close();
                    }
                    Output::Event(event) => events.push(event),
                    Output::Timeout(at) => break self.wake_at(at),
                }
            }
        }
        // The engine is free again: what is told here may send the next request.
        for event in events {
            match event {
                Event::Response { id, response, .. } => self.answer(id, Ok(response)),
                Event::Failed { id, error } => self.answer(id, Err(error)),
                Event::Ready { .. } => (self.tell)(Notice::Ready),
                Event::Pong { round_trip, .. } => (self.tell)(Notice::Pong(round_trip)),
                _ => {}
            }
        }
    }

    fn answer(&self, id: RequestId, result: Result<Response, ExchangeError>) {
        let answered = {
            let mut waiting = self.waiting.borrow_mut();
            waiting.iter().position(|(other, _)| *other == id).map(|at| waiting.swap_remove(at).1)
        };
        if let Some(answered) = answered {
            answered(result);
        }
    }

    fn wake_at(self: &Rc<Self>, at: Mono) {
        let timer = (at != Mono::NEVER).then(|| {
            let ms = at.since(clocks().mono).as_millis().min(60_000) as u32 + 1;
            let inner = Rc::downgrade(self);
            Timeout::new(ms, move || {
                if let Some(inner) = Weak::upgrade(&inner) {
                    inner.input(Input::Timeout);
                }
            })
        });
        *self.timer.borrow_mut() = timer;
    }
}

/// The clocks of this computer, as engines want them.
pub fn clocks() -> Now {
    Now { mono: Mono::from_micros(browser::micros()), utc: Utc::from_micros(browser::now().0.unsigned_abs() * 1_000) }
}
