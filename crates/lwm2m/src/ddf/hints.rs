//! What texts for people give away.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The values that have names, if the text lists them one a line: `0: Idle`, `1 = Busy`, `2 - Done`.
///
/// Two at least, each higher than the one before; `5-203: reserved` and the like are left out.
pub(super) fn named_values(text: &str, most: usize) -> Vec<(i64, String)> {
    let mut values: Vec<(i64, String)> = Vec::new();
    // Nearly every description is one line, and that cannot list anything.
    if !text.contains('\n') {
        return values;
    }
    for line in text.lines() {
        let Some((value, label)) = named_value(line.trim()) else { continue };
        if values.len() < most && values.last().is_none_or(|&(last, _)| last < value) {
            values.push((value, label.to_string()));
        }
    }
    if values.len() < 2 { Vec::new() } else { values }
}

fn named_value(line: &str) -> Option<(i64, &str)> {
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = line.split_at_checked(digits)?;
    let mut rest = rest.trim_start().chars();
    let separator = rest.next()?;
    let label = rest.as_str().trim_start();
    let is_range = matches!(separator, '-' | '–') && label.starts_with(|c: char| c.is_ascii_digit());
    if digits > 9 || !matches!(separator, ':' | '=' | '-' | '–') || is_range {
        return None;
    }
    // One sentence, and no more of it than fits a list.
    let label = label.split(". ").next().unwrap_or_default().trim_end_matches(['.', ',', ';', ' ']);
    let label = label.char_indices().nth(LABEL).map_or(Some(label), |(end, _)| label.get(..end))?;
    // Nothing that anybody could choose.
    let reserved = label.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("reserved"));
    (!label.is_empty() && !reserved).then_some((number.parse().ok()?, label))
}

/// Whether a comment says who owns the text or who may copy it.
pub(super) fn is_licence(comment: &str) -> bool {
    let bytes = comment.as_bytes();
    ["copyright".as_bytes(), b"licen", b"public domain", b"spdx"]
        .iter()
        .any(|word| bytes.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word)))
}

/// Characters of a label.
const LABEL: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_named_values() {
        let list = |text| named_values(text, 3).iter().map(|(v, l)| alloc::format!("{v}={l}")).collect::<Vec<_>>();
        for (text, expected) in [
            ("What it does.\n0: Idle\n 1 : Busy. A long story.\n2 = Done;", &["0=Idle", "1=Busy", "2=Done"][..]),
            ("0 – Off\n1 – On\n2-5 : more\n6: Reserved", &["0=Off", "1=On"]),
            ("5 - 20: Reserved\n3: three", &[]),
            ("0: only one", &[]),
            ("0: a 1: b", &[]),
            ("1: b\n0: a", &[]),
            ("0: a\n1: b\n2: c\n3: too many", &["0=a", "1=b", "2=c"]),
            ("0:\n1:\n", &[]),
            ("12345678901: a\n2: b", &[]),
            (":\n=\né", &[]),
        ] {
            assert_eq!(list(text), expected, "{text}");
        }
        let long = ["0: ", &"é".repeat(200), "\n1: b"].concat();
        assert_eq!(named_values(&long, 9)[0].1.chars().count(), LABEL);
    }

    #[test]
    fn knows_a_licence() {
        for (comment, licence) in [
            ("<!-- Copyright 2020 -->", true),
            ("<!-- SPDX-License-Identifier: MIT -->", true),
            ("<!-- Under the LICENCE of -->", true),
            ("<!-- todo -->", false),
        ] {
            assert_eq!(is_licence(comment), licence, "{comment}");
        }
    }
}
