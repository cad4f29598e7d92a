//! Execute, and its arguments.
//!
//! Source: OMA LwM2M Core, "Execute".

use coap_exchange::{Request, Response, ResponseType};
use lwm2m::Path;

use super::Client;
use super::io::{Argument, ClientEvent};
use super::operation::Refusal;

impl Client {
    /// Executes a resource that exists and can be executed.
    pub(super) fn execute(&mut self, path: Path, request: &Request) -> Result<Response, Refusal> {
        let mut arguments =
            arguments(&request.payload).ok_or_else(|| Refusal::bad("the arguments are not of the form 0='x',1"))?;
        // One example of the Transport document gives them in the query.
        if arguments.is_empty() {
            for parameter in request.uri_query() {
                let found = self::arguments(&query_form(parameter));
                arguments.extend(found.ok_or_else(|| Refusal::bad("the query is not an argument"))?);
            }
        }
        let effect = self.act(path, &arguments);
        self.tell(ClientEvent::Executed { path, arguments });
        self.effects.extend(effect);
        Ok(Response::new(ResponseType::Changed))
    }
}

/// `0=U` as `0='U'`.
fn query_form(parameter: &[u8]) -> Vec<u8> {
    match parameter {
        [digit, b'=', rest @ ..] if !rest.starts_with(b"'") => [&[*digit, b'=', b'\''], rest, b"'"].concat(),
        other => other.to_vec(),
    }
}

/// Reads `5`, `2='10.3'`, `7,0='x'`; each digit once. Spaces are taken, as the standard's own example has them.
pub(super) fn arguments(text: &[u8]) -> Option<Vec<Argument>> {
    let text = std::str::from_utf8(text).ok()?;
    let mut arguments: Vec<Argument> = Vec::new();
    let mut rest = text.trim_start_matches(' ');
    while !rest.is_empty() {
        let digit = rest.bytes().next().filter(u8::is_ascii_digit)? - b'0';
        if arguments.iter().any(|argument| argument.digit == digit) {
            return None;
        }
        rest = rest[1..].trim_start_matches(' ');
        let mut value = None;
        if let Some(after) = rest.strip_prefix('=') {
            let (quoted, after) = after.trim_start_matches(' ').strip_prefix('\'')?.split_once('\'')?;
            if quoted.bytes().any(|byte| !matches!(byte, b' '..=b'~') || matches!(byte, b'"' | b'\\')) {
                return None;
            }
            value = Some(quoted.to_owned());
            rest = after.trim_start_matches(' ');
        }
        arguments.push(Argument { digit, value });
        match rest.strip_prefix(',') {
            // A comma promises another one.
            Some(after) => rest = Some(after.trim_start_matches(' ')).filter(|after| !after.is_empty())?,
            None if rest.is_empty() => break,
            None => return None,
        }
    }
    Some(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argument_lists() {
        // The grammar and the examples of Core, "Execute"; None is 4.00.
        let argument = |digit, value: &str| Argument { digit, value: (value != "-").then(|| value.to_owned()) };
        let rows = [
            ("", Some(vec![])),
            ("5", Some(vec![argument(5, "-")])),
            ("2='10.3'", Some(vec![argument(2, "10.3")])),
            ("7,0='https://www.oma.org'", Some(vec![argument(7, "-"), argument(0, "https://www.oma.org")])),
            ("0,1,2,3,4,5,6,7,8,9", Some((0..10).map(|digit| argument(digit, "-")).collect())),
            ("0='', 1 = 'a b'", Some(vec![argument(0, ""), argument(1, "a b")])),
            ("a", None),
            ("10", None),
            ("1,1", None),
            ("1,", None),
            (",1", None),
            ("1=x", None),
            ("1='x", None),
            ("1='x'y", None),
            ("1='\u{e4}'", None),
            ("1='a\"b'", None),
            ("1='a\\b'", None),
            ("1;2", None),
        ];
        for (text, want) in rows {
            assert_eq!(arguments(text.as_bytes()), want, "{text}");
        }
        assert_eq!(arguments(&[b'1', 0xff]), None);
        assert_eq!(arguments(&query_form(b"0=U")), Some(vec![argument(0, "U")]));
    }
}
