//! `/api/v1/session`: turns the token into a cookie, says who is signed in, signs out.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::guard::{Signed, cookie, refuse};
use super::{ApiError, App, Peer};
use crate::auth::{Identity, Proof, Refused, SESSION_SECONDS, SignedOut};
use crate::clock;

/// How long the body of a request may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct SignIn {
    token: String,
}

pub(super) async fn show(Signed(identity): Signed, State(app): State<App>) -> Json<Value> {
    Json(describe(&app, identity))
}

pub(super) async fn sign_in(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    body: Body,
) -> Result<Response, ApiError> {
    let body = read(body, &app).await?;
    let SignIn { token } = serde_json::from_slice(&body).map_err(|_| {
        ApiError::bad_request("bad_body", r#"The body must be JSON with the token in it: {"token":"…"}"#)
    })?;
    let now = clock::unix_seconds();
    let proof = Proof { token: Some(&token), cookie: None };
    match app.auth.check(proof, peer.remote.ip(), now).map_err(|refused| refuse(&app, refused))? {
        Identity::Open => Ok(Json(describe(&app, Identity::Open)).into_response()),
        Identity::Token | Identity::Cookie => {
            let session = app.auth.sign_in(now).map_err(|error| ApiError::internal(&error))?;
            let cookie = set_cookie(&app, &session.cookie, SESSION_SECONDS)?;
            Ok(([(header::SET_COOKIE, cookie)], Json(describe(&app, Identity::Cookie))).into_response())
        }
    }
}

pub(super) async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    let Some(value) = cookie(&headers, &app.cookie_name) else { return Err(refuse(&app, Refused::Nothing)) };
    let out = app.auth.sign_out(value, clock::unix_seconds()).map_err(|error| ApiError::internal(&error))?;
    if out == SignedOut::Everybody {
        app.counters.sessions_ended.add();
    }
    let gone = set_cookie(&app, "", 0)?;
    Ok(([(header::SET_COOKIE, gone)], Json(json!({ "authenticated": false }))).into_response())
}

fn describe(app: &App, identity: Identity) -> Value {
    json!({
        "authenticated": true,
        "auth": identity.word(),
        "version": env!("CARGO_PKG_VERSION"),
        "coap": app.coap,
        "now": clock::utc().to_string(),
        "uptime": app.clock.uptime().as_secs(),
    })
}

fn set_cookie(app: &App, value: &str, seconds: u64) -> Result<HeaderValue, ApiError> {
    let name = &app.cookie_name;
    format!("{name}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Strict")
        .parse()
        .map_err(|_| ApiError::internal(&anyhow::anyhow!("the cookie is no header value")))
}

async fn read(body: Body, app: &App) -> Result<axum::body::Bytes, ApiError> {
    let most = app.limits.bridge.http_body;
    match tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, most)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => {
            app.counters.http_bodies_refused.add();
            Err(ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                format!("The body is cut short or has more than {most} bytes. Send less, or raise --limit http-body."),
            ))
        }
        Err(_) => Err(ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_too_slow",
            "The body of the request did not arrive in time. Send it again.",
        )),
    }
}
