//! HTTP: who answers which path, and what stands around every answer.

mod clients;
mod coap;
pub(crate) mod error;
pub(crate) mod event;
mod events;
mod guard;
pub(crate) mod json;
mod session;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

pub(crate) use error::ApiError;
pub(crate) use guard::Names;

use crate::assets;
use crate::auth::Auth;
use crate::clock::Clock;
use crate::core::{Handle, Stopped};
use crate::counters::Counters;
use crate::limits::Limits;
pub(crate) use crate::net::http::Peer;

/// What every handler may use. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

/// The parts of an [`App`].
pub(crate) struct Inner {
    pub(crate) core: Handle,
    pub(crate) auth: Auth,
    pub(crate) names: Names,
    pub(crate) cookie_name: String,
    pub(crate) clock: Clock,
    pub(crate) counters: Arc<Counters>,
    pub(crate) limits: Limits,
    /// Where devices register, as URIs.
    pub(crate) coap: Vec<String>,
}

impl App {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }
}

impl std::ops::Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// The name of our cookie. Cookies know no ports, so the port is in the name: two bridges do not sign each other out.
pub(crate) fn cookie_name(http: SocketAddr) -> String {
    format!("footbridge_{}", http.port())
}

/// All paths.
pub(crate) fn router(app: App) -> Router {
    let v1 = Router::new()
        .route("/session", get(session::show).post(session::sign_in).delete(session::sign_out))
        .route("/clients", get(clients::list))
        .route("/clients/{endpoint}", get(clients::one))
        .route("/events", get(events::open))
        .method_not_allowed_fallback(wrong_method)
        .fallback(no_such_path);
    let api = Router::new().nest("/v1", v1).fallback(no_such_path);
    Router::new()
        .nest("/api", api)
        .route("/.well-known/coap", get(coap::open))
        .route("/healthz", get(async || "ok\n"))
        .route("/metrics", get(metrics))
        .method_not_allowed_fallback(wrong_method)
        .fallback(assets::serve)
        .layer(from_fn_with_state(app.clone(), guard::check_names))
        .layer(from_fn(set_headers))
        .layer(from_fn_with_state(app.clone(), count))
        .with_state(app)
}

async fn metrics(_signed: guard::Signed, State(app): State<App>) -> Result<Response, ApiError> {
    let text = app.core.metrics().await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

async fn no_such_path() -> ApiError {
    ApiError::not_found("no_such_path", "There is nothing at this path. The lists start at /api/v1/clients.")
}

async fn wrong_method() -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This path does not take that method; the Allow header says which it takes.",
    )
}

async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    app.counters.http_requests.add();
    next.run(request).await
}

/// The headers that make a browser careful with every answer. `Cache-Control` is set here unless the handler did.
async fn set_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Source of the policy: design.md, "Safe by default".
const SECURITY_HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

impl From<Stopped> for ApiError {
    fn from(Stopped: Stopped) -> Self {
        Self::stopping()
    }
}
