//! Random bytes, the token, and the text they travel as.

use std::path::Path;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("the operating system gave no random bytes")?;
    Ok(bytes)
}

/// Bytes as URL-safe Base64 without padding.
pub(crate) fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The secret that opens the bridge: text that may stand in a URL and in a header as it is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    /// The shortest token taken from outside, in characters.
    const SHORTEST: usize = 16;
    /// The longest one.
    const LONGEST: usize = 256;

    /// A new token of 160 random bits.
    pub(crate) fn generate() -> anyhow::Result<Self> {
        Ok(Self(text(&random::<20>()?)))
    }

    /// Takes a token that somebody chose.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let text = text.trim();
        let count = text.len();
        ensure!(
            (Self::SHORTEST..=Self::LONGEST).contains(&count),
            "the token must have {} to {} characters, this one has {count}; make one with: openssl rand -hex 20",
            Self::SHORTEST,
            Self::LONGEST
        );
        ensure!(
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)),
            "the token may hold letters, digits, '-', '_', '.' and '~' only"
        );
        Ok(Self(text.into()))
    }

    /// Reads the token from a file.
    pub(crate) fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the token from {} (--token-file)", file.display()))?;
        Self::parse(&text).with_context(|| format!("in {} (--token-file)", file.display()))
    }

    /// The token itself. Not for logs.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_plain() {
        let (one, two) = (Token::generate().unwrap(), Token::generate().unwrap());
        assert_ne!(one, two);
        assert_eq!(Token::parse(one.as_str()).unwrap(), one);
        assert!(one.as_str().len() * 6 >= 128);
        for (text, good) in [
            ("0123456789abcdef", true),
            ("0123456789abcdef\n", true),
            ("0123456789abcde", false),
            ("0123456789 abcdef", false),
            ("0123456789,abcdef", false),
            ("0123456789äbcdef", false),
            ("", false),
        ] {
            assert_eq!(Token::parse(text).is_ok(), good, "{text:?}");
        }
        assert!(Token::parse(&"x".repeat(257)).is_err());
    }
}
