//! The HTTP side: session and list. Everything that a device itself says goes through [`crate::socket`].

use miniserde::{Deserialize, Serialize, json};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

use crate::browser::window;
use crate::model::{Page, Session};
use crate::moment::Moment;
use crate::state::DEVICES_LOADED;

/// How many devices are asked for at once.
const PAGE: usize = 1_000;

/// Why a request to the bridge brought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// 401: the bridge does not know us.
    NotSignedIn,
    /// No answer at all.
    Unreachable,
    /// An answer that says that something went wrong, or that cannot be read.
    Unexpected,
}

/// Who the bridge takes us for.
///
/// # Errors
///
/// [`ApiError::NotSignedIn`] without a valid cookie.
pub async fn session() -> Result<Session, ApiError> {
    fetch("GET", "/api/v1/session", None).await
}

/// Exchanges the token for the cookie.
///
/// # Errors
///
/// [`ApiError::NotSignedIn`] for a wrong token.
pub async fn sign_in(token: &str) -> Result<(), ApiError> {
    let body = json::to_string(&Token { token: token.to_owned() });
    fetch::<SignedIn>("POST", "/api/v1/session", Some(&body)).await.map(|_| ())
}

/// The whole list of devices, up to [`DEVICES_LOADED`].
///
/// # Errors
///
/// The first error of its pages.
pub async fn devices() -> Result<Page, ApiError> {
    let mut list: Page = Default::default();
    loop {
        let offset = list.clients.len();
        let mut page: Page =
            fetch("GET", &format!("/api/v1/clients?sort=endpoint&offset={offset}&limit={PAGE}"), None).await?;
        let last = page.clients.is_empty();
        list.total = page.total;
        if list.now == Moment(0) {
            list.now = page.now;
        }
        list.clients.append(&mut page.clients);
        if last || list.clients.len() >= list.total.min(DEVICES_LOADED) {
            return Ok(list);
        }
    }
}

#[derive(Serialize)]
struct Token {
    token: String,
}

/// Nothing of the answer is needed: the cookie is the browser's.
#[derive(Deserialize)]
struct SignedIn {}

async fn fetch<T: Deserialize>(method: &str, path: &str, body: Option<&str>) -> Result<T, ApiError> {
    let init = RequestInit::new();
    init.set_method(method);
    if let Some(body) = body {
        let headers = web_sys::Headers::new().map_err(|_| ApiError::Unexpected)?;
        headers.set("Content-Type", "application/json").map_err(|_| ApiError::Unexpected)?;
        init.set_headers(&headers);
        init.set_body(&JsValue::from_str(body));
    }
    let response =
        JsFuture::from(window().fetch_with_str_and_init(path, &init)).await.map_err(|_| ApiError::Unreachable)?;
    let response: Response = response.dyn_into().map_err(|_| ApiError::Unexpected)?;
    match response.status() {
        401 => return Err(ApiError::NotSignedIn),
        200..=299 => {}
        _ => return Err(ApiError::Unexpected),
    }
    let text = response.text().map_err(|_| ApiError::Unexpected)?;
    let text =
        JsFuture::from(text).await.map_err(|_| ApiError::Unreachable)?.as_string().ok_or(ApiError::Unexpected)?;
    json::from_str(&text).map_err(|_| ApiError::Unexpected)
}
