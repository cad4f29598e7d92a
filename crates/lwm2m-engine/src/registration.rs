//! What the Server knows of a device that registered.

use std::fmt;
use std::sync::Arc;

use coap_exchange::{Mono, PeerId, Utc};
use lwm2m::{Models, ObjectList, Version};

use crate::EndpointName;

/// The id of a registration: the last segment of its location, `rd/<16 characters>`.
///
/// Twelve bytes: four bits of layout version (0), the twelve bits of [`EndpointName::slot`], 80 random bits; written in
/// the URL-safe Base64 alphabet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationId([u8; 12]);

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl RegistrationId {
    pub(crate) fn new(slot: u16, random: [u8; 10]) -> Self {
        let mut id = [0; 12];
        id[..2].copy_from_slice(&(slot & 0x0fff).to_be_bytes());
        id[2..].copy_from_slice(&random);
        Self(id)
    }

    /// Reads the 16 characters of a location; anything else is `None`.
    pub fn from_segment(segment: &[u8]) -> Option<Self> {
        let segment: &[u8; 16] = segment.try_into().ok()?;
        let mut id = [0; 12];
        for (group, bytes) in segment.chunks_exact(4).zip(id.chunks_exact_mut(3)) {
            let bits = group.iter().try_fold(0_u32, |bits, character| {
                let value = ALPHABET.iter().position(|known| known == character)?;
                Some((bits << 6) | value as u32)
            })?;
            bytes.copy_from_slice(&bits.to_be_bytes()[1..]);
        }
        Some(Self(id))
    }
}

impl fmt::Display for RegistrationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for bytes in self.0.chunks_exact(3) {
            let bits = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
            for shift in [18, 12, 6, 0] {
                write!(f, "{}", char::from(ALPHABET[((bits >> shift) & 63) as usize]))?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RegistrationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rd/{self}")
    }
}

/// A device that registered and is still within its lifetime. Cloning is cheap: what is long is shared.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Registration {
    /// Its Endpoint Client Name.
    pub endpoint: EndpointName,
    /// The id in its location.
    pub id: RegistrationId,
    /// Where its last Register or Update came from.
    pub peer: PeerId,
    /// What its messages travel on.
    pub transport: Transport,
    /// The LwM2M version it speaks: 1.0, 1.1 or 1.2.
    pub lwm2m: Version,
    /// Its lifetime in seconds; 0 means that it never ends.
    pub lifetime: u32,
    /// The binding as the device wrote it, without the queue-mode `Q` of LwM2M 1.0. `U` when it said nothing.
    pub binding: Arc<str>,
    /// Whether it sleeps between its messages (`Q`, or `b=UQ` in 1.0).
    pub queue_mode: bool,
    /// Its MSISDN, if it gave one.
    pub sms: Option<Arc<str>>,
    /// Its profile id (LwM2M 1.2), if it gave one.
    pub profile: Option<Arc<str>>,
    /// The objects and instances it has, its formats and its root.
    pub objects: Arc<ObjectList>,
    /// Query parameters that the standard does not name, in order.
    pub extra: Arc<[(Box<str>, Box<str>)]>,
    /// What was odd about the registration and taken all the same.
    pub notes: Arc<[Note]>,
    /// How often its record was written: 1 after Register.
    pub revision: u64,
    /// When it registered.
    pub registered: Utc,
    /// When its last Register or Update came.
    pub updated: Utc,
    /// When its lifetime ends; `None` if it never does.
    pub expires: Option<Utc>,
    /// The same on the clock that timers use.
    pub(crate) deadline: Option<Mono>,
}

impl Registration {
    /// The object definitions to read this device's payloads with: the registry, and the versions it registered.
    pub fn models(&self) -> Models {
        Models::for_registration(self.lwm2m, &self.objects.versions())
    }
}

/// What the messages of a device travel on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transport {
    /// UDP datagrams.
    Udp,
    /// A WebSocket, which the registration does not outlive.
    WebSocket,
}

/// Something odd in a Register or Update that was taken all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// No `lt`: taken as 86,400 s, the default of the drafts before 1.0.
    NoLifetime,
    /// No `lwm2m`: taken as 1.0.
    NoVersion,
    /// The body lists no object.
    NoObjects,
    /// `b` holds a letter that no release names.
    Binding(char),
    /// A parameter stood twice; the first one counts.
    Repeated(Box<str>),
    /// The link list was odd.
    Links(lwm2m::Warning),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLifetime => f.write_str("no lifetime given (lt): taken as 86400 s"),
            Self::NoVersion => f.write_str("no LwM2M version given (lwm2m): taken as 1.0"),
            Self::NoObjects => f.write_str("no objects listed"),
            Self::Binding(letter) => write!(f, "binding letter {letter:?} is unknown"),
            Self::Repeated(key) => write!(f, "parameter {key} stands twice: the first one counts"),
            Self::Links(warning) => write!(f, "{warning}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text() {
        for seed in 0..=255_u8 {
            let random = core::array::from_fn(|n| seed.wrapping_mul(37).wrapping_add(n as u8 * 19));
            let id = RegistrationId::new(u16::from(seed) * 16, random);
            let text = id.to_string();
            assert_eq!(text.len(), 16);
            assert_eq!(RegistrationId::from_segment(text.as_bytes()), Some(id));
        }
        assert_eq!(RegistrationId::new(0, [0; 10]).to_string(), "AAAAAAAAAAAAAAAA");
        assert_eq!(RegistrationId::new(0xfff, [0xff; 10]).to_string(), "D_______________");
        for bad in ["", "AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAA A"] {
            assert_eq!(RegistrationId::from_segment(bad.as_bytes()), None, "{bad}");
        }
    }
}
