//! `/api/v1/clients`: the devices that are registered.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use lwm2m_engine::EndpointName;
use serde::{Deserialize, Serialize};

use super::guard::Signed;
use super::json::Client;
use super::{ApiError, App};
use crate::core::{ListQuery, Sort};

/// Devices in one answer, if the request does not say.
const DEFAULT_LIMIT: usize = 100;

/// Devices in one answer at most.
const MOST: usize = 1_000;

#[derive(Default, Deserialize)]
pub(super) struct Parameters {
    q: Option<String>,
    sort: Option<String>,
    offset: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

#[derive(Serialize)]
struct List<'a> {
    total: usize,
    revision: &'a str,
    now: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    clients: Vec<Client<'a>>,
}

pub(super) async fn list(
    _signed: Signed,
    State(app): State<App>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(parameters) = parameters
        .map_err(|_| ApiError::bad_request("bad_query", "The query could not be read: each name at most once."))?;
    let page = app.core.list(query(parameters)?).await?;
    let list = List {
        total: page.total,
        revision: &page.revision,
        now: page.now.to_string(),
        next: page.next.map(|next| next.to_string()),
        clients: page.devices.iter().map(Client::from).collect(),
    };
    Ok(Json(list).into_response())
}

pub(super) async fn one(
    _signed: Signed,
    State(app): State<App>,
    endpoint: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let endpoint = endpoint.ok().and_then(|Path(name)| name.parse::<EndpointName>().ok());
    let device = match endpoint {
        Some(endpoint) => app.core.device(endpoint).await?,
        None => None,
    };
    match device {
        Some(device) => Ok(Json(Client::from(&device)).into_response()),
        None => Err(ApiError::not_found(
            "device_not_found",
            "No device of this name is registered. Names are compared letter by letter; GET /api/v1/clients lists them.",
        )),
    }
}

fn query(parameters: Parameters) -> Result<ListQuery, ApiError> {
    let number = |name: &'static str, text: Option<String>| match text {
        None => Ok(None),
        Some(text) => text
            .parse::<usize>()
            .map(Some)
            .map_err(|_| ApiError::bad_request("bad_query", format!("{name}= must be a whole number, not {text:?}."))),
    };
    let offset = number("offset", parameters.offset)?;
    let cursor = number("cursor", parameters.cursor)?;
    let limit = number("limit", parameters.limit)?.unwrap_or(DEFAULT_LIMIT);
    if limit > MOST {
        return Err(ApiError::bad_request(
            "bad_query",
            format!("limit= must be at most {MOST}. Take the list in parts: cursor= continues it."),
        ));
    }
    let text = parameters.sort.unwrap_or_else(|| "endpoint".into());
    let (name, descending) = match text.strip_prefix('-') {
        Some(name) => (name, true),
        None => (text.as_str(), false),
    };
    let Some((_, sort)) = Sort::ALL.into_iter().find(|(known, _)| *known == name) else {
        let known: Vec<_> = Sort::ALL.iter().map(|(name, _)| *name).collect();
        let message =
            format!("sort= must be one of {}, with a minus before it for the other way round.", known.join(", "));
        return Err(ApiError::bad_request("bad_query", message));
    };
    Ok(ListQuery {
        part: parameters.q.unwrap_or_default(),
        sort,
        descending,
        offset: cursor.or(offset).unwrap_or(0),
        limit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ListQuery, String> {
        let uri: axum::http::Uri = format!("/?{text}").parse().unwrap();
        let Query(parameters) = Query::try_from_uri(&uri).map_err(|error| error.to_string())?;
        query(parameters).map_err(|error| error.message.into_owned())
    }

    #[test]
    fn queries() {
        let plain = ListQuery { part: String::new(), sort: Sort::Endpoint, descending: false, offset: 0, limit: 100 };
        for (text, want) in [
            ("", plain.clone()),
            ("q=dev%2F1&limit=5&offset=7", ListQuery { part: "dev/1".into(), limit: 5, offset: 7, ..plain.clone() }),
            ("sort=-registered", ListQuery { sort: Sort::Registered, descending: true, ..plain.clone() }),
            ("cursor=9&offset=1", ListQuery { offset: 9, ..plain.clone() }),
            ("limit=1000&other=x", ListQuery { limit: 1_000, ..plain.clone() }),
            ("limit=0", ListQuery { limit: 0, ..plain }),
        ] {
            assert_eq!(read(text), Ok(want), "{text}");
        }
    }

    #[test]
    fn wrong_queries_say_what_is_right() {
        for (text, part) in [
            ("limit=1001", "at most 1000"),
            ("limit=-1", "limit= must be a whole number"),
            ("offset=x", "offset="),
            ("cursor=x", "cursor="),
            ("sort=name", "one of endpoint, registered"),
            ("sort=--endpoint", "one of endpoint"),
            ("q=a&q=b", "duplicate"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
