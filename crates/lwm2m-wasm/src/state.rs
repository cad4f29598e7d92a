//! What lives between two calls: the two buffers, the registry and the sets of definitions.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};

use lwm2m::{Limits, Models};

use crate::json::Json;

/// What a call leaves for JavaScript, as numbers of 32 bits at a fixed address, in the order of [`Word`].
static HEADER: [AtomicU32; 9] = [const { AtomicU32::new(0) }; 9];

/// The places of the header.
#[derive(Clone, Copy)]
pub(crate) enum Word {
    /// Address of the records.
    Records,
    /// 64-bit words of one record.
    Stride,
    /// Address of the text.
    Text,
    /// Bytes of the text.
    TextLength,
    /// Whether the text is all ASCII.
    Ascii,
    /// Address of bytes that are not in the payload.
    Bytes,
    /// How many.
    BytesLength,
    /// Address of what is told beside the entries, as JSON.
    Extra,
    /// How many bytes it has.
    ExtraLength,
}

/// Where the header is.
pub(crate) fn header() -> *const AtomicU32 {
    HEADER.as_ptr()
}

fn set(word: Word, value: usize) {
    HEADER[word as usize].store(value as u32, Ordering::Relaxed);
}

/// The answer of a call. Kept from call to call, so that a decode allocates nothing new here.
#[derive(Default)]
pub(crate) struct Answer {
    /// Fixed records of [`Answer::stride`] words each.
    pub(crate) records: Vec<u64>,
    /// 64-bit words of one record.
    pub(crate) stride: usize,
    /// All text of the answer: of entries, an error, or a JSON document.
    pub(crate) text: String,
    /// Whether all of it is ASCII.
    pub(crate) ascii: bool,
    /// Bytes that had to be made: of base64, of an encoded payload.
    pub(crate) bytes: Vec<u8>,
    /// What is told beside the entries: groups, fields of an annotation.
    pub(crate) extra: Json,
}

impl Answer {
    fn clear(&mut self) {
        self.records.clear();
        self.text.clear();
        self.bytes.clear();
        self.extra.0.clear();
        (self.stride, self.ascii) = (0, false);
    }

    fn publish(&self) {
        set(Word::Records, self.records.as_ptr() as usize);
        set(Word::Stride, self.stride);
        set(Word::Text, self.text.as_ptr() as usize);
        set(Word::TextLength, self.text.len());
        set(Word::Ascii, self.ascii.into());
        set(Word::Bytes, self.bytes.as_ptr() as usize);
        set(Word::BytesLength, self.bytes.len());
        set(Word::Extra, self.extra.0.as_ptr() as usize);
        set(Word::ExtraLength, self.extra.0.len());
    }

    /// The answer is this JSON document.
    pub(crate) fn json(&mut self, write: impl FnOnce(&mut Json)) {
        let mut json = Json(core::mem::take(&mut self.text));
        write(&mut json);
        self.text = json.0;
    }
}

/// Why a call did not work, as JavaScript shall see it.
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) at: Option<usize>,
    pub(crate) path: Option<lwm2m::Path>,
    /// Line and column of a text.
    pub(crate) place: Option<(u32, u32)>,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(code: &'static str, message: impl core::fmt::Display) -> Self {
        Self { code, at: None, path: None, place: None, message: message.to_string() }
    }

    pub(crate) fn write(&self, json: &mut Json) {
        json.open('{');
        json.text("code", self.code);
        json.text("message", &self.message);
        if let Some(at) = self.at {
            json.pair("at", at);
        }
        if let Some(path) = self.path {
            json.text("path", &path.to_string());
        }
        if let Some((line, column)) = self.place {
            json.pair("line", line);
            json.pair("column", column);
        }
        json.close('}');
    }
}

/// Everything. There is one, for JavaScript has one thread in each instance.
#[derive(Default)]
pub(crate) struct State {
    input: Vec<u8>,
    /// Where in the input the arguments begin: JavaScript writes numbers of 64 bits there.
    start: usize,
    pub(crate) answer: Answer,
    /// Sets of definitions. The first one is the registry, or nothing.
    pub(crate) models: Vec<Option<Models>>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Room for the arguments of the next call. Of more than a payload may have there is only as much as shows that.
pub(crate) fn input(length: usize) -> *mut u8 {
    STATE.with_borrow_mut(|state| {
        let length = length.min(MOST_INPUT) + 7;
        // What one large call needed is not kept for ever.
        if state.input.len() > KEPT_INPUT && length <= KEPT_INPUT {
            state.input = Vec::new();
        }
        if state.input.len() < length {
            state.input.resize(length, 0);
        }
        state.start = state.input.as_ptr().align_offset(8);
        state.input.as_mut_ptr().wrapping_add(state.start)
    })
}

/// Runs one call with its arguments. The number it gives, or -1 with the failure as the answer.
pub(crate) fn call(work: impl FnOnce(&[u8], &mut Answer, &mut Vec<Option<Models>>) -> Result<usize, Failure>) -> i32 {
    STATE.with_borrow_mut(|state| {
        let State { input, start, answer, models } = state;
        answer.clear();
        if models.is_empty() {
            models.push(Some(Models::empty()));
        }
        let arguments = input.get(*start..).unwrap_or_default();
        let number = match work(arguments, answer, models) {
            Ok(number) => number as i32,
            Err(failure) => {
                answer.clear();
                answer.json(|json| failure.write(json));
                -1
            }
        };
        answer.publish();
        number
    })
}

/// What a call can bring at most: entries to be written, with their text, are larger than the payload they become.
const MOST_INPUT: usize = 16 * Limits::DEFAULT.payload;

/// How much of the input is kept from call to call.
const KEPT_INPUT: usize = 1 << 18;
