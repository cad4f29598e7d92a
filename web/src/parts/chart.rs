//! The live chart of what is observed: one resource at a time, its numbers over the last minutes.

use std::rc::Rc;

use lwm2m::{Path, Value};
use wasm_bindgen::JsCast;
use yew::prelude::*;

use super::View;
use super::icon::icon;
use crate::browser::{local_clock, utc_offset};
use crate::chart::{Plot, SPANS, Spot};
use crate::moment::{Moment, span};
use crate::rows::Row;
use crate::series::Series;
use crate::words::{count, number, unit};

/// A resource that can be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    path: Path,
    name: String,
    unit: String,
    series: Rc<Series>,
    /// Whether its last value still holds.
    runs: bool,
    /// `12 notifications since 14:02:11`
    note: String,
}

/// The chart of an instance, if something in it was observed that is a number.
pub fn chart(view: &View<'_>, instance: Path, rows: &[Row]) -> Html {
    let in_instance = |path: &Path| instance.contains(*path);
    let mut drawn: Vec<Drawn> = view
        .page
        .series
        .iter()
        .filter(|(path, _)| in_instance(path))
        .map(|(path, series)| draw(view, *path, series, rows))
        .collect();
    // What is observed now and what sensors measure come first.
    for is_better in [(|one| one.path.resource_id() == Some(5700)) as fn(&Drawn) -> bool, |one| one.runs] {
        if !drawn.first().is_some_and(is_better)
            && let Some(at) = drawn.iter().position(is_better)
        {
            drawn.swap(0, at);
        }
    }
    // Whole seconds: the chart moves when the ages do.
    let now = Moment(view.now.0.div_euclid(1_000) * 1_000 + 999);
    if drawn.is_empty() {
        Html::default()
    } else {
        html! { <Chart key={instance.to_string()} {drawn} {now} /> }
    }
}

fn draw(view: &View<'_>, path: Path, series: &Rc<Series>, rows: &[Row]) -> Drawn {
    let row = rows.iter().find(|row| row.path.contains(path));
    let mut name = row.map_or_else(|| path.to_string(), |row| row.name.clone());
    if let Some(index) = path.resource_instance_id() {
        name.push_str(&format!(" {index}"));
    }
    let watch = view.page.watches.iter().find(|(watched, watch)| watch.runs && watched.contains(path));
    let note = match watch {
        Some((_, watch)) => {
            let mut note = format!("{} since {}", count(watch.told as usize, "notification"), seconds(watch.since));
            if watch.told > 1 {
                note.push_str(&format!(
                    ", every {}",
                    span((view.now.since(watch.since) / i64::from(watch.told)).max(1_000))
                ));
            }
            note
        }
        None => "not observed now".to_owned(),
    };
    let unit = row.map(|row| unit(&row.units).to_owned()).unwrap_or_default();
    Drawn { path, name, unit, series: Rc::clone(series), runs: watch.is_some(), note }
}

fn seconds(at: Moment) -> String {
    local_clock(at).chars().take(8).collect()
}

#[derive(Properties, PartialEq)]
struct ChartProps {
    drawn: Vec<Drawn>,
    now: Moment,
}

/// What stands still while the chart is paused.
#[derive(Clone, PartialEq)]
struct Paused {
    path: Path,
    series: Rc<Series>,
    until: Moment,
}

#[component]
fn Chart(props: &ChartProps) -> Html {
    let minutes = use_state(|| SPANS[0]);
    let chosen = use_state(|| None::<Path>);
    let paused = use_state(|| None::<Paused>);
    let cursor = use_state(|| None::<Moment>);
    let (plot_node, tip) = (use_node_ref(), use_node_ref());
    let shown = props.drawn.iter().find(|one| Some(one.path) == *chosen).or_else(|| props.drawn.first());
    let still = paused.as_ref().filter(|paused| shown.is_some_and(|one| one.path == paused.path));
    let (series, until) = match (still, shown) {
        (Some(paused), _) => (Rc::clone(&paused.series), paused.until),
        (None, Some(one)) => (Rc::clone(&one.series), props.now),
        (None, None) => (Rc::default(), props.now),
    };
    let plot =
        use_memo((series, until, *minutes), |(series, until, minutes)| Plot::new(series, *until, *minutes, utc_offset));
    let spot = (*cursor).and_then(|at| plot.spots.iter().find(|spot| spot.at == at && spot.x >= 0.0)).copied();
    {
        // The tooltip stands beside the line, on the side that has room.
        let tip = tip.clone();
        use_effect_with(spot.map(|spot| spot.x), move |x| {
            if let (Some(x), Some(tip)) = (x, tip.cast::<web_sys::HtmlElement>()) {
                let (side, other, share) = if *x < 50.0 { ("left", "right", *x) } else { ("right", "left", 100.0 - x) };
                let _ = tip.style().set_property(side, &format!("calc({share}% + 8px)"));
                let _ = tip.style().remove_property(other);
            }
        });
    }
    let Some(one) = shown else { return Html::default() };
    let onpoint = {
        let (cursor, plot, node) = (cursor.clone(), Rc::clone(&plot), plot_node.clone());
        Callback::from(move |event: MouseEvent| {
            let Some(rect) = node.cast::<web_sys::Element>().map(|node| node.get_bounding_client_rect()) else {
                return;
            };
            let x = (f64::from(event.client_x()) - rect.left()) * 100.0 / rect.width().max(1.0);
            cursor.set(plot.nearest(x).map(|spot| spot.at));
        })
    };
    let onleave = {
        let cursor = cursor.clone();
        Callback::from(move |()| cursor.set(None))
    };
    let onkeydown = {
        let (cursor, plot) = (cursor, Rc::clone(&plot));
        Callback::from(move |event: KeyboardEvent| {
            let next = match event.key().as_str() {
                "ArrowLeft" => plot.step(*cursor, -1),
                "ArrowRight" => plot.step(*cursor, 1),
                "Home" => plot.step(plot.spots.first().map(|spot| spot.at), 0),
                "End" => plot.step(None, 0),
                "Escape" => None,
                _ => return,
            };
            event.prevent_default();
            cursor.set(next.map(|spot| spot.at));
        })
    };
    let onpause = {
        let paused = paused.clone();
        let next = still.is_none().then(|| Paused { path: one.path, series: Rc::clone(&one.series), until: props.now });
        Callback::from(move |_: MouseEvent| paused.set(next.clone()))
    };
    let is_paused = still.is_some();
    let words = |spot: &Spot| format!("{} {}", figure(spot.value), one.unit).trim_end().to_owned();
    let last = plot.spots.last().copied();
    let said = spot.or(last).map(|spot| format!("{}, {}", seconds(spot.at), words(&spot)));
    let summary = format!("{}, the last {} minutes", one.name, *minutes);
    html! {
        <figure class="live-chart" data-test="chart" data-path={one.path.to_string()} data-points={plot.spots.len().to_string()} data-paused={is_paused.to_string()}>
            <figcaption class="flex wrap">
                <span class="key c-1" aria-hidden="true"></span>
                if props.drawn.len() == 1 { <b class="clip">{ one.name.clone() }</b> } else { { choice(&props.drawn, one.path, &chosen) } }
                if !one.unit.is_empty() { <span class="muted">{ one.unit.clone() }</span> }
                <span class="small muted clip note-text">{ if is_paused { format!("paused at {}", seconds(until)) } else { one.note.clone() } }</span>
                <span class="end flex spans" role="group" aria-label="Time shown">
                { for SPANS.into_iter().map(|span| {
                    let minutes_set = minutes.setter();
                    html! { <button class="btn btn-s btn-quiet" type="button" aria-pressed={(*minutes == span).to_string()} data-test="chart-span" data-minutes={span.to_string()}
                        onclick={Callback::from(move |_: MouseEvent| minutes_set.set(span))}>{ if span < 60 { format!("{span} m") } else { format!("{} h", span / 60) } }</button> }
                }) }
                <button class="btn btn-s btn-icon btn-quiet" type="button" aria-label="Pause the chart" title={if is_paused { "Let it run" } else { "Pause: values still arrive" }}
                    aria-pressed={is_paused.to_string()} data-test="chart-pause" onclick={onpause}>{ icon("pause") }</button></span>
            </figcaption>
            <div class="chart">
                <svg class="chart-y" aria-hidden="true">{ for plot.y.iter().map(|tick| html! {
                    <text x="100%" dx="-8" y={percent(tick.at)} text-anchor="end" dominant-baseline="middle">{ tick.text.clone() }</text> }) }</svg>
                <div ref={plot_node} class="chart-plot" tabindex="0" role="slider" aria-label={summary} aria-valuemin="0" aria-valuemax={plot.spots.len().to_string()}
                    aria-valuenow={spot.or(last).and_then(|spot| plot.spots.iter().position(|other| other.at == spot.at)).unwrap_or(0).to_string()} aria-valuetext={said}
                    data-test="chart-plot" onmousemove={onpoint} onmouseleave={onleave.reform(|_: MouseEvent| ())} onblur={onleave.reform(|_: FocusEvent| ())} {onkeydown}>
                    <svg aria-hidden="true">
                        { for plot.y.iter().map(|tick| html! { <line class="grid-line" x1="0" x2="100%" y1={percent(tick.at)} y2={percent(tick.at)} /> }) }
                        <svg class="stretch c-1" viewBox="0 0 1000 100" preserveAspectRatio="none">
                            { for plot.gaps.iter().map(|(from, to)| html! { <rect class="gap" x={from.to_string()} width={(to - from).max(0.0).to_string()} y="0" height="100" /> }) }
                            <path class="area" d={plot.area.clone()} />
                            <path class="gap-line" d={plot.guides.clone()} />
                            if one.runs { <path class="line hold" d={plot.hold.clone()} /> }
                            <path class="line" d={plot.line.clone()} data-test="chart-line" />
                            <path class="pt pt-s" d={plot.dots.clone()} />
                        </svg>
                        if let Some(last) = last.filter(|last| last.x >= 0.0) { <circle class="last c-1" cx={percent(last.x)} cy={percent(last.y)} r="3.5" /> }
                        if let Some(spot) = spot {
                            <line class="cross" x1={percent(spot.x)} x2={percent(spot.x)} y1="0" y2="100%" />
                            <circle class="last c-1" cx={percent(spot.x)} cy={percent(spot.y)} r="4" />
                        }
                    </svg>
                    if let Some(spot) = spot { <div ref={tip} class="tip" data-test="chart-tip">{ seconds(spot.at) }{ " " }<b>{ words(&spot) }</b></div> }
                    if plot.spots.is_empty() { <p class="small muted nothing">{ "Nothing was told in this time." }</p> }
                </div>
                <svg class="chart-x" aria-hidden="true">
                    { for plot.x.iter().map(|tick| html! { <text x={percent(tick.at)} y="14" text-anchor="middle">{ tick.text.clone() }</text> }) }
                    <text x="100%" y="14" text-anchor="end">{ if is_paused { seconds(until) } else { "now".to_owned() } }</text>
                </svg>
            </div>
        </figure>
    }
}

/// Which of several resources is drawn.
fn choice(drawn: &[Drawn], shown: Path, chosen: &UseStateHandle<Option<Path>>) -> Html {
    let set = chosen.setter();
    let paths: Vec<Path> = drawn.iter().map(|one| one.path).collect();
    let onchange = Callback::from(move |event: Event| {
        let choice = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlSelectElement>().ok());
        let at = choice.map(|choice| choice.selected_index()).and_then(|at| usize::try_from(at).ok());
        set.set(at.and_then(|at| paths.get(at).copied()));
    });
    html! {
        <select class="input chart-of" aria-label="Drawn" data-test="chart-of" {onchange}>
        { for drawn.iter().map(|one| html! { <option value={one.path.to_string()} selected={one.path == shown}>{ one.name.clone() }</option> }) }
        </select>
    }
}

fn percent(share: f64) -> String {
    format!("{share:.2}%")
}

fn figure(value: f64) -> String {
    let text = Value::Float(value).to_batch_text();
    number(text.strip_suffix(".0").unwrap_or(&text)).into_owned()
}
