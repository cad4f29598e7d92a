//! What is seen. Parts know data and callbacks only: no socket, no state but that of their own looks.

use std::rc::Rc;

use lwm2m::{Models, Path};
use yew::prelude::*;

use crate::browser;
use crate::command::Command;
use crate::device::Page;
use crate::model::Client;
use crate::moment::Moment;
use crate::question::{Facts, Question};

pub mod action;
pub mod chart;
pub mod confirm;
pub mod device;
pub mod device_row;
pub mod devices;
pub mod editor;
pub mod first_run;
pub mod form;
pub mod help;
pub mod icon;
pub mod inspector;
pub mod instance;
pub mod outcome;
pub mod preview;
pub mod registration;
pub mod resource;
pub mod several;
pub mod shell;
pub mod sign_in;
pub mod simulator;
pub mod tree;
pub mod value;

/// What lies open on a device's page.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// The editor of a resource.
    Write(Path),
    /// The editor of several resources of an instance.
    Several(Path),
    /// The form for a new instance of an object.
    Create(Path),
    /// A question before something is done.
    Confirm(Rc<Question>),
}

/// What the parts of a device's page draw from.
#[derive(Clone, Copy)]
pub struct View<'v> {
    /// The device.
    pub client: &'v Rc<Client>,
    /// Its definitions.
    pub models: &'v Rc<Models>,
    /// What is known of it.
    pub page: &'v Page,
    /// The clock of the bridge.
    pub now: Moment,
    /// Asks something of it.
    pub onrun: &'v Callback<Command>,
    /// What lies open.
    pub layer: Option<&'v Layer>,
    /// Opens something else, or closes it.
    pub onlayer: &'v Callback<Option<Layer>>,
    /// Why nothing can be asked now, if so.
    pub blocked: Option<&'static str>,
    /// Whether resources that are not on the device are shown too.
    pub all: bool,
    /// Changes that.
    pub ontoggle: &'v Callback<MouseEvent>,
}

impl View<'_> {
    /// Where a question gets its figures from.
    pub fn facts(&self) -> Facts<'_> {
        let clock = |at: Moment| browser::local_clock(at).chars().take(8).collect();
        Facts { client: self.client, models: self.models, page: self.page, now: self.now, clock }
    }
}
