//! Sockets. The only folder that calls the operating system for them.

pub(crate) mod http;
pub(crate) mod peers;
pub(crate) mod udp;
pub(crate) mod ws;
