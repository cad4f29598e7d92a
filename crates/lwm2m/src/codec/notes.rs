//! What a decoder says about the bytes it passes, for [`annotate`](crate::annotate()).
//!
//! Every decoder is generic over [`Notes`]. Plain decoding takes `()`, whose methods are empty, so that it pays nothing;
//! annotating takes [`Recorder`]. So there is one piece of code that reads a format, and one error.
//!
//! How a decoder takes notes: it calls [`Notes::field`] behind each thing it has read. A field covers the bytes from the
//! end of the last one, so fields are in order, without hole and without overlap, whatever a decoder does; said again
//! about bytes that are behind, nothing happens. What holds other fields is put between [`Notes::open`] and
//! [`Notes::close`]; after an error nothing needs to be closed.

use alloc::vec::Vec;

use super::DecodeError;
use crate::{Field, FieldKind, Path, Span};

/// What decoders call. `at` and `end` are offsets in the payload.
#[allow(clippy::inline_always)] // empty ones must vanish, also where size counts
pub(super) trait Notes {
    /// The bytes since the last field up to `end` are this.
    #[inline(always)]
    fn field(&mut self, _kind: FieldKind, _end: usize) {}

    /// Something begins, right after the last field, that holds fields.
    #[inline(always)]
    fn open(&mut self, _kind: FieldKind) {}

    /// What was opened last ends here, after the last field.
    #[inline(always)]
    fn close(&mut self) {}

    /// Forgets everything since the mark: what follows it is read once more.
    #[inline(always)]
    fn back(&mut self, _to: Mark) {}

    /// Here, right after the last field: to say later what the fields from here on are about.
    #[inline(always)]
    fn mark(&self) -> Mark {
        Mark::default()
    }

    /// The fields since the mark are about this path, if nothing else was said of them.
    #[inline(always)]
    fn place(&mut self, _since: Mark, _path: Path) {}

    /// The fields since the mark are the next entry. Called once for each entry, in the order of the entries.
    #[inline(always)]
    fn entry(&mut self, _since: Mark, _path: Path) {}
}

/// A place between two fields.
#[derive(Clone, Copy, Default)]
pub(super) struct Mark {
    /// How many fields there are before it.
    fields: usize,
    entries: usize,
    open: usize,
    at: usize,
}

/// No notes.
impl Notes for () {}

/// What plain decoding takes.
#[cfg(not(feature = "small"))]
pub(super) type Quiet = ();

/// What annotating takes.
#[cfg(not(feature = "small"))]
pub(super) type Taken = Recorder;

/// The same type as [`Quiet`].
#[cfg(feature = "small")]
pub(super) type Taken = Option<Recorder>;

/// Where size counts there is one copy of each decoder, which asks at each note whether it is taken.
#[cfg(feature = "small")]
pub(super) type Quiet = Option<Recorder>;

#[cfg(feature = "small")]
impl Notes for Option<Recorder> {
    fn field(&mut self, kind: FieldKind, end: usize) {
        if let Some(recorder) = self {
            recorder.field(kind, end);
        }
    }

    fn open(&mut self, kind: FieldKind) {
        if let Some(recorder) = self {
            recorder.open(kind);
        }
    }

    fn close(&mut self) {
        if let Some(recorder) = self {
            recorder.close();
        }
    }

    fn back(&mut self, to: Mark) {
        if let Some(recorder) = self {
            recorder.back(to);
        }
    }

    fn mark(&self) -> Mark {
        self.as_ref().map_or_else(Mark::default, Recorder::mark)
    }

    fn place(&mut self, since: Mark, path: Path) {
        if let Some(recorder) = self {
            recorder.place(since, path);
        }
    }

    fn entry(&mut self, since: Mark, path: Path) {
        if let Some(recorder) = self {
            recorder.entry(since, path);
        }
    }
}

/// Keeps the notes.
pub(super) struct Recorder {
    fields: Vec<Field>,
    /// Where the entries are, one for each.
    spans: Vec<Span>,
    /// The fields that are open, outermost first.
    open: Vec<usize>,
    /// Up to here every byte has its field.
    end: usize,
    limit: usize,
}

impl Recorder {
    /// At most `limit` fields, of which the last takes all that follows.
    pub(super) const fn new(limit: usize) -> Self {
        Self { fields: Vec::new(), spans: Vec::new(), open: Vec::new(), end: 0, limit }
    }

    /// The fields of a payload of `length` bytes, and where each entry is.
    pub(super) fn finish(mut self, length: usize, error: Option<&DecodeError>) -> (Vec<Field>, Vec<Span>) {
        if let Some(error) = error
            && let Some(at) = error.at()
        {
            self.error(at.min(length), length, error.path());
        }
        while !self.open.is_empty() {
            self.close();
        }
        self.field(FieldKind::Unread, length);
        (self.fields, self.spans)
    }

    /// Makes a field of its own of what is wrong: the field that begins there, or one byte. At the end it has no width.
    fn error(&mut self, at: usize, length: usize, path: Option<Path>) {
        if at >= self.end {
            self.field(FieldKind::Incomplete, at);
            self.push(FieldKind::Error, Span { start: at, end: length.min(at + 1) });
            if let Some(last) = self.fields.last_mut() {
                last.path = path;
            }
            return;
        }
        let index = self.fields.partition_point(|field| field.span.start <= at).saturating_sub(1);
        let Some(field) = self.fields.get_mut(index) else { return };
        if field.kind == FieldKind::Unlisted {
            return;
        }
        let whole = *field;
        if whole.span.start == at {
            field.kind = FieldKind::Error;
            return;
        }
        field.span.end = at;
        let end = at + 1;
        self.fields.insert(index + 1, Field { kind: FieldKind::Error, span: Span { start: at, end }, ..whole });
        if end < whole.span.end {
            self.fields.insert(index + 2, Field { span: Span { start: end, ..whole.span }, ..whole });
        }
        // Open are only fields that begin before this one.
    }

    fn push(&mut self, kind: FieldKind, span: Span) {
        if self.fields.len() + 1 >= self.limit {
            // Whatever is open ends here, so that nothing reaches over its end.
            while !self.open.is_empty() {
                self.close();
            }
            match self.fields.last_mut() {
                Some(last) if last.kind == FieldKind::Unlisted => last.span.end = span.end,
                _ => self.fields.push(Field { kind: FieldKind::Unlisted, span, entry: None, path: None, depth: 0 }),
            }
        } else {
            let depth = u8::try_from(self.open.len()).unwrap_or(u8::MAX);
            self.fields.push(Field { kind, span, entry: None, path: None, depth });
        }
        self.end = span.end;
    }
}

impl Notes for Recorder {
    fn field(&mut self, kind: FieldKind, end: usize) {
        if end > self.end {
            self.push(kind, Span { start: self.end, end });
        }
    }

    fn open(&mut self, kind: FieldKind) {
        // One place is kept free for the field that takes all that follows.
        if self.fields.len() + 2 < self.limit {
            let index = self.fields.len();
            self.push(kind, Span { start: self.end, end: self.end });
            self.open.push(index);
        }
    }

    fn close(&mut self) {
        let end = self.end;
        if let Some(field) = self.open.pop().and_then(|index| self.fields.get_mut(index)) {
            field.span.end = end;
        }
    }

    fn back(&mut self, to: Mark) {
        self.fields.truncate(to.fields);
        self.spans.truncate(to.entries);
        self.open.truncate(to.open);
        self.end = to.at;
    }

    fn mark(&self) -> Mark {
        Mark { fields: self.fields.len(), entries: self.spans.len(), open: self.open.len(), at: self.end }
    }

    fn place(&mut self, since: Mark, path: Path) {
        for field in self.fields.iter_mut().skip(since.fields).filter(|field| field.kind != FieldKind::Unlisted) {
            field.path.get_or_insert(path);
        }
    }

    fn entry(&mut self, since: Mark, path: Path) {
        let number = u32::try_from(self.spans.len()).ok();
        for field in self.fields.iter_mut().skip(since.fields).filter(|field| field.kind != FieldKind::Unlisted) {
            field.path.get_or_insert(path);
            if field.entry.is_none() {
                field.entry = number;
            }
        }
        self.spans.push(Span { start: since.at, end: self.end });
    }
}
