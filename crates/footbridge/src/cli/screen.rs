//! Text for a terminal: colours, widths, and nothing of a payload that could command it.

use std::io::{self, IsTerminal, Write as _};

use clap::ValueEnum;
use terminal_size::{Width, terminal_size_of};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// When to print colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// In a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

/// What the one who reads the output has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    pub(crate) colour: bool,
    /// Columns; none if it is no terminal, where lines may be as long as they are.
    pub(crate) width: Option<usize>,
}

impl Screen {
    pub(crate) fn stdout(colour: Colour) -> Self {
        Self::of(colour, io::stdout().is_terminal(), terminal_size_of(io::stdout()).map(|(Width(width), _)| width))
    }

    pub(crate) fn stderr(colour: Colour) -> Self {
        Self::of(colour, io::stderr().is_terminal(), terminal_size_of(io::stderr()).map(|(Width(width), _)| width))
    }

    fn of(colour: Colour, terminal: bool, width: Option<u16>) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colour = match colour {
            Colour::Auto => terminal && !dumb && !set("NO_COLOR"),
            Colour::Always => true,
            Colour::Never => false,
        };
        // A terminal that does not tell its width, and one that is absurdly narrow, are taken to be usual ones.
        let width = terminal.then(|| width.map_or(80, usize::from).max(40));
        Self { colour, width }
    }
}

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Bold,
    Dim,
    Path,
    Escape,
    Bad,
    Warn,
    Good,
    Marked,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Path => "36",
            Self::Escape => "35",
            Self::Bad => "1;31",
            Self::Warn => "1;33",
            Self::Good => "32",
            Self::Marked => "1;7;31",
        }
    }
}

/// A line, or a part of one: pieces of text with their looks. It never holds a control character.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line(Vec<(Style, String)>);

impl Line {
    /// Text that may come from anywhere, with what must not reach a terminal escaped.
    pub(crate) fn of(style: Style, text: &str) -> Self {
        let mut line = Self::default();
        line.push(style, text);
        line
    }

    pub(crate) fn push(&mut self, style: Style, text: &str) {
        self.escape(style, text, |_| None);
    }

    /// The same in quotes, so that its ends can be seen; quotes and backslashes in it are escaped too.
    pub(crate) fn push_quoted(&mut self, style: Style, text: &str) {
        self.add(Style::Dim, "\"");
        self.escape(style, text, |character| match character {
            '"' => Some("\\\""),
            '\\' => Some("\\\\"),
            _ => None,
        });
        self.add(Style::Dim, "\"");
    }

    fn escape(&mut self, style: Style, text: &str, more: impl Fn(char) -> Option<&'static str>) {
        let mut from = 0;
        for (at, character) in text.char_indices() {
            let written = match character {
                '\n' => "\\n".into(),
                '\r' => "\\r".into(),
                '\t' => "\\t".into(),
                _ if is_harmful(character) => format!("\\u{{{:x}}}", u32::from(character)),
                _ => match more(character) {
                    Some(escaped) => escaped.into(),
                    None => continue,
                },
            };
            self.add(style, &text[from..at]);
            self.add(Style::Escape, &written);
            from = at + character.len_utf8();
        }
        self.add(style, &text[from..]);
    }

    fn add(&mut self, style: Style, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some((last, held)) if *last == style => held.push_str(text),
            _ => self.0.push((style, text.to_owned())),
        }
    }

    pub(crate) fn append(&mut self, other: Self) {
        for (style, text) in other.0 {
            self.add(style, &text);
        }
    }

    /// The same text, less bright.
    pub(crate) fn dimmed(&self) -> Self {
        let mut line = Self::default();
        self.0.iter().for_each(|(_, text)| line.add(Style::Dim, text));
        line
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The columns it takes.
    pub(crate) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.width()).sum()
    }

    /// The line, cut off with `…` if it needs more columns than these.
    pub(crate) fn cut(self, columns: usize) -> Self {
        if self.width() <= columns {
            return self;
        }
        let (mut left, mut short) = (columns.saturating_sub(1), Self::default());
        'all: for (style, text) in self.0 {
            for (at, character) in text.char_indices() {
                let Some(rest) = left.checked_sub(character.width().unwrap_or(0)) else {
                    short.add(style, &text[..at]);
                    break 'all;
                };
                left = rest;
            }
            short.add(style, &text);
        }
        short.add(Style::Dim, "…");
        short
    }

    /// The line, no longer than the screen is wide.
    pub(crate) fn fit(self, screen: Screen) -> Self {
        match screen.width {
            Some(width) => self.cut(width),
            None => self,
        }
    }

    /// Writes it, with blanks at its end up to so many columns.
    pub(crate) fn write(&self, out: &mut String, screen: Screen, columns: usize) {
        for (style, text) in &self.0 {
            if screen.colour && *style != Style::Plain {
                out.extend(["\x1b[", style.code(), "m", text, "\x1b[0m"]);
            } else {
                out.push_str(text);
            }
        }
        out.extend(std::iter::repeat_n(' ', columns.saturating_sub(self.width())));
    }

    /// Writes it as a line of its own.
    pub(crate) fn write_line(&self, out: &mut String, screen: Screen) {
        self.write(out, screen, 0);
        out.push('\n');
    }
}

/// Text that may come from anywhere, escaped, for messages without colours.
pub(crate) fn safe(text: &str) -> String {
    Line::of(Style::Plain, text).0.into_iter().map(|(_, text)| text).collect()
}

/// JSON with what must not reach a terminal escaped, which in JSON can only stand in strings.
pub(crate) fn safe_json(json: Vec<u8>) -> Vec<u8> {
    let text = match String::from_utf8(json) {
        Ok(text) => text,
        Err(error) => return error.into_bytes(),
    };
    let harmful = |character: char| character != '\n' && is_harmful(character);
    if !text.contains(harmful) {
        return text.into_bytes();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if harmful(character) {
            character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(character);
        }
    }
    out.into_bytes()
}

/// What a terminal acts on, what shows nothing at all, and what makes text look like another text.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Writes a JSON document to stdout, on one line.
pub(crate) fn print_json(document: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut json = safe_json(serde_json::to_vec(document)?);
    json.push(b'\n');
    Ok(print(&json)?)
}

/// Writes to stdout at once. A reader who went away is no error.
pub(crate) fn print(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// `12 bytes`, `1 byte`.
pub(crate) fn count(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Screen = Screen { colour: false, width: None };

    fn text(line: &Line) -> String {
        let mut out = String::new();
        line.write(&mut out, PLAIN, 0);
        out
    }

    #[test]
    fn nothing_commands_the_terminal() {
        for (given, shown) in [
            ("Acme\u{1b}[31m", "Acme\\u{1b}[31m"),
            ("a\r\n\tb", "a\\r\\n\\tb"),
            ("\u{9b}2J\u{7f}\0", "\\u{9b}2J\\u{7f}\\u{0}"),
            ("abc\u{202e}cba", "abc\\u{202e}cba"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("größe 温度 😀", "größe 温度 😀"),
        ] {
            assert_eq!(safe(given), shown);
        }
        let mut quoted = Line::default();
        quoted.push_quoted(Style::Plain, "a\"\\n\n");
        assert_eq!(text(&quoted), r#""a\"\\n\n""#);
        let json = safe_json(b"{\"a\":\"\x7f\xc2\x9b2J\xf3\xa0\x80\x81\xc3\xa9\"}\n".to_vec());
        assert_eq!(String::from_utf8(json).unwrap(), "{\"a\":\"\\u007f\\u009b2J\\udb40\\udc01é\"}\n");
        let every: String = ('\0'..=char::MAX).collect();
        assert!(!safe(&every).chars().any(|c| c.is_control() || is_harmful(c)));
    }

    #[test]
    fn is_cut_by_columns_not_by_characters() {
        for (given, columns, shown, width) in [
            ("abcdef", 6, "abcdef", 6),
            ("abcdef", 5, "abcd…", 5),
            ("温度計", 6, "温度計", 6),
            ("温度計", 5, "温度…", 5),
            ("温度計", 4, "温…", 3),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…", 2),
            ("abc", 0, "…", 1),
        ] {
            let line = Line::of(Style::Plain, given).cut(columns);
            assert_eq!((text(&line).as_str(), line.width()), (shown, width));
        }
    }

    #[test]
    fn colours_only_where_they_are_wanted() {
        let line = Line::of(Style::Path, "/3");
        let mut out = String::new();
        line.write(&mut out, Screen { colour: true, width: None }, 4);
        assert_eq!(out, "\x1b[36m/3\x1b[0m  ");
    }
}
