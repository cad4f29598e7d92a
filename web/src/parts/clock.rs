//! The ticking second, and texts that change with it.

use gloo_timers::callback::Interval;
use yew::prelude::*;

use crate::browser;
use crate::moment::{Moment, ago, took};

/// The clock of the bridge, told anew every second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Now(pub Moment);

/// What [`Clock`] needs.
#[derive(Properties, PartialEq)]
pub struct ClockProps {
    /// The clock of the bridge minus that of this computer, in ms.
    pub offset: i64,
    /// Called every second.
    pub ontick: Callback<Moment>,
    /// What may ask for the time.
    pub children: Html,
}

/// Gives the time to everything inside. Only what asks for it is drawn anew.
#[component]
pub fn Clock(props: &ClockProps) -> Html {
    let local = use_state(browser::now);
    {
        let (local, ontick) = (local.setter(), props.ontick.clone());
        use_effect_with((), move |()| {
            let interval = Interval::new(1_000, move || {
                let now = browser::now();
                local.set(now);
                ontick.emit(now);
            });
            move || drop(interval)
        });
    }
    html! { <ContextProvider<Now> context={Now(Moment(local.0 + props.offset))}>{ props.children.clone() }</ContextProvider<Now>> }
}

/// The clock of the bridge, and to be drawn anew when it ticks.
#[hook]
pub fn use_now() -> Moment {
    use_context::<Now>().map_or_else(browser::now, |now| now.0)
}

/// What [`Age`] needs.
#[derive(Properties, PartialEq)]
pub struct AgeProps {
    /// Since when.
    pub at: Moment,
    /// More words behind it.
    #[prop_or_default]
    pub note: Option<&'static str>,
}

/// `2 s ago`, ticking; the exact time is in the tooltip.
#[component]
pub fn Age(props: &AgeProps) -> Html {
    let now = use_now();
    let note = props.note.map(|note| format!(", {note}"));
    html! { <small class="age" title={browser::local_date(props.at)}>{ ago(now.since(props.at)) }{ note }</small> }
}

/// What [`Waiting`] needs.
#[derive(Properties, PartialEq)]
pub struct WaitingProps {
    /// Since when, by the clock of this computer.
    pub since: Moment,
}

/// `0.4 s`, ticking ten times a second.
#[component]
pub fn Waiting(props: &WaitingProps) -> Html {
    let now = use_state(browser::now);
    {
        let now = now.setter();
        use_effect_with((), move |()| {
            let interval = Interval::new(100, move || now.set(browser::now()));
            move || drop(interval)
        });
    }
    let ms = now.since(props.since);
    let text = if ms < 1_000 { format!("0.{} s", ms / 100) } else { took(ms) };
    html! { <span class="nowrap">{ text }</span> }
}
