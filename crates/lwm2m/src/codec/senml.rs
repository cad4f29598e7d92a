//! Being written.
use alloc::vec::Vec;

use super::{DecodeError, EncodeError};
use crate::{Context, Entry};

pub(super) fn decode<'p>(_: &'p [u8], context: &Context<'_>) -> Result<Vec<Entry<'p>>, DecodeError> {
    Err(DecodeError::Unsupported(context.format))
}

pub(super) fn encode(_: &[Entry<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    Err(EncodeError::Unsupported(context.format))
}
