//! Observations: when a notification is due.
//!
//! Source: lwm2m-facts (c), "Notify decision"; OMA LwM2M Core, "Observe", "Notify", "Attributes"; RFC 7641.
//!
//! 1. `observe` answers the first request; that answer counts as the first notification.
//! 2. After each input, what changed is compared with what each observation was told last: that makes it *due*, and it stays
//!    so even if the value returns.
//! 3. A due one is sent as soon as `pmin` allows; any is sent after `pmax`.

use core::time::Duration;

use coap_exchange::{CoapOption, ExchangeId, Mono, Now, ObserverEnd, Reliability, Request, Response, ResponseType};
use lwm2m::{Attributes, ContentFormat, Entry, EntryValue, Level, Number, Path, Value, Version};

use super::Client;
use super::config::Crossing;
use super::io::ClientEvent;
use super::objects::{self, server};
use super::operation::Refusal;

/// How often a value that runs by itself is looked at, when it is observed alone.
const TICK: Duration = Duration::from_secs(1);

/// An observation by the server.
#[derive(Clone, Debug)]
pub(super) struct Observation {
    path: Path,
    accept: Option<ContentFormat>,
    /// Those of the request (LwM2M 1.2), which replace the attached ones.
    attributes: Option<Attributes>,
    /// What was told last, and when.
    last: Vec<Entry<'static>>,
    sent: Mono,
    /// A notification must be sent as soon as `pmin` allows it.
    due: bool,
    /// When a value that runs by itself is looked at next.
    tick: Mono,
}

impl Client {
    /// GET with Observe 0.
    pub(super) fn observe(
        &mut self,
        now: Now,
        exchange: ExchangeId,
        path: Path,
        request: &Request,
    ) -> Result<Response, Refusal> {
        let accept = request.accept().map(ContentFormat);
        let attributes = if request.options.contains(CoapOption::UriQuery) {
            if self.lwm2m < Version::V1_2 {
                return Err(Refusal::bad("only LwM2M 1.2 observes with attributes"));
            }
            Some(self.attributes_of(path, Attributes::default(), request)?)
        } else {
            None
        };
        let entries = self.readable(now, path)?;
        let response = self.content(path, &entries, accept)?;
        if self.observations.len() >= self.limits.observations {
            self.stats.observations_full += 1;
            return Ok(response);
        }
        let tick = if objects::is_running(path) { now.mono + TICK } else { Mono::NEVER };
        let observation = Observation { path, accept, attributes, last: entries, sent: now.mono, due: false, tick };
        self.observations.insert(exchange, observation);
        self.tell(ClientEvent::ObservationStarted { path });
        Ok(response.with_observe())
    }

    /// An observation is over, whoever ended it.
    pub(super) fn observer_gone(&mut self, exchange: ExchangeId, why: ObserverEnd) {
        if let Some(observation) = self.observations.remove(&exchange) {
            self.tell(ClientEvent::ObservationEnded { path: observation.path, why });
        }
    }

    /// Sends the notifications that are due after what changed, or because of the time.
    pub(super) fn notify(&mut self, now: Now) {
        let changed = core::mem::take(&mut self.changed);
        if self.observations.is_empty() {
            return;
        }
        let touched = |path: Path| {
            changed.range(path..).next().is_some_and(|at| path.contains(*at))
                || changed.iter().any(|at| at.contains(path))
        };
        let concerned = self.observations.iter().filter(|(_, observation)| {
            touched(observation.path) || observation.tick <= now.mono || self.notification_time(observation) <= now.mono
        });
        let concerned: Vec<_> = concerned.map(|(exchange, _)| *exchange).collect();
        for exchange in concerned {
            self.consider(now, exchange);
        }
    }

    /// When the next notification is sent if nothing changes.
    pub(super) fn next_notification(&self) -> Mono {
        let times = self.observations.values().map(|one| one.tick.min(self.notification_time(one)));
        times.fold(Mono::NEVER, Mono::min)
    }

    fn notification_time(&self, observation: &Observation) -> Mono {
        let (pmin, pmax) = self.periods(observation);
        let due = if observation.due { observation.sent + pmin } else { Mono::NEVER };
        pmax.map_or(due, |pmax| due.min(observation.sent + pmax))
    }

    /// `pmin`, and `pmax` if it counts.
    fn periods(&self, observation: &Observation) -> (Duration, Option<Duration>) {
        let attributes = self.effective(observation.path, observation.attributes);
        let default = |resource| self.server_seconds(resource).map(|seconds| Duration::from_secs(seconds.into()));
        let pmin = attributes.pmin.or_else(|| default(server::DEFAULT_PMIN)).unwrap_or_default();
        let pmax = attributes.pmax.or_else(|| default(server::DEFAULT_PMAX));
        (pmin, pmax.filter(|pmax| !pmax.is_zero() && *pmax >= pmin))
    }

    /// Looks at one observation: is it due, may it be sent?
    fn consider(&mut self, now: Now, exchange: ExchangeId) {
        let Some(mut observation) = self.observations.remove(&exchange) else { return };
        let path = observation.path;
        let entries = match self.readable(now, path) {
            Ok(entries) => entries,
            // What was observed is gone: an error ends the observation (RFC 7641 §4.2).
            Err(refusal) => {
                self.end_observation(now, exchange, path, refusal.code);
                return;
            }
        };
        let was_due = observation.due;
        let attributes = self.effective(path, observation.attributes);
        observation.due |= is_worth(&observation, &entries, &attributes, self.crossing);
        if observation.tick <= now.mono {
            observation.tick = now.mono + TICK;
        }
        if self.notification_time(&observation) > now.mono {
            self.stats.delayed += u64::from(observation.due && !was_due);
            self.observations.insert(exchange, observation);
            return;
        }
        match self.content(path, &entries, observation.accept) {
            Ok(response) => {
                observation.last = entries;
                observation.sent = now.mono;
                observation.due = false;
                self.observations.insert(exchange, observation);
                self.stats.notifications += 1;
                let reliability = self.reliability();
                self.exchange(now, coap_exchange::Input::Notify { exchange, response, reliability });
            }
            Err(refusal) => self.end_observation(now, exchange, path, refusal.code),
        }
    }

    /// Ends an observation from this side, with an error.
    fn end_observation(&mut self, now: Now, exchange: ExchangeId, path: Path, code: ResponseType) {
        self.tell(ClientEvent::ObservationEnded { path, why: ObserverEnd::Ended });
        let response = Response::new(code);
        let reliability = Reliability::Confirmable;
        self.exchange(now, coap_exchange::Input::Notify { exchange, response, reliability });
    }

    /// Forgets all observations, as a Register or a De-register does.
    pub(super) fn drop_observations(&mut self, now: Now) {
        for (exchange, observation) in core::mem::take(&mut self.observations) {
            self.tell(ClientEvent::ObservationEnded { path: observation.path, why: ObserverEnd::Closed });
            if !self.is_datagram() {
                // A connection is not forgotten with its observers: the exchange layer must hear of each.
                let response = Response::new(ResponseType::ServiceUnavailable);
                let reliability = Reliability::NonConfirmable;
                self.exchange(now, coap_exchange::Input::Notify { exchange, response, reliability });
            }
        }
    }

    /// CON or NON: as `/1/x/26` of LwM2M 1.2 says, else as configured.
    fn reliability(&self) -> Reliability {
        let confirmable = match self.server_value(server::NOTIFICATION_MODE) {
            Some(Value::Integer(mode)) => *mode == 1,
            _ => self.confirmable_notifications,
        };
        if confirmable { Reliability::Confirmable } else { Reliability::NonConfirmable }
    }
}

/// Whether the difference to what was told last is worth a notification.
fn is_worth(observation: &Observation, new: &[Entry<'static>], attributes: &Attributes, crossing: Crossing) -> bool {
    let path = observation.path;
    // gt, lt and st are for one number; of anything larger every change counts, except of what runs by itself.
    let steps = (path.level() >= Level::Resource)
        .then(|| Some((single_number(path, &observation.last)?, single_number(path, new)?)))
        .flatten()
        .filter(|_| attributes.gt.is_some() || attributes.lt.is_some() || attributes.st.is_some());
    let Some((last, new)) = steps else {
        let running = |entry: &&Entry<'_>| entry.path == path || !objects::is_running(entry.path);
        return !observation.last.iter().filter(running).eq(new.iter().filter(running));
    };
    let [gt, lt, st] = [attributes.gt, attributes.lt, attributes.st].map(|number| number.map(Number::to_f64));
    let up = |bound: f64| last <= bound && bound < new;
    let down = |bound: f64| last >= bound && bound > new;
    let crosses = match crossing {
        Crossing::Either => [gt, lt].into_iter().flatten().any(|bound| up(bound) || down(bound)),
        Crossing::Outward => gt.is_some_and(up) || lt.is_some_and(down),
    };
    // A step of nothing is still a change.
    crosses || st.is_some_and(|st| new != last && (new - last).abs() >= st)
}

fn single_number(path: Path, entries: &[Entry<'_>]) -> Option<f64> {
    let [Entry { path: at, value: EntryValue::Value(value), .. }] = entries else { return None };
    if *at != path {
        return None;
    }
    match value {
        Value::Integer(number) | Value::Time(number) => Some(*number as f64),
        Value::Unsigned(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_bounds() {
        // Attributes, last, new, either way, outward. Source: lwm2m-facts (c), "Examples everyone agrees on", then the
        // examples of Transport that read gt and lt one way only, then equality as Anjay and Leshan take it.
        let (none, some) = (None, |number: f64| Some(number));
        let rows = [
            (some(45.0), none, some(10.0), 45.0, 50.0, true, true),
            (some(45.0), none, some(10.0), 38.0, 49.0, true, true),
            (some(85.0), some(20.0), some(10.0), 75.0, 90.0, true, true),
            (some(85.0), some(20.0), some(10.0), 50.0, 10.0, true, true),
            (some(85.0), some(20.0), some(10.0), 87.0, 99.0, true, true),
            (some(45.0), none, some(10.0), 48.0, 42.0, true, false),
            (some(85.0), some(20.0), some(10.0), 17.0, 24.0, true, false),
            (some(45.0), none, none, 40.0, 45.0, false, false),
            (some(45.0), none, none, 45.0, 45.1, true, true),
            (none, some(20.0), none, 20.0, 19.0, true, true),
            (none, some(20.0), none, 21.0, 20.0, false, false),
            (none, some(20.0), none, 19.0, 21.0, true, false),
            (none, none, some(0.5), 20.0, 20.5, true, true),
            (none, none, some(0.5), 20.0, 20.4, false, false),
            (none, none, some(0.0), 20.0, 20.0, false, false),
            (none, none, some(0.0), 20.0, 20.1, true, true),
            (none, none, none, 20.0, 20.1, true, true),
            (none, none, none, 20.0, 20.0, false, false),
        ];
        let path = Path::resource(3303, 0, 5700);
        for (gt, lt, st, last, new, either, outward) in rows {
            let mut attributes = Attributes::default();
            [attributes.gt, attributes.lt, attributes.st] =
                [gt, lt, st].map(|number| number.map(|number| Number::try_from(number).unwrap()));
            let told = |value| vec![Entry::new(path, Value::Float(value))];
            let observation = Observation {
                path,
                accept: None,
                attributes: None,
                last: told(last),
                sent: Mono::ZERO,
                due: false,
                tick: Mono::NEVER,
            };
            let worth = |crossing| is_worth(&observation, &told(new), &attributes, crossing);
            assert_eq!(worth(Crossing::Either), either, "{attributes:?}: {last} to {new}");
            assert_eq!(worth(Crossing::Outward), outward, "{attributes:?}: {last} to {new}, outward");
        }
    }
}
