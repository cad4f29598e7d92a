//! Lines in, lines out: what `--batch` does with any kind of row.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _, Read, Write};

use anyhow::{Context as _, Result, bail};

use super::screen::{safe, safe_json};

/// Bytes of one line; one that is longer is answered with an error and passed over. The largest payload there may be
/// needs 2 MiB of hexadecimal digits, and its entries as JSON a few times that.
pub(crate) const LONGEST: usize = 16 << 20;

/// Bytes that are read at once.
const BUFFER: usize = 256 << 10;

/// One line of the input.
pub(crate) enum Line<'a> {
    Row(&'a [u8]),
    /// Longer than [`LONGEST`], by number.
    TooLong,
}

/// Hands every line that is not blank to `answer`, which writes a line. What is written is passed on as soon as no
/// whole line is waiting, so that a program at both ends of a pipe can ask one thing at a time.
pub(crate) fn run(words: &[String], mut answer: impl FnMut(Line<'_>, &mut Vec<u8>)) -> Result<()> {
    let (source, name): (Box<dyn Read>, &str) = match words {
        [] => (Box::new(io::stdin().lock()), "stdin"),
        [word] if word == "-" => (Box::new(io::stdin().lock()), "stdin"),
        [word] => {
            let name = word.strip_prefix('@').unwrap_or(word);
            (Box::new(File::open(name).with_context(|| format!("cannot open {}", safe(name)))?), name)
        }
        _ => bail!("--batch reads stdin or one file"),
    };
    let terminal = io::stdout().is_terminal();
    let ended = copy(BufReader::with_capacity(BUFFER, source), &mut io::stdout().lock(), LONGEST, |line, out| {
        answer(line, out);
        if terminal {
            *out = safe_json(std::mem::take(out));
        }
    });
    match ended {
        Ok(()) => Ok(()),
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(Failure::Write(error)) => Err(error).context("cannot write"),
        Err(Failure::Read(error)) => Err(error).with_context(|| format!("cannot read {}", safe(name))),
    }
}

#[derive(Debug)]
enum Failure {
    Read(io::Error),
    Write(io::Error),
}

fn copy<R: Read>(
    mut input: BufReader<R>,
    output: &mut dyn Write,
    longest: usize,
    mut answer: impl FnMut(Line<'_>, &mut Vec<u8>),
) -> Result<(), Failure> {
    let (mut line, mut answers) = (Vec::new(), Vec::new());
    let mut first = true;
    loop {
        line.clear();
        let limit = longest as u64 + 1;
        let read = (&mut input).take(limit).read_until(b'\n', &mut line).map_err(Failure::Read)?;
        if read == 0 {
            break;
        }
        let row = if std::mem::take(&mut first) { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line) } else { &line };
        if read > longest && !row.ends_with(b"\n") {
            pass_over(&mut input).map_err(Failure::Read)?;
            answer(Line::TooLong, &mut answers);
        } else {
            let row = row.trim_ascii();
            if !row.is_empty() {
                answer(Line::Row(row), &mut answers);
            }
        }
        if answers.len() >= BUFFER || !input.buffer().contains(&b'\n') {
            output.write_all(&answers).and_then(|()| output.flush()).map_err(Failure::Write)?;
            answers.clear();
        }
    }
    output.write_all(&answers).and_then(|()| output.flush()).map_err(Failure::Write)
}

/// The rest of a line, unread.
fn pass_over<R: Read>(input: &mut BufReader<R>) -> io::Result<()> {
    loop {
        let buffer = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        let (used, done) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(input: &[u8], longest: usize) -> String {
        let mut out = Vec::new();
        copy(BufReader::with_capacity(4, input), &mut out, longest, |line, out| {
            out.extend_from_slice(match line {
                Line::Row(row) => row,
                Line::TooLong => b"too long",
            });
            out.push(b'|');
        })
        .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_line_is_answered_in_order() {
        assert_eq!(run(b"", 9), "");
        assert_eq!(run(b"a\nbc\r\n\n  \n d", 9), "a|bc|d|");
        assert_eq!(run(b"\xEF\xBB\xBFa\nb\n", 9), "a|b|");
        assert_eq!(run(b"12345\n1234\n123456789", 5), "12345|1234|too long|");
        assert_eq!(run(b"123456\nb\n", 5), "too long|b|");
    }

    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::InvalidData.into())
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let ended = copy(BufReader::new(Broken), &mut Vec::new(), 9, |_, _| {});
        assert!(matches!(ended, Err(Failure::Read(_))), "{ended:?}");
    }

    /// Nothing waits in a buffer while the other end waits for it.
    #[test]
    fn answers_leave_before_more_is_read() {
        use std::cell::Cell;
        struct Asks<'a>(&'a Cell<usize>, usize);
        impl Read for Asks<'_> {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                assert_eq!(self.0.get(), self.1, "all that was asked is answered");
                self.1 += 1;
                into[..2].copy_from_slice(b"a\n");
                Ok(if self.1 > 3 { 0 } else { 2 })
            }
        }
        struct Counts<'a>(&'a Cell<usize>);
        impl Write for Counts<'_> {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.set(self.0.get() + bytes.len());
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let answered = Cell::new(0);
        let input = BufReader::new(Asks(&answered, 0));
        copy(input, &mut Counts(&answered), 9, |_, out| out.push(b'.')).unwrap();
        assert_eq!(answered.get(), 3);
    }
}
