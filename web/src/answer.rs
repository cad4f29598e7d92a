//! From the response of a device to what the page shows of it.

use std::rc::Rc;

use coap_exchange::{CoapOption, ExchangeError, Request, Response};
use lwm2m::{ContentFormat, Context, Discovery, Entry, Level, Limits, Path, codec};

use crate::command::{Act, Command};
use crate::exchange::{Answer, Exchange};
use crate::model::Client;
use crate::moment::Moment;

/// A command on its way.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What was asked.
    pub command: Command,
    /// How.
    pub request: Request,
    /// When.
    pub sent: Moment,
}

/// What a command came to. A success is decoded with the versions that the device registered.
pub fn exchange(client: &Client, asked: Asked, took: i64, result: Result<Response, ExchangeError>) -> Exchange {
    let Asked { command, request, sent } = asked;
    let observes = command.act == Act::Observe
        && result.as_ref().is_ok_and(|response| response.is_success() && response.observe().is_some());
    let answer = match result {
        Err(error) => Answer::Nothing(error),
        Ok(response) => {
            let format = response.content_format().map(ContentFormat);
            let (mut entries, mut error, mut found, mut created) = (Vec::new(), None, None, None);
            if response.is_success() {
                match &command.act {
                    Act::Discover { .. } => match discovery(client, &response.payload) {
                        _ if format != Some(ContentFormat::LINK_FORMAT) => {
                            error = Some(("this is no list of links".to_owned(), None));
                        }
                        Ok(discovery) => found = Some(Rc::new(discovery)),
                        Err(broken) => error = Some((broken, None)),
                    },
                    Act::Create(_) => created = location(&response),
                    Act::Read | Act::Observe | Act::StopObserving => {
                        match decode(client, command.path, format, &response.payload) {
                            Ok(decoded) => entries = decoded,
                            Err(broken) => error = Some((broken.to_string(), broken.at())),
                        }
                    }
                    _ => {}
                }
            }
            Answer::Response {
                code: response.code_text(),
                format,
                payload: response.payload,
                entries,
                error,
                found,
                created,
            }
        }
    };
    Exchange { number: 0, command, request, sent, took, answer, observes, notification: 0 }
}

/// The answer of a Discover. The bridge has put `/ep/<name>` before the paths, and the device its root.
fn discovery(client: &Client, payload: &[u8]) -> Result<Discovery, String> {
    let text = String::from_utf8_lossy(payload);
    let name = text.split_once("</ep/").and_then(|(_, rest)| rest.split(['/', '>']).next());
    let prefix = match name {
        Some(name) => format!("/ep/{name}{}", client.root.trim_end_matches('/')),
        None => client.root.clone(),
    };
    Discovery::parse(payload, &prefix, &Limits::DEFAULT).map_err(|error| error.to_string())
}

/// The path that the options Location-Path end with: object and instance.
fn location(response: &Response) -> Option<Path> {
    let segments: Vec<&[u8]> = response.options.iter(CoapOption::LocationPath).collect();
    let last = segments.get(segments.len().checked_sub(2)?..)?;
    Path::from_segments(last.iter().copied()).ok()
}

/// Without a Content-Format a single value is plain text, and anything else is TLV.
///
/// Source: OMA LwM2M Core 1.0, "Data Formats for Transferring Resource Information", the default when none is given.
fn decode(
    client: &Client,
    path: Path,
    format: Option<ContentFormat>,
    payload: &[u8],
) -> Result<Vec<Entry<'static>>, codec::DecodeError> {
    let is_single = matches!(path.level(), Level::Resource | Level::ResourceInstance);
    let format = format.unwrap_or(if is_single { ContentFormat::TEXT } else { ContentFormat::TLV });
    let models = client.models();
    let context = Context::new(format, path, &models).with_root(&client.root);
    Ok(codec::decode(payload, &context)?.into_owned().into_entries())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Outcome;
    use coap_exchange::ResponseType;
    use lwm2m::Value;

    fn read(path: &str, response: Response) -> Exchange {
        let client = Client { lwm2m: "1.1".to_owned(), ..Default::default() };
        of(&client, path, Act::Read, response)
    }

    fn of(client: &Client, path: &str, act: Act, response: Response) -> Exchange {
        let command = Command::new(path.parse().unwrap(), act);
        let request = command.request(client, &client.models()).unwrap();
        exchange(client, Asked { command, request, sent: Moment(0) }, 38, Ok(response))
    }

    #[test]
    fn decodes_with_the_model() {
        let tlv = Response::new(ResponseType::Content).with_content_format(11542).with_payload([0xC1, 0x09, 0x64]);
        let Answer::Response { entries, code, .. } = read("/3/0", tlv).answer else { panic!("no response") };
        assert_eq!((code.as_str(), entries), ("2.05", vec![Entry::new(Path::resource(3, 0, 9), Value::Integer(100))]));
        let text = Response::new(ResponseType::Content).with_payload(*b"Acme");
        let Answer::Response { entries, .. } = read("/3/0/0", text).answer else { panic!("no response") };
        assert_eq!(entries, [Entry::new(Path::resource(3, 0, 0), Value::String("Acme".into()))]);
    }

    #[test]
    fn says_where_a_payload_is_broken() {
        let cut =
            Response::new(ResponseType::Content).with_content_format(11542).with_payload([0xC8, 0x00, 0x14, 0x4F]);
        let exchange = read("/3/0", cut);
        let Answer::Response { error: Some((words, at)), .. } = &exchange.answer else { panic!("no error") };
        assert_eq!((words.as_str(), *at), ("payload ends at byte 4, 19 more needed", Some(4)));
        assert!(!exchange.is_success());
    }

    #[test]
    fn an_error_is_not_decoded() {
        let missing = Response::new(ResponseType::NotFound).with_diagnostic("no such resource");
        let words = "4.04: the device does not have it".to_owned();
        assert_eq!(
            read("/3/0/99", missing).outcome(),
            Outcome::Failed { words, detail: "no such resource".to_owned() }
        );
    }

    #[test]
    fn discover_comes_with_the_prefix_of_the_bridge() {
        let discover = |endpoint: &str, root: &str, body: &str| {
            let client = Client { endpoint: endpoint.to_owned(), root: root.to_owned(), ..Default::default() };
            let links = Response::new(ResponseType::Content).with_content_format(40).with_payload(body);
            match of(&client, "/3", Act::Discover { quiet: false }, links).answer {
                Answer::Response { found: Some(found), .. } => {
                    found.found.iter().map(|one| one.path.to_string()).collect::<Vec<_>>().join(" ")
                }
                Answer::Response { error: Some((words, _)), .. } => words,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(discover("a@b", "/", "</ep/a%40b/3>;pmin=5,</ep/a%40b/3/0/9>"), "/3 /3/0/9");
        assert_eq!(discover("x", "/lwm2m", "</ep/x/lwm2m/3>,</ep/x/lwm2m/3/0>"), "/3 /3/0");
        assert_eq!(discover("x", "/", "</3>,</3/0>"), "/3 /3/0", "a list too long for the bridge comes as it is");
        assert!(discover("x", "/", "no links").contains("expected"));
    }

    #[test]
    fn a_new_instance_is_named_by_its_location() {
        let created = Response::new(ResponseType::Created)
            .with_location("ep")
            .with_location("x")
            .with_location("3303")
            .with_location("4");
        let exchange = of(&Client::default(), "/3303", Act::Create(vec![]), created);
        assert!(
            matches!(exchange.answer, Answer::Response { created: Some(path), .. } if path == Path::instance(3303, 4))
        );
    }
}
