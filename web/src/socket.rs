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
    Response, Role, Stop, Utc,
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

/// What becomes of a request.
#[derive(Debug)]
pub enum Told {
    /// Its answer, or why there is none. Exactly once, and first.
    Answer(Result<Response, ExchangeError>),
    /// A newer state of what is observed.
    Notification(Response),
    /// The observation is over: the last word of the bridge, or why there is none.
    Ended(Result<Response, ExchangeError>),
}

type Teller = Rc<dyn Fn(Told)>;

/// Who is to be told of a request.
struct Waiting {
    id: RequestId,
    tell: Teller,
    /// Whether the answer came: what follows belongs to an observation.
    observes: bool,
}

/// A CoAP connection to the bridge. Closed when dropped; requests that have no answer then end with [`ExchangeError::Closed`].
pub struct CoapSocket(Rc<Inner>);

struct Inner {
    socket: WebSocket,
    engine: RefCell<Exchanges>,
    /// Who waits for which request: a few.
    waiting: RefCell<Vec<Waiting>>,
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

    /// Sends a request. With Observe 0, and an answer that has the option too, `tell` is called until the observation ends; else once.
    pub fn request(&self, request: Request, tell: Teller) -> RequestId {
        let id = RequestId(self.0.last_id.get() + 1);
        self.0.last_id.set(id.0);
        self.0.waiting.borrow_mut().push(Waiting { id, tell, observes: false });
        self.0.input(Input::Request { id, peer: BRIDGE, request, reliability: Reliability::Confirmable, slot: 0 });
        id
    }

    /// Ends an observation; it is told as [`Told::Ended`].
    pub fn stop_observing(&self, id: RequestId) {
        self.0.input(Input::StopObserving { id, how: Stop::Deregister });
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
        for Waiting { tell, observes, .. } in waiting {
            let end = Err(ExchangeError::Closed);
            tell(if observes { Told::Ended(end) } else { Told::Answer(end) });
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
                Event::Response { id, response, .. } => self.tell(id, Told::Answer(Ok(response))),
                Event::Failed { id, error } => self.tell(id, Told::Answer(Err(error))),
                Event::Notification { id, response, .. } => self.tell(id, Told::Notification(response)),
                Event::ObservationEnded { id, result, .. } => self.tell(id, Told::Ended(result)),
                Event::Ready { .. } => (self.tell)(Notice::Ready),
                Event::Pong { round_trip, .. } => (self.tell)(Notice::Pong(round_trip)),
                _ => {}
            }
        }
    }

    fn tell(&self, id: RequestId, told: Told) {
        let teller = {
            let mut waiting = self.waiting.borrow_mut();
            let Some(at) = waiting.iter().position(|one| one.id == id) else { return };
            let goes_on = match &told {
                Told::Answer(Ok(response)) => response.is_success() && response.observe().is_some(),
                Told::Notification(_) => true,
                Told::Answer(Err(_)) | Told::Ended(_) => false,
            };
            if goes_on {
                waiting[at].observes = true;
                Rc::clone(&waiting[at].tell)
            } else {
                waiting.swap_remove(at).tell
            }
        };
        teller(told);
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
