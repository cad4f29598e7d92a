//! What is seen. Parts know data and callbacks only: no socket, no state but that of their own looks.

pub mod clock;
pub mod device;
pub mod device_row;
pub mod devices;
pub mod first_run;
pub mod go;
pub mod help;
pub mod icon;
pub mod inspector;
pub mod instance;
pub mod outcome;
pub mod registration;
pub mod resource;
pub mod shell;
pub mod sign_in;
pub mod tree;
pub mod value;
