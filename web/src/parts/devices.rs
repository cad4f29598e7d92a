//! The list of devices: filter, order, keyboard, and only as many rows in the page as can be seen.

use std::rc::Rc;

use lwm2m::Path;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::device_row::device_row;
use super::first_run::ConnectScreen;
use super::icon::icon;
use crate::browser;
use crate::list::{Column, Sort, visible};
use crate::moment::Moment;
use crate::nav::{go, on_click};
use crate::route::Route;
use crate::simulated::Phase;
use crate::state::Devices;
use crate::words::{count, grouped};

/// Rows drawn above and below what can be seen.
const SPARE: usize = 12;
/// Until the first row has been measured.
const ROW: f64 = 33.0;

/// What [`DevicesScreen`] needs.
#[derive(Properties)]
pub struct DevicesScreenProps {
    /// The devices.
    pub devices: Rc<Devices>,
    /// Where devices reach the bridge.
    pub coap: Vec<String>,
    /// The clock of the bridge.
    pub now: Moment,
    /// Where the device of this page stands.
    pub phase: Phase,
    /// Starts the device of this page.
    pub onsimulate: Callback<MouseEvent>,
}

impl PartialEq for DevicesScreenProps {
    /// Ten thousand rows are not compared one by one: what changed is a new list.
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.devices, &other.devices)
            && (&self.coap, self.now, &self.phase) == (&other.coap, other.now, &other.phase)
    }
}

/// What is scrolled and how large things are, in CSS pixels.
#[derive(Clone, Copy, PartialEq)]
struct Window {
    first: usize,
    height: f64,
    row: f64,
}

/// The screen of the list.
#[component]
pub fn DevicesScreen(props: &DevicesScreenProps) -> Html {
    let filter = use_state(String::new);
    let sort = use_state(Sort::default);
    let field = use_node_ref();
    browser::use_slash(&field);
    let rows = use_memo((Pointer(Rc::clone(&props.devices)), (*filter).clone(), *sort), |(devices, filter, sort)| {
        visible(&devices.0, filter, *sort)
    });
    let cursor = use_state(|| None::<Rc<str>>);
    let at = cursor.as_ref().and_then(|name| rows.iter().position(|(other, _)| other == name));
    let window = use_state(|| Window { first: 0, height: 800.0, row: ROW });
    let (table, above, below) = (use_node_ref(), use_node_ref(), use_node_ref());

    let first = window.first.saturating_sub(SPARE).min(rows.len());
    let last = (window.first + (window.height / window.row) as usize + SPARE).min(rows.len());
    {
        let (table, above, below, window, total) =
            (table.clone(), above.clone(), below.clone(), window.clone(), rows.len());
        use_effect(move || {
            let set_height = |node: &NodeRef, rows: usize| {
                if let Some(element) = node.cast::<HtmlElement>() {
                    let _ = element.style().set_property("height", &format!("{}px", (rows as f64 * window.row) as u64));
                }
            };
            set_height(&above, first);
            set_height(&below, total - last);
            measure(&table, &window);
        });
    }
    {
        let (table, window) = (table.clone(), window.clone());
        use_effect_with(*window, move |_| {
            let listener = browser::on_window("resize", move |_| measure(&table, &window));
            move || drop(listener)
        });
    }
    let onscroll = {
        let (table, window) = (table.clone(), window.clone());
        Callback::from(move |_: Event| measure(&table, &window))
    };

    let open = |name: &str| go(&Route::device(name, Path::ROOT));
    let onkeydown = {
        let (rows, cursor, table, window) = (Rc::clone(&rows), cursor, table.clone(), window);
        Callback::from(move |event: KeyboardEvent| {
            let page = ((window.height / window.row) as usize).max(2) - 1;
            let end = rows.len().saturating_sub(1);
            let is_field = browser::is_typing(&event);
            let to = match (event.key().as_str(), at) {
                ("Enter", Some(at)) => {
                    if let Some((name, _)) = rows.get(at) {
                        event.prevent_default();
                        open(name);
                    }
                    return;
                }
                ("ArrowDown", None) => 0,
                ("ArrowDown", Some(at)) => (at + 1).min(end),
                ("ArrowUp", Some(at)) => at.saturating_sub(1),
                ("PageDown", at) => (at.unwrap_or(0) + page).min(end),
                ("PageUp", at) => at.unwrap_or(0).saturating_sub(page),
                ("Home", _) if !is_field => 0,
                ("End", _) if !is_field => end,
                _ => return,
            };
            if let Some((name, _)) = rows.get(to) {
                event.prevent_default();
                cursor.set(Some(Rc::clone(name)));
                show(&table, to, window.row);
            }
        })
    };
    let oninput = {
        let filter = filter.clone();
        Callback::from(move |event: InputEvent| filter.set(browser::input_value(&event)))
    };
    let onescape = {
        let (filter, field, next) = (filter.clone(), field.clone(), onkeydown.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() != "Escape" {
                return next.emit(event);
            }
            filter.set(String::new());
            browser::leave_field(&field);
        })
    };

    if !props.devices.is_loaded {
        return html! {<><div class="head"><h1>{ "Devices" }</h1></div><div class="empty"><p class="muted" role="status">{ "Asking the bridge for its devices." }</p></div></>};
    }
    if props.devices.by_name.is_empty() {
        let (devices, coap) = (Rc::clone(&props.devices), props.coap.clone());
        return html! { <ConnectScreen {devices} {coap} now={props.now} phase={props.phase.clone()} onsimulate={props.onsimulate.clone()} /> };
    }
    let head = |by: Column, name: &'static str, class: &'static str| {
        let (setter, next) = (sort.setter(), sort.clicked(by));
        let is_by = sort.by == by;
        let order = is_by.then_some(if sort.descending { "descending" } else { "ascending" });
        let arrow = match (is_by, sort.descending) {
            (false, _) => "",
            (true, false) => " ↑",
            (true, true) => " ↓",
        };
        html! { <span role="columnheader" {class} aria-sort={order}><button type="button" onclick={Callback::from(move |_: MouseEvent| setter.set(next))}>{ name }{ arrow }</button></span> }
    };
    let shown = if filter.trim().is_empty() {
        count(props.devices.registered(), "device")
    } else {
        format!("{} of {}", grouped(rows.len()), count(props.devices.by_name.len(), "device"))
    };
    html! {<>
        <div class="head head-list"><h1>{ "Devices" }</h1>
            <label class="search">{ icon("search") }<input ref={field} type="text" placeholder="Name, address, object" aria-label="Filter the devices" value={(*filter).clone()} data-test="filter" {oninput} onkeydown={onescape} /><kbd class="desk">{ "/" }</kbd></label>
            <span class="end small faint" role="status" data-test="shown">{ shown }</span>
            <a class="btn" href={Route::Connect.address()} data-test="connect" onclick={on_click(Route::Connect)}>{ icon("plus") }<span>{ "Connect a device" }</span></a>
        </div>
        if props.devices.beyond > 0 {
            <div class="note lost">{ icon("warning") }<span>{ format!("{} are registered that this page has not loaded.", count(props.devices.beyond, "more device")) }</span></div>
        }
        <div class="table grow scroll" role="grid" aria-label="Devices" aria-rowcount={(rows.len() + 1).to_string()} tabindex="0"
            aria-activedescendant={at.filter(|at| (first..last).contains(at)).map(|at| format!("row-{at}"))} ref={table} {onscroll} {onkeydown} data-test="devices">
            <div class="tr th devh" role="row"><span role="columnheader">{ "State" }</span>{ head(Column::Endpoint, "Endpoint", "") }{ head(Column::Lifetime, "Lifetime", "") }
                { head(Column::Transport, "Transport", "") }{ head(Column::Version, "Ver", "") }{ head(Column::Objects, "Objects", "") }<span role="columnheader" class="wide">{ "Address" }</span>{ head(Column::Seen, "Last seen", "num") }</div>
            <div ref={above} role="presentation"></div>
            // A parent of their own, so that the rows are matched by key and the spacers stay the same elements.
            <div role="rowgroup">
            { for rows.get(first..last).unwrap_or_default().iter().enumerate().map(|(place, (_, device))| device_row(device, first + place, at == Some(first + place), props.now)) }
            </div>
            <div ref={below} role="presentation"></div>
            if rows.is_empty() { <p class="empty muted">{ "No device matches. " }<kbd>{ "Esc" }</kbd>{ " in the field clears it." }</p> }
        </div>
    </>}
}

/// Compares by identity.
struct Pointer(Rc<Devices>);

impl PartialEq for Pointer {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Looks how far the list is scrolled and how large it and its rows are.
fn measure(table: &NodeRef, window: &UseStateHandle<Window>) {
    let Some(table) = table.cast::<HtmlElement>() else { return };
    let row = table
        .query_selector(".dev")
        .ok()
        .flatten()
        .map_or(window.row, |row: Element| row.get_bounding_client_rect().height())
        .max(16.0);
    let now = Window {
        first: (f64::from(table.scroll_top()) / row) as usize,
        height: f64::from(table.client_height()).max(100.0),
        row,
    };
    // A redraw per few rows is enough: there are spare ones.
    if now.first.abs_diff(window.first) >= SPARE / 3
        || now.first == 0 && window.first != 0
        || now.height != window.height
        || now.row != window.row
    {
        window.set(now);
    }
}

/// Scrolls so that a row can be seen below the head of the table.
fn show(table: &NodeRef, at: usize, row: f64) {
    let Some(table) = table.cast::<HtmlElement>() else { return };
    let head = table
        .query_selector(".th")
        .ok()
        .flatten()
        .map_or(0.0, |head: Element| head.get_bounding_client_rect().height());
    let top = at as f64 * row;
    let (from, height) = (f64::from(table.scroll_top()), f64::from(table.client_height()) - head);
    if top < from {
        table.set_scroll_top(top as i32);
    } else if top + row > from + height {
        table.set_scroll_top((top + row - height).ceil() as i32);
    }
}
