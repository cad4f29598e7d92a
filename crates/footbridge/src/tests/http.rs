//! Names, tokens, cookies, files, limits.

use std::io::{Read as _, Write as _};

use super::support::{Answer, Bridge, TOKEN};
use crate::serve::TokenFrom;

const BEARER: (&str, &str) = ("Authorization", "Bearer 0123456789abcdefghij");

#[test]
fn what_needs_a_token_and_what_does_not() {
    let bridge = Bridge::start();
    for (path, without, with) in [
        ("/healthz", 200, 200),
        ("/", 200, 200),
        ("/index.html", 200, 200),
        ("/devices/a/3/0", 200, 200),
        ("/api/v1/session", 401, 200),
        ("/api/v1/clients", 401, 200),
        ("/api/v1/clients/a", 401, 404),
        ("/metrics", 401, 200),
        ("/api/v1/events?kinds=x", 401, 400),
        ("/.well-known/coap", 401, 400),
    ] {
        let line = format!("GET {path}");
        assert_eq!(bridge.ask(&line, &[], "").status, without, "{path} without");
        assert_eq!(bridge.ask(&line, &[BEARER], "").status, with, "{path} with");
        let wrong = bridge.ask(&line, &[("Authorization", "Bearer 0123456789abcdefghiX")], "");
        assert_eq!(wrong.status, without, "{path} with a wrong one");
        if without == 401 {
            assert_eq!(wrong.error(), (401, "wrong_token".into()));
        }
    }
    assert_eq!(bridge.ask("GET /api/v1/clients", &[], "").error(), (401, "not_signed_in".into()));
    assert_eq!(
        bridge.ask("GET /api/v1/clients", &[("Authorization", "Basic x")], "").error(),
        (401, "not_signed_in".into())
    );
    assert_eq!(bridge.counter("footbridge_wrong_token_total"), 6);
}

#[test]
fn errors_are_json_also_where_nothing_is() {
    let bridge = Bridge::start();
    for (line, want) in [
        ("GET /api", (404, "no_such_path")),
        ("GET /api/", (404, "no_such_path")),
        ("GET /api/v1", (404, "no_such_path")),
        ("GET /api/v1/nothing", (404, "no_such_path")),
        ("GET /api/v2/clients", (404, "no_such_path")),
        ("POST /api/v1/clients", (405, "method_not_allowed")),
        ("PUT /api/v1/session", (405, "method_not_allowed")),
        ("POST /healthz", (405, "method_not_allowed")),
        ("POST /", (405, "method_not_allowed")),
        ("GET /missing.js", (404, "no_such_path")),
        ("GET /.well-known/other", (404, "no_such_path")),
        ("GET /api/v1/clients/none", (404, "device_not_found")),
        ("GET /api/v1/clients/%ff", (404, "device_not_found")),
        ("GET /api/v1/clients?limit=x", (400, "bad_query")),
        ("GET /api/v1/events?ep=..", (400, "bad_query")),
    ] {
        let answer = bridge.ask(line, &[BEARER], "");
        assert_eq!(answer.status, want.0, "{line}");
        assert_eq!(answer.error(), (want.0, want.1.into()), "{line}");
        assert_eq!(answer.header("allow").is_some(), want.0 == 405, "{line}");
    }
}

#[test]
fn every_answer_has_the_careful_headers() {
    let bridge = Bridge::start();
    for line in ["GET /", "GET /api/v1/clients", "GET /api/nothing", "POST /", "GET /healthz"] {
        for host in [bridge.http.to_string(), "evil.example".to_owned()] {
            let answer = bridge.ask(line, &[("Host", &host)], "");
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "no-referrer"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                (
                    "content-security-policy",
                    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                ),
            ] {
                assert_eq!(answer.header(name), Some(value), "{line} {host}");
            }
            let page = line == "GET /" && host != "evil.example";
            assert_eq!(
                answer.header("cache-control"),
                Some(if page { "no-cache" } else { "no-store" }),
                "{line} {host}"
            );
        }
    }
}

#[test]
fn foreign_names_are_refused_everywhere() {
    let bridge = Bridge::start();
    let port = bridge.http.port();
    let local = format!("localhost:{port}");
    let own = format!("http://127.0.0.1:{port}");
    for path in ["/", "/healthz", "/api/v1/clients", "/.well-known/coap", "/metrics", "/nothing"] {
        let line = format!("GET {path}");
        for (headers, want) in [
            (vec![("Host", "evil.example")], Some("foreign_host")),
            (vec![("Host", "127.0.0.1")], Some("foreign_host")),
            (vec![("Origin", "http://evil.example")], Some("foreign_origin")),
            (vec![("Origin", "null")], Some("foreign_origin")),
            (vec![("Origin", "http://127.0.0.1:1")], Some("foreign_origin")),
            (vec![("Host", local.as_str()), ("Origin", own.as_str())], None),
        ] {
            let mut headers = headers;
            headers.push(BEARER);
            let answer = bridge.ask(&line, &headers, "");
            match want {
                Some(code) => assert_eq!(answer.error(), (403, code.into()), "{path} {headers:?}"),
                None => assert_ne!(answer.status, 403, "{path} {headers:?}"),
            }
        }
    }
    let absolute = bridge.ask("GET http://evil.example/healthz", &[], "");
    assert_eq!(absolute.error(), (403, "foreign_host".into()));
    assert_eq!(bridge.counter("footbridge_foreign_host_total"), 6 * 2 + 1);
    assert_eq!(bridge.counter("footbridge_foreign_origin_total"), 6 * 3);
}

fn cookie_of(answer: &Answer) -> String {
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

#[test]
fn the_token_becomes_a_cookie_and_the_cookie_ends() {
    let bridge = Bridge::start();
    let body = format!("{{\"token\":\"{TOKEN}\"}}");
    let signed_in = bridge.ask("POST /api/v1/session", &[("Content-Type", "application/json")], &body);
    assert_eq!((signed_in.status, &signed_in.json()["auth"]), (200, &"cookie".into()));
    let set = signed_in.header("set-cookie").unwrap();
    assert!(set.starts_with(&format!("footbridge_{}=", bridge.http.port())), "{set}");
    for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=2592000"] {
        assert!(set.contains(part), "{set}");
    }
    let cookie = cookie_of(&signed_in);
    let who = bridge.ask("GET /api/v1/session", &[("Cookie", &cookie)], "").json();
    assert_eq!((&who["authenticated"], &who["auth"]), (&true.into(), &"cookie".into()));
    assert_eq!(who["coap"], serde_json::json!([format!("coap://{}", bridge.coap)]));
    assert_eq!(bridge.get("/api/v1/session").json()["auth"], "token");

    let forged = format!("{}x", cookie);
    assert_eq!(bridge.ask("GET /api/v1/clients", &[("Cookie", &forged)], "").error(), (401, "not_signed_in".into()));

    let out = bridge.ask("DELETE /api/v1/session", &[("Cookie", &cookie)], "");
    assert_eq!(out.status, 200);
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(bridge.ask("GET /api/v1/session", &[("Cookie", &cookie)], "").error(), (401, "not_signed_in".into()));
    assert_eq!(bridge.ask("DELETE /api/v1/session", &[], "").error(), (401, "not_signed_in".into()));
}

#[test]
fn signing_in_is_checked() {
    let bridge = Bridge::start();
    for (body, want) in [
        ("{\"token\":\"wrong\"}", (401, "wrong_token")),
        ("{\"token\":7}", (400, "bad_body")),
        ("{}", (400, "bad_body")),
        ("token", (400, "bad_body")),
        ("", (400, "bad_body")),
    ] {
        assert_eq!(bridge.ask("POST /api/v1/session", &[], body).error(), (want.0, want.1.into()), "{body}");
    }
    let long = "x".repeat(64 * 1024 + 1);
    assert_eq!(bridge.ask("POST /api/v1/session", &[], &long).error(), (413, "body_too_large".into()));
    assert_eq!(bridge.counter("footbridge_http_bodies_refused_total"), 1);
}

#[test]
fn guessing_ends_in_429() {
    let bridge = Bridge::start_with(|config| config.limits.bridge.wrong_tokens = 3);
    let guess = |n: u8| bridge.ask("POST /api/v1/session", &[], &format!("{{\"token\":\"{n}\"}}")).error().0;
    // Slow machines may take longer than the second after which one more is allowed.
    let answers: Vec<_> = (0..20).map(guess).collect();
    assert_eq!(answers[..3], [401; 3]);
    assert!(answers.contains(&429), "{answers:?}");
}

#[test]
fn without_a_token_only_the_names_count() {
    let bridge = Bridge::start_with(|config| config.token = TokenFrom::Nowhere);
    assert_eq!(bridge.ask("GET /api/v1/clients", &[], "").status, 200);
    assert_eq!(bridge.ask("GET /api/v1/session", &[], "").json()["auth"], "none");
    assert_eq!(bridge.ask("POST /api/v1/session", &[], "{\"token\":\"any\"}").status, 200);
    assert_eq!(bridge.ask("GET /api/v1/clients", &[("Origin", "http://evil.example")], "").status, 403);
    assert_eq!(bridge.ask("GET /api/v1/clients", &[("Host", "evil.example")], "").status, 403);
}

#[test]
fn the_page_is_kept_by_its_tag() {
    let bridge = Bridge::start();
    let page = bridge.ask("GET /", &[], "");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.body.starts_with("<!doctype html>") || page.body.starts_with("<!DOCTYPE html>"), "{}", page.body);
    assert_eq!(page.header("vary"), Some("accept-encoding"));
    let tag = page.header("etag").unwrap();
    let again = bridge.ask("GET /", &[("If-None-Match", tag)], "");
    assert_eq!((again.status, again.bytes.len(), again.header("etag")), (304, 0, Some(tag)));
    let head = bridge.ask("HEAD /", &[], "");
    assert_eq!((head.status, head.bytes.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some(page.bytes.len().to_string().as_str()));
    assert_eq!(bridge.ask("GET /devices/x", &[], "").bytes, page.bytes);
    assert_eq!(bridge.ask("GET /devices/my.device", &[("Accept", "text/html")], "").bytes, page.bytes);
}

#[test]
fn heads_are_bounded() {
    let bridge = Bridge::start();
    let long = "x".repeat(20_000);
    assert_eq!(bridge.ask("GET /healthz", &[("X-Long", &long)], "").status, 431);
    let many: Vec<_> = (0..70).map(|_| ("X-Many", "x")).collect();
    assert_eq!(bridge.ask("GET /healthz", &many, "").status, 431);
    assert_eq!(bridge.ask("GET /healthz", &[], "").body, "ok\n");
}

#[test]
fn connections_are_bounded_and_slow_heads_end() {
    let bridge = Bridge::start_with(|config| {
        config.limits.bridge.connections = 3;
        config.limits.bridge.header_seconds = 2;
    });
    let mut slow: Vec<_> = (0..3).map(|_| bridge.connect()).collect();
    for stream in &mut slow {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost:").unwrap();
    }
    super::support::until("a connection is refused", || {
        let answer = bridge.ask("GET /healthz", &[], "");
        answer.status == 503 && answer.error().1 == "too_many_connections"
    });
    // The slow ones are sent away, and there is room again.
    for stream in &mut slow {
        let mut rest = Vec::new();
        let _reset_or_end = stream.read_to_end(&mut rest);
    }
    super::support::until("there is room", || bridge.ask("GET /healthz", &[], "").status == 200);
    assert!(bridge.counter("footbridge_connections_refused_total") >= 1);
    assert_eq!(bridge.counter("footbridge_heads_timed_out_total"), 3);
}

#[test]
fn metrics_are_prometheus_text() {
    let bridge = Bridge::start();
    let answer = bridge.get("/metrics");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in answer.body.lines() {
        let mut words = line.split(' ');
        match words.next().unwrap() {
            "#" => assert!(["HELP", "TYPE"].contains(&words.next().unwrap()), "{line}"),
            name => {
                assert!(
                    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
                    "{line}"
                );
                words.next().unwrap().parse::<u64>().unwrap();
            }
        }
    }
    for name in ["footbridge_registrations", "footbridge_lwm2m_registered_total", "footbridge_coap_malformed_total"] {
        assert_eq!(bridge.counter(name), 0, "{name}");
    }
}

#[test]
fn it_stops_quickly_even_with_idle_connections() {
    let bridge = Bridge::start();
    let mut idle = bridge.connect();
    idle.write_all(b"GET /hea").unwrap();
    let _coap_idle = bridge.connect();
    let took = bridge.stop();
    assert!(took.as_secs_f32() < 2.0, "{took:?}");
}
