//! The whole bridge on free ports of loopback, asked through real sockets by small clients of our own.

mod devices;
mod events;
mod http;
mod support;
mod websocket;
