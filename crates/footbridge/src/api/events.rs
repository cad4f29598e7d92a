//! `/api/v1/events`: one stream of events, as server-sent events or, if asked to upgrade, over a WebSocket.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts as _, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::{SinkExt as _, stream};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::event::{Batch, Feed, Filter, Kind};
use super::guard::{Signed, subprotocols};
use super::{ApiError, App, Peer};
use crate::clock;
use crate::counters::Counters;
use crate::net::ws::GOING_AWAY;

/// The subprotocol of the event stream.
const SUBPROTOCOL: &str = "footbridge.events";

/// How long a stream is silent before it says that it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long a WebSocket may be silent before it counts as gone: it answers every ping.
const SILENT: Duration = Duration::from_secs(45);

/// Bytes of a message from the other side; it has nothing to say.
const MOST_INCOMING: usize = 4 * 1024;

#[derive(Default, Deserialize)]
struct Parameters {
    kinds: Option<String>,
    ep: Option<String>,
}

pub(super) async fn open(_signed: Signed, State(app): State<App>, request: Request) -> Result<Response, ApiError> {
    let (mut parts, _body) = request.into_parts();
    let parameters = Query::from_request_parts(&mut parts, &()).await;
    let filter = filter(parameters)?;
    if parts.headers.contains_key(header::UPGRADE) {
        if !subprotocols(&parts.headers).contains(&SUBPROTOCOL) {
            app.counters.no_subprotocol.add();
            return Err(ApiError::bad_request(
                "no_subprotocol",
                "This WebSocket speaks the subprotocol footbridge.events; offer it in Sec-WebSocket-Protocol.",
            ));
        }
        let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await.map_err(|rejection| {
            ApiError::new(rejection.status(), "bad_upgrade", format!("No WebSocket can be opened: {rejection}."))
        })?;
        let (feed, newest) = subscribe(&app, filter).await?;
        let mut upgrade =
            upgrade.read_buffer_size(4 * 1024).max_message_size(MOST_INCOMING).max_frame_size(MOST_INCOMING);
        upgrade.set_selected_protocol(HeaderValue::from_static(SUBPROTOCOL));
        let place = parts.extensions.get::<Peer>().cloned();
        return Ok(upgrade.on_upgrade(async move |socket| {
            let _place = place;
            over_websocket(socket, feed, &newest, &app).await;
        }));
    }
    let (feed, newest) = subscribe(&app, filter).await?;
    let behind = is_behind(&parts.headers, &newest);
    Ok(over_http(feed, &newest, behind, &app))
}

/// Whether the client saw events that are not the newest: then some are missing, and none is kept for later yet.
fn is_behind(headers: &HeaderMap, newest: &str) -> bool {
    headers.get("last-event-id").is_some_and(|seen| seen.as_bytes() != newest.as_bytes())
}

async fn subscribe(app: &App, filter: Filter) -> Result<(Feed, String), ApiError> {
    let subscribed = app.core.subscribe(filter).await?.map_err(|_| {
        app.counters.event_streams_refused.add();
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_streams",
            "Too many event streams are open. Close one, or raise --limit event-streams.",
        )
    })?;
    app.counters.event_streams_opened.add();
    Ok(subscribed)
}

fn filter(parameters: Result<Query<Parameters>, QueryRejection>) -> Result<Filter, ApiError> {
    let Query(Parameters { kinds, ep }) = parameters
        .map_err(|_| ApiError::bad_request("bad_query", "The query could not be read: each name at most once."))?;
    let kinds = kinds.map(|kinds| kinds.split(',').map(kind).collect::<Result<Vec<_>, _>>()).transpose()?;
    let endpoint = ep
        .map(|ep| {
            ep.parse().map_err(|error| ApiError::bad_request("bad_query", format!("ep= is no endpoint name: {error}.")))
        })
        .transpose()?;
    Ok(Filter { kinds, endpoint })
}

fn kind(word: &str) -> Result<Kind, ApiError> {
    Kind::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
        let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.word()).collect();
        ApiError::bad_request("bad_query", format!("kinds= takes {}, with commas between them.", known.join(", ")))
    })
}

fn hello(newest: &str) -> String {
    json!({ "kind": "hello", "time": clock::utc().to_string(), "revision": newest }).to_string()
}

fn reset() -> String {
    json!({ "kind": "reset", "time": clock::utc().to_string() }).to_string()
}

/// Server-sent events (HTML Standard, "Server-sent events").
fn over_http(feed: Feed, newest: &str, behind: bool, app: &App) -> Response {
    let mut first = format!("retry: 2000\n\nid: {newest}\nevent: hello\ndata: {}\n\n", hello(newest));
    if behind {
        app.counters.event_resets.add();
        push_reset(&mut first);
    }
    let counters = Arc::clone(&app.counters);
    let rest = stream::unfold((Some(first), feed, counters), |(first, mut feed, counters)| async move {
        let text = match first {
            Some(first) => first,
            None => match timeout(KEEP_ALIVE, feed.next()).await {
                Err(_silence) => ": still here\n\n".to_owned(),
                Ok(batch) => written_out(&batch?, &counters),
            },
        };
        Some((Ok::<_, Infallible>(Bytes::from(text)), (None, feed, counters)))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(rest)).into_response()
}

fn written_out(batch: &Batch, counters: &Counters) -> String {
    let mut text = String::new();
    if batch.reset {
        counters.event_resets.add();
        push_reset(&mut text);
    }
    for event in &batch.events {
        // Writing to a String cannot fail.
        let _ = write!(text, "id: {}\nevent: {}\ndata: {}\n\n", event.id, event.kind.word(), event.json);
    }
    text
}

fn push_reset(text: &mut String) {
    let _ = write!(text, "event: reset\ndata: {}\n\n", reset());
}

/// The same objects, one a message.
async fn over_websocket(mut socket: WebSocket, mut feed: Feed, newest: &str, app: &App) {
    let counters = &app.counters;
    let send_timeout = app.limits.send_timeout();
    let mut alive = interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
    alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    let mut outgoing = vec![Message::Text(hello(newest).into())];
    loop {
        match timeout(send_timeout, send(&mut socket, outgoing)).await {
            Ok(Ok(())) => {}
            Ok(Err(_gone)) => return,
            Err(_elapsed) => return counters.send_stalled.add(),
        }
        outgoing = tokio::select! {
            batch = feed.next() => match batch {
                Some(batch) => messages(&batch, counters),
                None => {
                    let frame = CloseFrame { code: GOING_AWAY, reason: "the bridge is stopping".into() };
                    let _best_effort = timeout(Duration::from_secs(1), socket.send(Message::Close(Some(frame)))).await;
                    return;
                }
            },
            message = socket.recv() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => return,
                Some(Ok(_)) => {
                    heard = Instant::now();
                    Vec::new()
                }
            },
            _ = alive.tick() => {
                if heard.elapsed() > SILENT {
                    return;
                }
                vec![Message::Ping(Bytes::new())]
            }
        };
    }
}

fn messages(batch: &Batch, counters: &Counters) -> Vec<Message> {
    let mut messages = Vec::with_capacity(batch.events.len() + 1);
    if batch.reset {
        counters.event_resets.add();
        messages.push(Message::Text(reset().into()));
    }
    messages.extend(batch.events.iter().map(|event| Message::Text(Utf8Bytes::from(event.json.as_str()))));
    messages
}

async fn send(socket: &mut WebSocket, messages: Vec<Message>) -> Result<(), axum::Error> {
    if messages.is_empty() {
        return Ok(());
    }
    for message in messages {
        socket.feed(message).await?;
    }
    socket.flush().await
}
