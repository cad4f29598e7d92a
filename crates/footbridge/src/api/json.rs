//! The JSON shapes of what the bridge knows.

use std::net::SocketAddr;

use coap_exchange::Utc;
use lwm2m_engine::Registration;
use serde::Serialize;

/// A registered device with what only the bridge knows of it.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) registration: Registration,
    pub(crate) transport: &'static str,
    /// `None` if its address was forgotten.
    pub(crate) address: Option<SocketAddr>,
    /// When its last message of any kind came.
    pub(crate) seen: Utc,
}

/// A device in a list, in an answer, in an event.
#[derive(Serialize)]
pub(crate) struct Client<'a> {
    endpoint: &'a str,
    location: String,
    lwm2m: String,
    lifetime: u32,
    binding: &'a str,
    queue_mode: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    sms: Option<&'a str>,
    transport: &'static str,
    secure: bool,
    address: Option<String>,
    registered: String,
    updated: String,
    expires: Option<String>,
    seen: String,
    root: &'a str,
    formats: Vec<u16>,
    objects: Vec<Object<'a>>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct Object<'a> {
    id: u16,
    version: Option<String>,
    instances: &'a [u16],
}

impl<'a> From<&'a Device> for Client<'a> {
    fn from(device: &'a Device) -> Self {
        let registration = &device.registration;
        let list = &registration.objects;
        let objects = list.objects.iter().map(|object| Object {
            id: object.id,
            version: object.version.map(|version| version.to_string()),
            instances: &object.instances,
        });
        Self {
            endpoint: registration.endpoint.as_str(),
            location: format!("rd/{}", registration.id),
            lwm2m: registration.lwm2m.to_string(),
            lifetime: registration.lifetime,
            binding: &registration.binding,
            queue_mode: registration.queue_mode,
            sms: registration.sms.as_deref(),
            transport: device.transport,
            secure: false,
            address: device.address.map(|address| address.to_string()),
            registered: registration.registered.to_string(),
            updated: registration.updated.to_string(),
            expires: registration.expires.map(|expires| expires.to_string()),
            seen: device.seen.to_string(),
            root: &list.root,
            formats: list.formats.iter().map(|format| format.0).collect(),
            objects: objects.collect(),
            warnings: registration.notes.iter().map(|note| note.to_string()).collect(),
        }
    }
}
