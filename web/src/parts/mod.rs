//! What is seen. Parts know data and callbacks only: no socket, no state but that of their own looks.

use lwm2m::{Models, Path};
use yew::prelude::*;

use crate::device::Page;
use crate::model::Client;
use crate::moment::Moment;

pub mod device;
pub mod device_row;
pub mod devices;
pub mod first_run;
pub mod help;
pub mod icon;
pub mod inspector;
pub mod instance;
pub mod outcome;
pub mod registration;
pub mod resource;
pub mod shell;
pub mod sign_in;
pub mod simulator;
pub mod tree;
pub mod value;

/// What the parts of a device's page draw from.
#[derive(Clone, Copy)]
pub struct View<'v> {
    /// The device.
    pub client: &'v Client,
    /// Its definitions.
    pub models: &'v Models,
    /// What is known of it.
    pub page: &'v Page,
    /// The clock of the bridge.
    pub now: Moment,
    /// Reads a path.
    pub onread: &'v Callback<Path>,
    /// Why nothing can be read now, if so.
    pub blocked: Option<&'static str>,
    /// Whether resources that are not on the device are shown too.
    pub all: bool,
    /// Changes that.
    pub ontoggle: &'v Callback<MouseEvent>,
}
