//! A writer of JSON, as small as what is written with it.

use core::fmt::{Display, Write};

/// A JSON text that grows. Commas are set by looking at what stands last.
#[derive(Default)]
pub(crate) struct Json(pub(crate) String);

impl Json {
    pub(crate) fn open(&mut self, bracket: char) {
        self.comma();
        self.0.push(bracket);
    }

    pub(crate) fn close(&mut self, bracket: char) {
        self.0.push(bracket);
    }

    pub(crate) fn key(&mut self, key: &str) {
        self.string(key);
        self.0.push(':');
    }

    /// A number or `true`, `false`, `null`: what prints as it stands.
    pub(crate) fn bare(&mut self, value: impl Display) {
        self.comma();
        let _ = write!(self.0, "{value}");
    }

    pub(crate) fn string(&mut self, text: &str) {
        self.comma();
        self.0.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => {
                    self.0.push('\\');
                    self.0.push(c);
                }
                '\0'..='\x1f' => {
                    let _ = write!(self.0, "\\u{:04x}", u32::from(c));
                }
                _ => self.0.push(c),
            }
        }
        self.0.push('"');
    }

    pub(crate) fn pair(&mut self, key: &str, value: impl Display) {
        self.key(key);
        self.bare(value);
    }

    pub(crate) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.string(value);
    }

    fn comma(&mut self) {
        if !matches!(self.0.as_bytes().last(), None | Some(b'{' | b'[' | b':')) {
            self.0.push(',');
        }
    }
}
