//! The console: files that are part of the binary, with their compressed copies.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use rust_embed::RustEmbed;

use crate::api::ApiError;

/// The folder that the build script found.
#[derive(RustEmbed)]
#[folder = "$FOOTBRIDGE_CONSOLE_DIR"]
struct Console;

const INDEX: &str = "index.html";
/// The folder of the payload playground, a page of its own beside the console.
const PLAYGROUND: &str = "playground";

/// Answers every path that no other part knows: a file, the page itself for the paths of its views, or 404.
pub(crate) async fn serve(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let error = ApiError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "Files can be read only, with GET or HEAD.",
        );
        return ([(header::ALLOW, "GET, HEAD")], error).into_response();
    }
    if request.headers().contains_key(header::UPGRADE) {
        let text = "There is no WebSocket here. CoAP is at /.well-known/coap, events are at /api/v1/events.";
        return ApiError::not_found("no_such_path", text).into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    let name = match path {
        "" => INDEX,
        // Its files are named relative to the folder.
        PLAYGROUND => return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, "/playground/")]).into_response(),
        "playground/" => "playground/index.html",
        path if is_file(path) => path,
        path if is_view(path, request.headers()) => INDEX,
        _ => return ApiError::not_found("no_such_path", "There is no such file. The console is at /.").into_response(),
    };
    respond(name, request.headers(), embedded)
}

/// A file as it was built in.
#[derive(Clone)]
struct File {
    data: Cow<'static, [u8]>,
    hash: [u8; 32],
}

fn embedded(name: &str) -> Option<File> {
    Console::get(name).map(|file| File { hash: file.metadata.sha256_hash(), data: file.data })
}

fn is_file(path: &str) -> bool {
    !path.ends_with(".br") && !path.ends_with(".gz") && Console::get(path).is_some()
}

/// Whether the console has a view for this path. A name in a view may hold a dot, so a browser that wants a page gets it.
fn is_view(path: &str, headers: &HeaderMap) -> bool {
    let wants_page = headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/html"));
    let last = path.rsplit('/').next().unwrap_or_default();
    let not_ours = ["api", ".well-known", PLAYGROUND].contains(&path.split('/').next().unwrap_or_default());
    !not_ours && (wants_page || !last.contains('.'))
}

fn respond(name: &str, headers: &HeaderMap, get: impl Fn(&str) -> Option<File>) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let chosen = negotiate(accepted).into_iter().find_map(|coding| Some((coding, get(&coding.name_of(name))?)));
    let Some((coding, file)) = chosen else {
        return ApiError::not_found("no_such_path", "There is no such file. The console is at /.").into_response();
    };
    let etag = etag(file.hash, coding);
    let mut response = if headers.get(header::IF_NONE_MATCH).is_some_and(|seen| is_current(seen, &etag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match file.data {
            Cow::Borrowed(data) => Body::from(data),
            Cow::Owned(data) => Body::from(data),
        }
        .into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching(name)));
    if let Ok(etag) = etag.parse() {
        headers.insert(header::ETAG, etag);
    }
    if let Some(coding) = coding.word() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Brotli,
    Gzip,
    Identity,
}

impl Coding {
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// The name of the copy that is packed so.
    fn name_of(self, name: &str) -> String {
        match self {
            Self::Brotli => format!("{name}.br"),
            Self::Gzip => format!("{name}.gz"),
            Self::Identity => name.to_owned(),
        }
    }
}

/// The codings that the client takes, best first; identity last in any case, since there is nothing better to answer.
///
/// Source: RFC 9110, "Accept-Encoding".
fn negotiate(accepted: &str) -> Vec<Coding> {
    let weight_of = |wanted: &str| {
        let mut any = None;
        for part in accepted.split(',') {
            let mut pieces = part.split(';').map(str::trim);
            let name = pieces.next().unwrap_or_default();
            let weight = pieces.find_map(|piece| piece.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse::<f32>().ok());
            let weight = weight.filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0);
            if name.eq_ignore_ascii_case(wanted) {
                return weight;
            }
            if name == "*" {
                any = Some(weight);
            }
        }
        any.unwrap_or(0.0)
    };
    let mut codings: Vec<_> =
        [(Coding::Brotli, weight_of("br")), (Coding::Gzip, weight_of("gzip").max(weight_of("x-gzip")))]
            .into_iter()
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
    codings.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let mut codings: Vec<_> = codings.into_iter().map(|(coding, _)| coding).collect();
    codings.push(Coding::Identity);
    codings
}

/// A strong tag: another one for each coding, as the bytes differ.
fn etag(hash: [u8; 32], coding: Coding) -> String {
    let hex: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}{}\"", coding.word().map(|word| format!("-{word}")).unwrap_or_default())
}

fn is_current(seen: &HeaderValue, etag: &str) -> bool {
    let seen = seen.to_str().unwrap_or_default();
    seen.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// Files with a hash in their name never change.
fn caching(name: &str) -> &'static str {
    if is_hashed(name) { "public, max-age=31536000, immutable" } else { "no-cache" }
}

/// `console-0123456789abcdef_bg.wasm`: a dash and at least eight hexadecimal digits before the ending.
fn is_hashed(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    stem.rsplit_once('-').is_some_and(|(_, hash)| hash.len() >= 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "webmanifest" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings_are_negotiated_by_weight() {
        use Coding::{Brotli, Gzip, Identity};
        for (accepted, want) in [
            ("", vec![Identity]),
            ("gzip, deflate, br, zstd", vec![Brotli, Gzip, Identity]),
            ("gzip", vec![Gzip, Identity]),
            ("br;q=0.5, gzip;q=0.9", vec![Gzip, Brotli, Identity]),
            ("br;q=0, *", vec![Gzip, Identity]),
            ("*", vec![Brotli, Gzip, Identity]),
            ("*;q=0", vec![Identity]),
            ("identity", vec![Identity]),
            ("BR", vec![Brotli, Identity]),
            ("x-gzip", vec![Gzip, Identity]),
            ("br;q=x, gzip; q=0.1", vec![Gzip, Identity]),
            ("brotli", vec![Identity]),
        ] {
            assert_eq!(negotiate(accepted), want, "{accepted:?}");
        }
    }

    #[test]
    fn the_best_copy_is_sent() {
        let get = |name: &str| {
            let data: &'static [u8] = match name {
                "a.wasm" => b"plain",
                "a.wasm.br" => b"brotli",
                "a.wasm.gz" => b"gzip",
                "b.svg" => b"picture",
                _ => return None,
            };
            Some(File { data: Cow::Borrowed(data), hash: [0xab; 32] })
        };
        for (name, accepted, coding, tag) in [
            ("a.wasm", "gzip, br", Some("br"), "\"abababababababababababab-br\""),
            ("a.wasm", "gzip", Some("gzip"), "\"abababababababababababab-gzip\""),
            ("a.wasm", "", None, "\"abababababababababababab\""),
            ("b.svg", "gzip, br", None, "\"abababababababababababab\""),
        ] {
            let headers: HeaderMap = [(header::ACCEPT_ENCODING, accepted.parse().unwrap())].into_iter().collect();
            let response = respond(name, &headers, get);
            assert_eq!(response.status(), StatusCode::OK);
            let value = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
            assert_eq!(
                (value(header::CONTENT_ENCODING), value(header::ETAG)),
                (coding, Some(tag)),
                "{name} {accepted}"
            );
            assert_eq!(value(header::VARY), Some("accept-encoding"), "also where there is one copy only");
            let kind = if name == "a.wasm" { "application/wasm" } else { "image/svg+xml" };
            assert_eq!(value(header::CONTENT_TYPE), Some(kind));
        }
        assert_eq!(respond("c", &HeaderMap::new(), get).status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn only_hashed_names_are_kept_for_ever() {
        for (name, want) in [
            ("console-0123456789abcdef.js", true),
            ("console-0123456789abcdef_bg.wasm", true),
            ("boot-01234567.js", true),
            ("index.html", false),
            ("favicon.svg", false),
            ("boot-1234567.js", false),
            ("boot-notahash.js", false),
        ] {
            assert_eq!(is_hashed(name), want, "{name}");
        }
    }

    #[test]
    fn views_are_told_from_files() {
        let page: HeaderMap = [(header::ACCEPT, "text/html,*/*".parse().unwrap())].into_iter().collect();
        for (path, plain, browser) in [
            ("devices", true, true),
            ("devices/urn:dev:1/3/0", true, true),
            ("devices/my.device", false, true),
            ("missing.js", false, true),
            (".well-known/security.txt", false, false),
            ("playground/js/gone.js", false, false),
            ("api/", false, false),
            ("apiary", true, true),
        ] {
            assert_eq!(is_view(path, &HeaderMap::new()), plain, "{path}");
            assert_eq!(is_view(path, &page), browser, "{path}");
        }
    }

    #[test]
    fn tags_match() {
        for (seen, want) in
            [("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("\"b\"", false), ("a", false)]
        {
            assert_eq!(is_current(&seen.parse().unwrap(), "\"a\""), want, "{seen}");
        }
    }
}
