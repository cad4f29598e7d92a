//! What must survive, behind small traits. So far there is only memory, which survives nothing.
//!
//! The engine says what is to be written down and withholds the answer to the device until it is; the core asks a `State`
//! here, and gives every event its id from a `Log`. Another store changes neither.

mod memory;

pub(crate) use memory::{MemoryLog, MemoryState};

use lwm2m_engine::Change;

/// The records of the devices.
pub(crate) trait State: Send {
    /// Writes changes in one transaction, and says for each whether it is stored. A change that builds on another revision
    /// than the stored one is not.
    fn write(&mut self, changes: &[Change]) -> Vec<bool>;
}

/// The events, in the order in which they happened.
pub(crate) trait Log: Send {
    /// Takes in one event and gives it its id: at most 128 ASCII characters, opaque to everybody else.
    fn append(&mut self) -> String;

    /// The id of the newest event.
    fn newest(&self) -> String;
}
