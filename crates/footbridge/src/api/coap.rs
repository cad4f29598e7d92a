//! `/.well-known/coap`: the opening of a CoAP WebSocket. What follows is in `net/ws.rs`.
//!
//! Source: RFC 8323 §4.1 ("Opening Handshake").

use std::sync::Arc;

use axum::extract::ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use super::guard::{Signed, subprotocols};
use super::{ApiError, App, Peer};
use crate::net::ws;

const SUBPROTOCOL: &str = "coap";

/// Read buffer of one WebSocket. The library fills all of it with zeros before every read.
const READ_BUFFER: usize = 4 * 1024;

pub(super) async fn open(
    _signed: Signed,
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|_| {
        ApiError::bad_request(
            "no_websocket",
            "This address speaks CoAP over WebSocket (RFC 8323) and nothing else. Use a coap+ws:// client; for JSON use /api/v1.",
        )
    })?;
    if !subprotocols(&headers).contains(&SUBPROTOCOL) {
        app.counters.no_subprotocol.add();
        return Err(ApiError::bad_request(
            "no_subprotocol",
            "This WebSocket speaks the subprotocol coap; offer it in Sec-WebSocket-Protocol, and nothing else but token.<TOKEN>.",
        ));
    }
    let limits = &app.limits;
    let longest = limits.exchange.frame;
    let mut upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(READ_BUFFER)
        .max_write_buffer_size(longest.saturating_add(limits.bridge.send_queue).max(READ_BUFFER + 1))
        .max_message_size(longest)
        .max_frame_size(longest);
    upgrade.set_selected_protocol(HeaderValue::from_static(SUBPROTOCOL));
    let connection = ws::Connection {
        core: app.core.clone(),
        remote: peer.remote,
        page: headers.contains_key(header::ORIGIN),
        send_queue: limits.bridge.send_queue,
        send_timeout: limits.send_timeout(),
        counters: Arc::clone(&app.counters),
    };
    Ok(upgrade.on_upgrade(async move |socket| {
        let _place = peer;
        ws::serve(socket, connection).await;
    }))
}
