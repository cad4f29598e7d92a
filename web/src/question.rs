//! What is asked back before something is done that cannot be taken back: the consequence, with the device's own figures.

use lwm2m::{Models, Path, Value};

use crate::command::{Act, Command};
use crate::device::Page;
use crate::list::object_name;
use crate::model::Client;
use crate::moment::{Moment, ago, remaining, took};
use crate::words::{count, safe};

/// A question to be confirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is done if the answer is yes. An Execute may get arguments.
    pub command: Command,
    /// `Reboot leshan-1?`
    pub title: String,
    /// What happens then, sentences.
    pub text: String,
    /// What may be lost by it.
    pub warning: Option<String>,
    /// Repeats verb and object: `Reboot leshan-1`.
    pub yes: String,
    /// What stays otherwise: `Keep it running`.
    pub no: &'static str,
    /// The icon on the button.
    pub icon: &'static str,
}

/// Where a question gets its figures from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'f> {
    /// The device.
    pub client: &'f Client,
    /// Its definitions.
    pub models: &'f Models,
    /// What is known of it.
    pub page: &'f Page,
    /// The clock of the bridge.
    pub now: Moment,
    /// A moment as the clock on the wall shows it.
    pub clock: fn(Moment) -> String,
}

impl Facts<'_> {
    fn name(&self) -> String {
        safe(&self.client.endpoint).into_owned()
    }

    fn integer(&self, path: Option<Path>) -> Option<i64> {
        match self.page.readings.get(&path?)?.value {
            Value::Integer(number) => Some(number),
            Value::Unsigned(number) => i64::try_from(number).ok(),
            _ => None,
        }
    }

    /// ` Its 2 observations end; they are asked for again when it is back.`
    fn observations(&self, of: Path) -> String {
        let running = self.page.watches.iter().filter(|(path, watch)| watch.runs && of.contains(*path)).count();
        match running {
            0 => String::new(),
            1 => " 1 observation ends; it is asked for again when it is back.".to_owned(),
            many => format!(" {many} observations end; they are asked for again when it is back."),
        }
    }

    /// What a restart may lose.
    fn unconfirmed(&self) -> Option<String> {
        let mut all = self.page.unconfirmed();
        let (path, reading) = all.next()?;
        let name = self.models.resource(path).map_or_else(|| path.to_string(), |facts| facts.name.to_owned());
        Some(match all.count() {
            0 => format!("{name} was written at {} and not read back. It may be lost.", (self.clock)(reading.at)),
            more => format!("{name} and {more} more were written and not read back. They may be lost."),
        })
    }

    fn restart_time(&self) -> String {
        match self.page.restarts.as_slice() {
            [] => "It stops answering until it has started again and registered.".to_owned(),
            [one] => format!("It stops answering for about {}, as the last time.", took(*one)),
            many => {
                let longest = many.iter().copied().max().unwrap_or_default();
                format!("It stops answering for up to {}, as the last {} times.", took(longest), many.len())
            }
        }
    }
}

/// What executing a resource means.
///
/// Source: OMA LwM2M Core, the definitions of objects 1, 3 and 5.
pub fn execute(facts: Facts<'_>, path: Path, name: &str) -> Question {
    let device = facts.name();
    let (verb, text, no) = match *path.ids() {
        [3, _, 4] => {
            let text = format!("{}{}", facts.restart_time(), facts.observations(Path::ROOT));
            (format!("Reboot {device}"), text, "Keep it running")
        }
        [3, _, 5] => {
            let text = format!(
                "It forgets its settings and starts as it left the factory. It may not know this bridge any more, and then it does not come back by itself.{}",
                facts.observations(Path::ROOT)
            );
            (format!("Reset {device} to factory settings"), text, "Keep its settings")
        }
        [1, _, 4] => {
            let away = match facts.integer(path.parent().and_then(|server| server.child(5))) {
                Some(seconds) => {
                    format!("for {} (Disable Timeout {seconds} s)", remaining(seconds.saturating_mul(1_000)))
                }
                None => "for its Disable Timeout, one day if it has none,".to_owned(),
            };
            let text = format!(
                "It de-registers and stays away {away}; nothing can be asked of it meanwhile.{}",
                facts.observations(Path::ROOT)
            );
            (format!("Disable {device}"), text, "Keep it registered")
        }
        [1, _, 8] => {
            let last = ago(facts.now.since(facts.client.updated.max(facts.client.registered)));
            let text = format!(
                "It updates its registration at once, last heard {last}, with a lifetime of {} s. Nothing else changes.",
                facts.client.lifetime
            );
            ("Trigger an update".to_owned(), text, "Leave it alone")
        }
        [1, _, 9] => {
            let text = format!(
                "It leaves for its bootstrap server, which may give it other settings or another server to register with. It comes back only if it is sent here again.{}",
                facts.observations(Path::ROOT)
            );
            (format!("Send {device} to its bootstrap server"), text, "Keep it here")
        }
        [5, _, 2] => {
            let state = match facts.integer(path.parent().and_then(|update| update.child(3))) {
                Some(0) => " It says that it has no package (State 0), so it will probably refuse.",
                Some(1) => " It is still downloading (State 1), so it will probably refuse.",
                Some(2) => " The package is there (State 2).",
                Some(3) => " It is updating already (State 3).",
                _ => " Whether it has a package is not known here: read State first.",
            };
            let text = format!(
                "It installs the package that it has downloaded and restarts. Without power in between it may not start again.{state}{}",
                facts.observations(Path::ROOT)
            );
            (format!("Update the firmware of {device}"), text, "Keep the firmware it has")
        }
        _ => {
            let text = format!(
                "{device} carries it out at once. What that does is up to the device; it cannot be taken back from here."
            );
            (format!("Execute {name}"), text, "Do nothing")
        }
    };
    let restarts = matches!(*path.ids(), [3, _, 4 | 5] | [5, _, 2]);
    Question {
        command: Command::new(path, Act::Execute(String::new())),
        title: format!("{verb}?"),
        text,
        warning: facts.unconfirmed().filter(|_| restarts),
        yes: verb,
        no,
        icon: "execute",
    }
}

/// What deleting an instance means.
pub fn delete(facts: Facts<'_>, path: Path) -> Question {
    let object = object_name(facts.models, path.object_id().unwrap_or_default());
    let what = format!("instance {} of {object}", path.instance_id().unwrap_or_default());
    let values = facts.page.readings.iter().filter(|(known, _)| path.contains(*known)).count();
    let known = match values {
        0 => String::new(),
        _ => format!(" with the {} known here", count(values, "value")),
    };
    let ends = match facts.page.watches.iter().filter(|(watched, watch)| watch.runs && path.contains(*watched)).count()
    {
        0 => String::new(),
        1 => " 1 observation ends.".to_owned(),
        many => format!(" {many} observations end."),
    };
    let home = match path.object_id() {
        Some(0) => " This is an account of the device: it may lose its way to this bridge.",
        Some(1) => " This is how the device behaves towards a server: without it the device may leave.",
        _ => "",
    };
    Question {
        command: Command::new(path, Act::Delete),
        title: format!("Delete {what}?"),
        text: format!("{} removes {path}{known}. There is no undo; it can be created anew.{ends}{home}", facts.name()),
        warning: None,
        yes: format!("Delete {what}"),
        no: "Keep it",
        icon: "trash",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{Reading, WRITTEN, Watch};

    fn ask(path: &str, prepare: impl FnOnce(&mut Page)) -> Question {
        let client =
            Client { endpoint: "leshan-1".to_owned(), lifetime: 60, lwm2m: "1.1".to_owned(), ..Default::default() };
        let mut page = Page::default();
        prepare(&mut page);
        let models = client.models();
        let clock = |_| "14:31:50".to_owned();
        let facts = Facts { client: &client, models: &models, page: &page, now: Moment(60_000), clock };
        let path: Path = path.parse().unwrap();
        if path.ids().len() == 2 { delete(facts, path) } else { execute(facts, path, "Reset Counters") }
    }

    fn reading(value: i64, source: &'static str) -> Reading {
        Reading { value: Value::Integer(value), at: Moment(1), source, changes: 0 }
    }

    #[test]
    fn a_reboot_with_its_figures() {
        let plain = ask("/3/0/4", |_| {});
        assert_eq!(
            (plain.title.as_str(), plain.yes.as_str(), plain.no),
            ("Reboot leshan-1?", "Reboot leshan-1", "Keep it running")
        );
        assert_eq!(
            (plain.text.as_str(), plain.warning),
            ("It stops answering until it has started again and registered.", None)
        );
        let known = ask("/3/0/4", |page| {
            page.restarts = vec![38_000, 41_000];
            let watch = Watch { since: Moment(0), runs: true, told: 0 };
            page.watches.insert(Path::resource(3, 0, 9), watch.clone());
            page.watches.insert(Path::resource(3303, 0, 5700), watch);
            page.readings.insert(Path::resource(3, 0, 15), reading(1, WRITTEN));
        });
        assert_eq!(
            known.text,
            "It stops answering for up to 41 s, as the last 2 times. 2 observations end; they are asked for again when it is back."
        );
        assert_eq!(known.warning.unwrap(), "Timezone was written at 14:31:50 and not read back. It may be lost.");
    }

    #[test]
    fn every_known_consequence() {
        let state =
            |value| move |page: &mut Page| page.readings.insert(Path::resource(5, 0, 3), reading(value, "read"));
        let timeout = |page: &mut Page| page.readings.insert(Path::resource(1, 0, 5), reading(600, "read"));
        let rows: [(Question, &str, &str, &str); 8] = [
            (ask("/3/0/5", |_| {}), "Reset leshan-1 to factory settings", "Keep its settings", "left the factory"),
            (ask("/1/0/4", timeout), "Disable leshan-1", "Keep it registered", "for 10 m 00 s (Disable Timeout 600 s)"),
            (ask("/1/0/4", |_| {}), "Disable leshan-1", "Keep it registered", "one day"),
            (
                ask("/1/0/8", |_| {}),
                "Trigger an update",
                "Leave it alone",
                "last heard 1 m ago, with a lifetime of 60 s",
            ),
            (ask("/1/0/9", |_| {}), "Send leshan-1 to its bootstrap server", "Keep it here", "comes back only"),
            (ask("/5/0/2", state(2)), "Update the firmware of leshan-1", "Keep the firmware it has", "(State 2)"),
            (ask("/5/0/2", state(0)), "Update the firmware of leshan-1", "Keep the firmware it has", "refuse"),
            (ask("/9999/0/1", |_| {}), "Execute Reset Counters", "Do nothing", "up to the device"),
        ];
        for (question, yes, no, part) in rows {
            assert_eq!((question.yes.as_str(), question.no), (yes, no));
            assert!(question.text.contains(part), "{}", question.text);
        }
    }

    #[test]
    fn deleting_says_what_goes() {
        let question = ask("/3303/1", |page| {
            page.readings.insert(Path::resource(3303, 1, 5700), reading(1, "read"));
        });
        assert_eq!(question.yes, "Delete instance 1 of Temperature");
        assert_eq!(
            question.text,
            "leshan-1 removes /3303/1 with the 1 value known here. There is no undo; it can be created anew."
        );
        assert!(ask("/0/0", |_| {}).text.contains("account"));
    }
}
