//! What has become of the simulated devices so far.

use std::fmt;

use lwm2m_engine::{ClientEvent, Left};

use crate::device::News;

/// Where a device stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Not registered yet, or away for a while.
    Coming,
    Registered,
    /// Its last Register failed.
    Failed,
    Gone,
}

/// All devices, counted.
#[derive(Debug)]
pub(crate) struct Tally {
    devices: Vec<Standing>,
    pub(crate) registered: usize,
    pub(crate) failed: usize,
    pub(crate) notifications: u64,
    pub(crate) deregistered: usize,
    ever_registered: bool,
    why: Option<String>,
}

impl Tally {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            devices: vec![Standing::Coming; count],
            registered: 0,
            failed: 0,
            notifications: 0,
            deregistered: 0,
            ever_registered: false,
            why: None,
        }
    }

    /// Takes what a device tells.
    pub(crate) fn take(&mut self, number: usize, news: News) {
        match news {
            News::Notified(more) => self.notifications += more,
            News::Event(ClientEvent::Registered { .. }) => {
                self.ever_registered = true;
                self.stands(number, Standing::Registered);
            }
            News::Event(ClientEvent::RegistrationFailed { why, .. }) => self.fail(number, why.to_string()),
            News::Event(ClientEvent::Deregistered { why: Left::Stopped }) => {
                self.deregistered += 1;
                self.stands(number, Standing::Gone);
            }
            News::Event(ClientEvent::Deregistered { .. }) => self.stands(number, Standing::Coming),
            News::Event(_) => {}
            News::NobodyListens if self.devices.get(number) == Some(&Standing::Coming) => {
                self.fail(number, "no program listens there".into());
            }
            News::NobodyListens => {}
            News::Ended(why) => self.fail(number, why),
        }
    }

    /// Whether every device failed, and none ever registered.
    pub(crate) fn is_hopeless(&self) -> bool {
        !self.ever_registered && self.failed == self.devices.len()
    }

    /// Why the last one failed.
    pub(crate) fn why(&self) -> &str {
        self.why.as_deref().unwrap_or("it did not answer")
    }

    fn fail(&mut self, number: usize, why: String) {
        self.why = Some(why);
        self.stands(number, Standing::Failed);
    }

    fn stands(&mut self, number: usize, now: Standing) {
        let Some(standing) = self.devices.get_mut(number) else { return };
        let before = std::mem::replace(standing, now);
        let count = |standing| usize::from(now == standing).wrapping_sub((before == standing).into());
        self.registered = self.registered.wrapping_add(count(Standing::Registered));
        self.failed = self.failed.wrapping_add(count(Standing::Failed));
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { devices, registered, failed, notifications, .. } = self;
        write!(f, "{registered} of {} registered, {failed} failed, {notifications} notifications sent", devices.len())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lwm2m_engine::RegistrationError;

    use super::*;

    #[test]
    fn devices_are_counted_where_they_stand() {
        let registered = || News::Event(ClientEvent::Registered { location: "rd/a".into() });
        let failed = || {
            let (why, retry_in) = (RegistrationError::NoLocation, Duration::ZERO);
            News::Event(ClientEvent::RegistrationFailed { why, retry_in })
        };
        let left = |why| News::Event(ClientEvent::Deregistered { why });
        let mut tally = Tally::new(2);
        // device, its news: registered, failed, de-registered, hopeless
        for (number, news, want) in [
            (0, News::NobodyListens, (0, 1, 0, false)),
            (1, failed(), (0, 2, 0, true)),
            (0, registered(), (1, 1, 0, false)),
            (1, registered(), (2, 0, 0, false)),
            (1, registered(), (2, 0, 0, false)),
            (0, News::NobodyListens, (2, 0, 0, false)),
            (0, left(Left::Reboot), (1, 0, 0, false)),
            (0, failed(), (1, 1, 0, false)),
            (1, failed(), (0, 2, 0, false)),
            (1, registered(), (1, 1, 0, false)),
            (1, left(Left::Stopped), (0, 1, 1, false)),
            (7, registered(), (0, 1, 1, false)),
        ] {
            tally.take(number, news.clone());
            let Tally { registered, failed, deregistered, .. } = tally;
            assert_eq!((registered, failed, deregistered, tally.is_hopeless()), want, "{number} {news:?}");
        }
        tally.take(0, News::Notified(5));
        assert_eq!(tally.to_string(), "0 of 2 registered, 1 failed, 5 notifications sent");
        tally.take(1, News::Ended("cable cut".into()));
        assert_eq!((tally.failed, tally.why()), (2, "cable cut"));
    }
}
