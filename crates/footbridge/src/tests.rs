//! The whole bridge on free ports of loopback, asked through real sockets by small clients of our own.

mod demo;
mod devices;
mod events;
mod http;
mod simulate;
mod support;
mod websocket;
