//! Properties of the whole crate, on thousands of random inputs that are the same on every run.

mod bad_input;
mod random;
mod round_trip;
