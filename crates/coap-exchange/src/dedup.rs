//! What was received lately, to recognise it when it comes again.
//!
//! Entries live in one slab, linked in two lists: all of them by age, and each peer's by age. Everything is O(1) but the
//! search among the at most 64 entries of one peer.

use alloc::boxed::Box;
use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::rng::mix;
use crate::{ExchangeId, Mono, PeerId};

/// What a message that comes again is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing: it was non-confirmable.
    Silence,
    /// Nothing yet: the layer above has it.
    Pending(ExchangeId),
    /// An empty acknowledgement.
    Acknowledgement,
    /// A reset.
    Reset,
    /// These bytes.
    Message(Box<[u8]>),
}

/// The memory of all UDP peers.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    slots: Vec<Slot>,
    /// First of the unused slots, linked by `newer`.
    free: u32,
    oldest: u32,
    newest: u32,
    peers: HashMap<PeerId, List>,
    bytes: usize,
}

/// One received message.
#[derive(Clone, Debug)]
struct Slot {
    peer: PeerId,
    expires: Mono,
    answer: Answer,
    /// Of the whole datagram.
    fingerprint: u32,
    older: u32,
    newer: u32,
    /// The next one of the same peer.
    peer_newer: u32,
    id: u16,
}

/// A peer's entries, from its oldest to its newest.
#[derive(Clone, Copy, Debug)]
struct List {
    first: u32,
    last: u32,
    count: u32,
}

/// No slot.
const NONE: u32 = u32::MAX;

/// What an entry costs without its answer: the slot, its part of the table of peers, the allocation of the answer.
const OVERHEAD: usize = size_of::<Slot>() + 2 * size_of::<(PeerId, List)>() + 16;

/// How many entries had to go early to make room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Forgotten {
    pub(crate) for_peer: u64,
    pub(crate) for_bytes: u64,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self { slots: Vec::new(), free: NONE, oldest: NONE, newest: NONE, peers: HashMap::new(), bytes: 0 }
    }

    /// Whether the same message was received before, and what it was answered with.
    ///
    /// The same id with other bytes is not the same message: a device that restarted begins with the same ids.
    pub(crate) fn find(&self, now: Mono, peer: PeerId, id: u16, fingerprint: u32) -> Option<&Answer> {
        let slot = self.slot(self.index(peer, id)?)?;
        (slot.fingerprint == fingerprint && slot.expires > now).then_some(&slot.answer)
    }

    /// The request with this id that the layer above has not answered, whatever its bytes.
    pub(crate) fn pending(&self, peer: PeerId, id: u16) -> Option<ExchangeId> {
        match self.slot(self.index(peer, id)?)?.answer {
            Answer::Pending(exchange) => Some(exchange),
            _ => None,
        }
    }

    /// Remembers a message until `expires`. An entry with the same id is replaced.
    pub(crate) fn remember(
        &mut self,
        peer: PeerId,
        id: u16,
        fingerprint: u32,
        expires: Mono,
        per_peer: usize,
    ) -> Forgotten {
        let mut forgotten = Forgotten::default();
        if let Some(index) = self.index(peer, id) {
            self.remove(index);
        }
        while let Some(list) = self.peers.get(&peer).copied().filter(|list| list.count as usize >= per_peer.max(1)) {
            self.remove(list.first);
            forgotten.for_peer += 1;
        }
        let (older, none) = (self.newest, NONE);
        let slot =
            Slot { peer, expires, answer: Answer::Silence, fingerprint, older, newer: none, peer_newer: none, id };
        let index = self.insert(slot);
        match self.slot_mut(older) {
            Some(slot) => slot.newer = index,
            None => self.oldest = index,
        }
        self.newest = index;
        let list = self.peers.entry(peer).or_insert(List { first: index, last: index, count: 0 });
        let last = core::mem::replace(&mut list.last, index);
        list.count += 1;
        if last != index
            && let Some(slot) = self.slot_mut(last)
        {
            slot.peer_newer = index;
        }
        self.bytes += OVERHEAD;
        forgotten
    }

    /// Sets what a remembered message is answered with. One that is forgotten already stays so.
    pub(crate) fn answer(&mut self, peer: PeerId, id: u16, answer: Answer) {
        let Some(index) = self.index(peer, id) else { return };
        let Some(slot) = self.slots.get_mut(index as usize) else { return };
        self.bytes = self.bytes - slot.answer.bytes() + answer.bytes();
        slot.answer = answer;
    }

    /// Forgets the oldest entries until what is remembered fits.
    pub(crate) fn shrink(&mut self, limit: usize) -> Forgotten {
        let mut forgotten = Forgotten::default();
        while self.bytes > limit && self.oldest != NONE {
            self.remove(self.oldest);
            forgotten.for_bytes += 1;
        }
        forgotten
    }

    /// Forgets what has expired.
    pub(crate) fn expire(&mut self, now: Mono) {
        while self.slot(self.oldest).is_some_and(|slot| slot.expires <= now) {
            self.remove(self.oldest);
        }
        if self.peers.is_empty() && !self.slots.is_empty() {
            // Idle again: give the memory of the last rush back.
            *self = Self::new();
        }
    }

    /// When the oldest entry expires, or never.
    pub(crate) fn next_expiry(&self) -> Mono {
        self.slot(self.oldest).map_or(Mono::NEVER, |slot| slot.expires)
    }

    /// Forgets everything about a peer.
    pub(crate) fn forget(&mut self, peer: PeerId) {
        while let Some(list) = self.peers.get(&peer).copied() {
            self.remove(list.first);
        }
    }

    fn index(&self, peer: PeerId, id: u16) -> Option<u32> {
        let mut index = self.peers.get(&peer)?.first;
        while let Some(slot) = self.slot(index) {
            if slot.id == id {
                return Some(index);
            }
            index = slot.peer_newer;
        }
        None
    }

    fn slot(&self, index: u32) -> Option<&Slot> {
        self.slots.get(index as usize)
    }

    fn slot_mut(&mut self, index: u32) -> Option<&mut Slot> {
        self.slots.get_mut(index as usize)
    }

    fn insert(&mut self, slot: Slot) -> u32 {
        let index = self.free;
        match self.slots.get_mut(index as usize) {
            Some(unused) => {
                self.free = unused.newer;
                *unused = slot;
                index
            }
            None => {
                self.slots.push(slot);
                // `remembered_bytes` keeps the slab far below 2³² slots.
                (self.slots.len() - 1) as u32
            }
        }
    }

    /// Takes an entry out of both lists.
    fn remove(&mut self, index: u32) {
        let free = self.free;
        let Some(slot) = self.slot_mut(index) else { return };
        let (peer, older, newer, peer_newer) = (slot.peer, slot.older, slot.newer, slot.peer_newer);
        let cost = OVERHEAD + slot.answer.bytes();
        slot.answer = Answer::Silence;
        slot.newer = free;
        self.free = index;
        self.bytes -= cost;
        match self.slot_mut(older) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
        match self.slot_mut(newer) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
        self.unlink_from_peer(peer, index, peer_newer);
    }

    fn unlink_from_peer(&mut self, peer: PeerId, index: u32, peer_newer: u32) {
        let Some(list) = self.peers.get(&peer).copied() else { return };
        let mut before = NONE;
        if list.first != index {
            let mut at = list.first;
            while let Some(slot) = self.slot(at).filter(|_| at != index) {
                (before, at) = (at, slot.peer_newer);
            }
            if let Some(slot) = self.slot_mut(before) {
                slot.peer_newer = peer_newer;
            }
        }
        if list.count <= 1 {
            self.peers.remove(&peer);
        } else if let Some(list) = self.peers.get_mut(&peer) {
            list.count -= 1;
            if before == NONE {
                list.first = peer_newer;
            }
            if list.last == index {
                list.last = before;
            }
        }
    }
}

impl Answer {
    fn bytes(&self) -> usize {
        match self {
            Self::Message(bytes) => bytes.len(),
            _ => 0,
        }
    }
}

/// A short hash of a datagram, to tell a repetition from an id that is used again.
pub(crate) fn fingerprint(bytes: &[u8]) -> u32 {
    let mut hash = bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let word = chunk.iter().fold(0, |word: u64, byte| word << 8 | u64::from(*byte));
        hash = mix(hash ^ word, 1);
    }
    hash as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use alloc::collections::VecDeque;
    use alloc::vec;

    const A: PeerId = PeerId(1);
    const B: PeerId = PeerId(2);

    fn at(seconds: u64) -> Mono {
        Mono::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_same_id_with_other_bytes_is_another_message() {
        let mut memory = Memory::new();
        memory.remember(A, 7, 1, at(247), 64);
        memory.answer(A, 7, Answer::Reset);
        assert_eq!(memory.find(Mono::ZERO, A, 7, 1), Some(&Answer::Reset));
        assert_eq!(memory.find(Mono::ZERO, A, 7, 2), None);
        assert_eq!(memory.find(Mono::ZERO, B, 7, 1), None);
        memory.remember(A, 7, 2, at(247), 64);
        assert_eq!(
            (memory.find(Mono::ZERO, A, 7, 1), memory.find(Mono::ZERO, A, 7, 2)),
            (None, Some(&Answer::Silence))
        );
    }

    #[test]
    fn the_oldest_of_a_peer_goes_first() {
        let mut memory = Memory::new();
        memory.remember(B, 0, 0, at(247), 64);
        let forgotten: u64 = (0..100).map(|id| memory.remember(A, id, 0, at(247), 64).for_peer).sum();
        assert_eq!(forgotten, 36);
        assert!(memory.find(Mono::ZERO, A, 35, 0).is_none());
        assert!(memory.find(Mono::ZERO, A, 36, 0).is_some());
        assert!(memory.find(Mono::ZERO, B, 0, 0).is_some(), "another peer lost its entry");
    }

    #[test]
    fn the_oldest_of_all_goes_when_the_bytes_are_used_up() {
        let mut memory = Memory::new();
        for id in 0..10 {
            memory.remember(PeerId(id), 1, 0, at(247), 64);
            memory.answer(PeerId(id), 1, Answer::Message(vec![0; 1_000].into()));
        }
        assert_eq!(memory.shrink(5 * (OVERHEAD + 1_000) + 1), Forgotten { for_peer: 0, for_bytes: 5 });
        assert!(memory.find(Mono::ZERO, PeerId(4), 1, 0).is_none());
        assert!(memory.find(Mono::ZERO, PeerId(5), 1, 0).is_some());
        assert_eq!(memory.shrink(0).for_bytes, 5);
        assert_eq!(memory.bytes, 0);
    }

    #[test]
    fn an_idle_peer_is_small() {
        // design.md wants a registration under 2 KiB in the whole server; this is what its remembered answer costs here.
        let answer = 30;
        assert!(OVERHEAD + answer < 200, "{} bytes", OVERHEAD + answer);
    }

    #[test]
    fn expiry_gives_everything_back() {
        let mut memory = Memory::new();
        memory.remember(A, 1, 0, at(247), 64);
        memory.remember(B, 1, 0, at(248), 64);
        assert_eq!(memory.next_expiry(), at(247));
        memory.remember(A, 2, 0, at(145), 64);
        assert!(memory.find(at(144), A, 2, 0).is_some());
        assert!(memory.find(at(145), A, 2, 0).is_none(), "behind one that lives longer");
        memory.expire(at(247));
        assert_eq!((memory.find(Mono::ZERO, A, 1, 0), memory.next_expiry()), (None, at(248)));
        memory.expire(at(248));
        assert_eq!((memory.next_expiry(), memory.slots.capacity()), (Mono::NEVER, 0));
    }

    #[test]
    fn the_lists_agree_with_a_simple_model() {
        let mut rng = Rng::new(3);
        let mut memory = Memory::new();
        let mut model: VecDeque<(PeerId, u16)> = VecDeque::new();
        for step in 0..20_000u64 {
            let (peer, id) = (PeerId(rng.below(5)), rng.below(12) as u16);
            match rng.below(20) {
                0 => {
                    memory.forget(peer);
                    model.retain(|entry| entry.0 != peer);
                }
                1 => {
                    let keep = OVERHEAD * rng.below(20) as usize;
                    memory.shrink(keep);
                    while model.len() * OVERHEAD > keep {
                        model.pop_front();
                    }
                }
                _ => {
                    memory.remember(peer, id, 0, at(step + 1), 8);
                    model.retain(|entry| *entry != (peer, id));
                    if model.iter().filter(|entry| entry.0 == peer).count() >= 8 {
                        let first = model.iter().position(|entry| entry.0 == peer).unwrap();
                        model.remove(first);
                    }
                    model.push_back((peer, id));
                }
            }
            assert_eq!(memory.bytes, model.len() * OVERHEAD);
            for peer in 0..5 {
                for id in 0..12 {
                    let known = model.contains(&(PeerId(peer), id));
                    assert_eq!(memory.find(Mono::ZERO, PeerId(peer), id, 0).is_some(), known, "step {step}");
                }
            }
        }
    }
}
