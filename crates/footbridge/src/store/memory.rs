//! The store of `--data :memory:`.

use std::collections::HashMap;

use lwm2m_engine::{Change, EndpointName};

use super::{Log, State};

/// Keeps the revision of every record. The records themselves are the engine's while the process lives.
#[derive(Debug, Default)]
pub(crate) struct MemoryState {
    revisions: HashMap<EndpointName, u64>,
}

impl State for MemoryState {
    fn write(&mut self, changes: &[Change]) -> Vec<bool> {
        let mut write = |change: &Change| {
            let endpoint = &change.group.0;
            if self.revisions.get(endpoint).copied().unwrap_or(0) != change.expected {
                return false;
            }
            if change.record.is_some() {
                self.revisions.insert(endpoint.clone(), change.expected + 1);
            } else {
                self.revisions.remove(endpoint);
            }
            true
        };
        changes.iter().map(&mut write).collect()
    }
}

/// Counts the events, and keeps none.
#[derive(Debug, Default)]
pub(crate) struct MemoryLog {
    last: u64,
}

impl Log for MemoryLog {
    fn append(&mut self) -> String {
        self.last += 1;
        self.newest()
    }

    fn newest(&self) -> String {
        self.last.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_counted() {
        let mut log = MemoryLog::default();
        assert_eq!(log.newest(), "0");
        assert_eq!((log.append(), log.append(), log.newest()), ("1".into(), "2".into(), "2".into()));
    }
}
