//! The event stream: one WebSocket, its JSON objects handed on in small batches.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{MessageEvent, WebSocket};

use crate::browser::socket_origin;
use crate::model::Event;

/// Ten thousand devices that register at once are a few dozen redraws, not ten thousand.
const BATCH: u32 = 80;

/// An open event stream. Closed when dropped.
pub struct EventSocket {
    socket: WebSocket,
    _listeners: Vec<EventListener>,
}

/// What an [`EventSocket`] tells.
pub enum Notice {
    /// Events, in their order.
    Events(Vec<Event>),
    /// It is closed, or could not be opened.
    Closed,
}

impl EventSocket {
    /// Opens the stream; `query` is `""` or starts with `?`. `None` when the browser refuses to even try.
    pub fn open(query: &str, tell: impl Fn(Notice) + 'static) -> Option<Self> {
        let url = format!("{}/api/v1/events{query}", socket_origin());
        let socket = WebSocket::new_with_str(&url, "footbridge.events").ok()?;
        let tell = Rc::new(tell);
        let waiting: Rc<RefCell<(Vec<Event>, Option<Timeout>)>> = Rc::default();
        let on_message = {
            let tell = Rc::clone(&tell);
            move |event: &web_sys::Event| {
                let text = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
                let Some(event) = text.and_then(|text| Event::parse(&text)) else { return };
                let mut waiting_now = waiting.borrow_mut();
                waiting_now.0.push(event);
                if waiting_now.1.is_none() {
                    let (waiting, tell) = (Rc::clone(&waiting), Rc::clone(&tell));
                    waiting_now.1 = Some(Timeout::new(BATCH, move || {
                        let events = {
                            let mut waiting = waiting.borrow_mut();
                            waiting.1 = None;
                            std::mem::take(&mut waiting.0)
                        };
                        tell(Notice::Events(events));
                    }));
                }
            }
        };
        let listeners = vec![
            EventListener::new(&socket, "message", on_message),
            EventListener::once(&socket, "close", move |_| tell(Notice::Closed)),
        ];
        Some(Self { socket, _listeners: listeners })
    }
}

impl Drop for EventSocket {
    fn drop(&mut self) {
        let _ = self.socket.close();
    }
}
