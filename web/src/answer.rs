//! From the response of a device to what the page shows of it.

use coap_exchange::{ExchangeError, Response};
use lwm2m::{ContentFormat, Context, Entry, Level, Path, codec};

use crate::device::{Answer, Exchange};
use crate::model::Client;
use crate::moment::Moment;

/// What a request for `path` came to. A success is decoded with the versions that the device registered.
pub fn exchange(
    client: &Client,
    path: Path,
    accept: ContentFormat,
    sent: Moment,
    took: i64,
    result: Result<Response, ExchangeError>,
) -> Exchange {
    let answer = match result {
        Err(error) => Answer::Nothing(error),
        Ok(response) => {
            let format = response.content_format().map(ContentFormat);
            let (entries, error) = match response.is_success().then(|| decode(client, path, format, &response.payload))
            {
                None => (Vec::new(), None),
                Some(Ok(entries)) => (entries, None),
                Some(Err(error)) => (Vec::new(), Some((error.to_string(), error.at()))),
            };
            Answer::Response { code: response.code_text(), format, payload: response.payload, entries, error }
        }
    };
    Exchange { number: 0, path, accept, sent, took, answer }
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
    use crate::device::Outcome;
    use coap_exchange::ResponseType;
    use lwm2m::Value;

    fn read(path: &str, response: Response) -> Exchange {
        let client = Client { lwm2m: "1.1".to_owned(), ..Default::default() };
        exchange(&client, path.parse().unwrap(), ContentFormat::TLV, Moment(0), 38, Ok(response))
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
}
