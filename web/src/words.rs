//! Words for what the wire says in numbers, and safe ways to show what a device says in text.

use std::borrow::Cow;

/// Text of a device, fit to be shown: control, invisible and direction-changing characters appear as escapes.
///
/// ```
/// assert_eq!(console::words::safe("a\u{202e}b\n"), "a\\u{202e}b\\n");
/// ```
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        match char {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if is_hidden(char) => out.push_str(&format!("\\u{{{:x}}}", u32::from(char))),
            _ => out.push(char),
        }
    }
    Cow::Owned(out)
}

/// Characters that cannot be seen, or that change how their neighbours are shown.
fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// What a response code of a device means. `None`: no words beyond the class of the code.
///
/// Source: RFC 7252 §5.9 "Response Code Definitions"; RFC 8132 §2.3, §3.4; RFC 7959 §2.9; OMA LwM2M Core 1.1, "Response Codes".
pub fn code(code: &str) -> Option<&'static str> {
    Some(match code {
        "4.00" => "the device calls the request malformed",
        "4.01" => "the device does not allow it",
        "4.02" => "the device does not understand an option",
        "4.03" => "the device refuses it",
        "4.04" => "the device does not have it",
        "4.05" => "the device cannot do this with it",
        "4.06" => "the device cannot answer in this format",
        "4.08" => "the device missed a part of the request",
        "4.09" => "it conflicts with what the device is doing",
        "4.12" => "a condition was not met",
        "4.13" => "the request is too large for the device",
        "4.15" => "the device does not know the format",
        "4.22" => "the device understood it, but cannot do it",
        "4.29" => "too many requests, try again later",
        "5.00" => "the device had an internal error",
        "5.01" => "the device has not implemented it",
        "5.02" => "the bridge got an answer it could not use",
        "5.03" => "not available now, try again later",
        "5.04" => "the device did not answer",
        "5.05" => "the bridge does not forward this",
        _ if code.starts_with("4.") => "the device refuses it",
        _ if code.starts_with("5.") => "the device could not do it",
        _ => return None,
    })
}

/// The name of a response code as the standard writes it.
///
/// Source: RFC 7252 §12.1.2 "Response Codes" and the registry it opens.
pub fn code_name(code: &str) -> &'static str {
    match code {
        "2.01" => "Created",
        "2.02" => "Deleted",
        "2.03" => "Valid",
        "2.04" => "Changed",
        "2.05" => "Content",
        "4.00" => "Bad Request",
        "4.01" => "Unauthorized",
        "4.02" => "Bad Option",
        "4.03" => "Forbidden",
        "4.04" => "Not Found",
        "4.05" => "Method Not Allowed",
        "4.06" => "Not Acceptable",
        "4.08" => "Request Entity Incomplete",
        "4.09" => "Conflict",
        "4.12" => "Precondition Failed",
        "4.13" => "Request Entity Too Large",
        "4.15" => "Unsupported Content-Format",
        "4.22" => "Unprocessable Entity",
        "4.29" => "Too Many Requests",
        "5.00" => "Internal Server Error",
        "5.01" => "Not Implemented",
        "5.02" => "Bad Gateway",
        "5.03" => "Service Unavailable",
        "5.04" => "Gateway Timeout",
        "5.05" => "Proxying Not Supported",
        _ => "",
    }
}

/// A unit of the registry as people write it: `Cel` is °C, `/100` is a per cent.
///
/// Source: RFC 8428 §12.1 "SenML Units" and RFC 8798 for the names that are translated; others stay as they are.
pub fn unit(registered: &str) -> &str {
    match registered {
        "Cel" => "°C",
        "/100" | "%RH" | "%EL" => "%",
        "deg" | "lat" | "lon" => "°",
        "m2" => "m²",
        "m3" => "m³",
        "m3/s" => "m³/s",
        "m/s2" => "m/s²",
        "ug/m3" => "µg/m³",
        "Ohm" => "Ω",
        "1/min" => "per min",
        _ => registered,
    }
}

/// A decimal number with a true minus.
pub fn number(digits: &str) -> Cow<'_, str> {
    match digits.strip_prefix('-') {
        Some(rest) => Cow::Owned(format!("−{rest}")),
        None => Cow::Borrowed(digits),
    }
}

/// Bytes as hex without spaces, at most `limit` of them and then an ellipsis.
pub fn hex(bytes: &[u8], limit: usize) -> String {
    let mut out = String::with_capacity(bytes.len().min(limit) * 2 + 3);
    for byte in bytes.iter().take(limit) {
        push_hex(&mut out, *byte);
    }
    if bytes.len() > limit {
        out.push('…');
    }
    out
}

/// Appends a byte as two hex digits.
pub fn push_hex(out: &mut String, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(char::from(HEX[usize::from(byte >> 4)]));
    out.push(char::from(HEX[usize::from(byte & 15)]));
}

/// `1 device`, `2 devices`.
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {one}s", grouped(number)) }
}

/// A count with commas: `12,480`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_shown() {
        let rows = [
            ("Open Mobile Alliance", "Open Mobile Alliance"),
            ("äöü 温度 \u{1f321}", "äöü 温度 \u{1f321}"),
            ("\u{202e}gnp.exe", "\\u{202e}gnp.exe"),
            ("a\u{0}b\u{7f}", "a\\u{0}b\\u{7f}"),
            ("line\r\nline\t", "line\\r\\nline\\t"),
            ("\u{2066}x\u{2069}\u{feff}", "\\u{2066}x\\u{2069}\\u{feff}"),
        ];
        for (text, shown) in rows {
            assert_eq!(safe(text), shown);
        }
    }

    #[test]
    fn figures() {
        assert_eq!(
            ["0", "1,000", "12,480", "2,000,000"],
            [0, 1_000, 12_480, 2_000_000].map(grouped).each_ref().map(String::as_str)
        );
        assert_eq!((count(1, "device"), count(0, "device")), ("1 device".to_owned(), "0 devices".to_owned()));
        assert_eq!((number("-40"), number("40")), ("−40".into(), "40".into()));
        assert_eq!((hex(&[0, 0xab, 0xff], 2), hex(&[], 2)), ("00ab…".to_owned(), String::new()));
        assert_eq!((unit("Cel"), unit("/100"), unit("kvar")), ("°C", "%", "kvar"));
        assert_eq!(
            (code("4.04"), code("4.99"), code("2.05")),
            (Some("the device does not have it"), Some("the device refuses it"), None)
        );
    }
}
