//! What a Client is made from.

use core::time::Duration;

use lwm2m::{Path, Value, ValueType, Version};

use super::objects;
use super::tree::Object;
use crate::{ClientLimits, EndpointName};

/// What a [`Client`](crate::Client) is made from.
///
/// ```
/// use lwm2m_engine::ClientConfig;
///
/// let mut config = ClientConfig::new([7; 32], "demo-1".parse()?);
/// config.lifetime = 300;
/// assert!(config.objects.iter().any(|object| object.id() == 3303));
/// # Ok::<(), lwm2m_engine::EndpointError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientConfig {
    /// Where all chance comes from: tokens, message ids, retransmission times, the spread of retries.
    pub seed: [u8; 32],
    /// The name to register under.
    pub endpoint: EndpointName,
    /// The version of LwM2M: 1.0, 1.1 or 1.2. Default: 1.1.
    pub lwm2m: Version,
    /// Seconds until a registration ends without an Update; 0 is for ever. Default: 300. From the start on `/1/0/1` counts.
    pub lifetime: u32,
    /// The letters of `b`. Default: `U`. From the start on `/1/0/7` counts.
    pub binding: String,
    /// Whether to say `Q`. The client listens all the same. Default: no.
    pub queue_mode: bool,
    /// How it reaches its server. Default: datagrams.
    pub link: ClientLink,
    /// The objects of the device. Object 1 need not be there: it is made from the fields above. Object 0 exists in every
    /// device and is never shown. Default: [`demo_objects`](crate::demo_objects), with the endpoint name as serial number.
    pub objects: Vec<Object>,
    /// How notifications travel over UDP. In LwM2M 1.2 `/1/x/26` counts if the object has it. At least once in 24 h they are
    /// confirmable anyhow (RFC 7641 §4.5). Default: non-confirmable.
    pub confirmable_notifications: bool,
    /// What `gt` and `lt` mean. Default: a crossing in either direction.
    pub crossing: Crossing,
    /// How long after a failed Register the next one goes out, the first time; it doubles each time.
    /// Default: 60 s (Server object, Resource 18).
    pub retry_first: Duration,
    /// What it doubles up to. Up to a quarter is added by chance. Default: 16 min.
    pub retry_longest: Duration,
    /// How long a reboot takes. Default: 5 s.
    pub reboot_time: Duration,
    /// How long the answer to a De-register is waited for before the device is gone all the same. Default: 10 s.
    pub deregister_wait: Duration,
    /// Its bounds.
    pub limits: ClientLimits,
    /// The exchanges below it: bounds and times. The seed in it does not count.
    pub exchange: coap_exchange::Config,
}

impl ClientConfig {
    /// A device of that name, with the demonstration objects and the defaults named at each field.
    pub fn new(seed: [u8; 32], endpoint: EndpointName) -> Self {
        let serial = Value::String(endpoint.as_str().to_owned().into());
        let mut objects = objects::demo_objects();
        for object in &mut objects {
            if object.id() == 3 {
                *object = object.clone().with(0, 2, serial.clone());
            }
        }
        Self {
            seed,
            endpoint,
            lwm2m: Version::V1_1,
            lifetime: 300,
            binding: "U".into(),
            queue_mode: false,
            link: ClientLink::Datagrams,
            objects,
            confirmable_notifications: false,
            crossing: Crossing::Either,
            retry_first: Duration::from_secs(60),
            retry_longest: Duration::from_secs(960),
            reboot_time: Duration::from_secs(5),
            deregister_wait: Duration::from_secs(10),
            limits: ClientLimits::default(),
            exchange: coap_exchange::Config::new(0),
        }
    }
}

/// How a Client reaches its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientLink {
    /// UDP, or anything else that carries datagrams: it registers as soon as it is started.
    Datagrams,
    /// A WebSocket that the driver opens: it registers when that stands.
    WebSocket,
}

/// When the attributes `gt` and `lt` let a value through. The standard can be read both ways.
///
/// Source: OMA LwM2M Core, "Attributes" (prose: either way) and Transport (examples: one way).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Crossing {
    /// When the value crosses the bound, upward or downward.
    Either,
    /// `gt` upward only, `lt` downward only.
    Outward,
}

/// Why a [`ClientConfig`] makes no device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Only LwM2M 1.0, 1.1 and 1.2 are spoken.
    #[error("LwM2M {0} is not spoken")]
    Version(Version),
    /// Nothing is known of this object or resource.
    #[error("{path} is not defined")]
    Unknown {
        /// Which one.
        path: Path,
    },
    /// A value has another type than its definition says.
    #[error("{path}: expected {expected:?}")]
    WrongType {
        /// Where.
        path: Path,
        /// What the definition says; none for a resource that is executed.
        expected: Option<ValueType>,
    },
    /// Several values for a resource that has one, or the other way round.
    #[error("{path} is not single or multiple as defined")]
    Multiplicity {
        /// Where.
        path: Path,
    },
    /// The same object twice, or several instances of an object that has one.
    #[error("{path} is there too often")]
    Repeated {
        /// Which one.
        path: Path,
    },
    /// More instances of an object than [`ClientLimits::instances`].
    #[error("{path} has too many instances")]
    TooMany {
        /// Of which object.
        path: Path,
    },
}
