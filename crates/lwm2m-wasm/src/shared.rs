//! What both modules have.

// See `abi.rs`.
#![allow(unsafe_code)]

use core::str;
use std::sync::atomic::AtomicU32;

use lwm2m::Models;

use crate::state::{self, Failure, call};

#[unsafe(no_mangle)]
extern "C" fn input(length: usize) -> *mut u8 {
    state::input(length)
}

#[unsafe(no_mangle)]
extern "C" fn header() -> *const AtomicU32 {
    state::header()
}

/// Takes the registry, which is the input.
#[unsafe(no_mangle)]
extern "C" fn registry(length: usize) -> i32 {
    call(|input, _, sets| {
        let bytes = split(input, length).0.to_vec();
        let loaded = Models::from_registry(bytes).map_err(|error| Failure::new("Registry", error))?;
        if let Some(first) = sets.first_mut() {
            *first = Some(loaded);
        }
        Ok(0)
    })
}

pub(crate) fn split(bytes: &[u8], at: usize) -> (&[u8], &[u8]) {
    bytes.split_at_checked(at).unwrap_or((bytes, &[]))
}

pub(crate) fn text(bytes: &[u8]) -> Result<&str, Failure> {
    str::from_utf8(bytes).map_err(|_| Failure::new("Utf8", "the text is not whole"))
}
