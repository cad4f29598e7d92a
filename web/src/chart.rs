//! A chart before it is drawn: scales with round numbers, and lines with breaks.
//!
//! The plot is 1,000 wide and 100 high and stretched to its place; axes are in per cent of it.

use std::fmt::Write;

use crate::edit::Offset;
use crate::moment::Moment;
use crate::series::{Point, Series};
use crate::words::number;

/// The spans that can be chosen, in minutes.
pub const SPANS: [i64; 3] = [5, 15, 60];

/// A mark on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where, in per cent from the left or from the top.
    pub at: f64,
    /// What it says.
    pub text: String,
}

/// A point on the plot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// In per cent from the left; below 0 for the last point before the plot.
    pub x: f64,
    /// In per cent from the top.
    pub y: f64,
    /// When.
    pub at: Moment,
    /// What.
    pub value: f64,
}

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// The vertical axis, from the top.
    pub y: Vec<Tick>,
    /// The horizontal axis.
    pub x: Vec<Tick>,
    /// All points, the oldest first.
    pub spots: Vec<Spot>,
    /// The line, as the data of an SVG path; broken at gaps.
    pub line: String,
    /// The same closed at the bottom, to be filled.
    pub area: String,
    /// Dotted guides across the gaps.
    pub guides: String,
    /// Where nothing is known: from and to, in thousandths of the width.
    pub gaps: Vec<(f64, f64)>,
    /// From the last point to the right end, while its value still holds.
    pub hold: String,
    /// Dots, where the points are few.
    pub dots: String,
}

/// Few enough points for dots.
const DOTTED: usize = 60;

impl Plot {
    /// The chart of what is between `until` and `minutes` earlier. `offset` is that of the clock on the wall.
    pub fn new(series: &Series, until: Moment, minutes: i64, offset: Offset) -> Self {
        let span = minutes * 60_000;
        let from = Moment(until.0 - span);
        let all: Vec<Point> = series.iter().filter(|point| point.at <= until).collect();
        // The last point before the plot is where the line comes from.
        let first = all.iter().rposition(|point| point.at < from).unwrap_or(0);
        let shown = all.get(first..).unwrap_or_default();
        let scale = Scale::of(shown.iter().filter_map(|point| point.value));
        let x = |at: Moment| (at.0 - from.0) as f64 * 100.0 / span as f64;
        let y = |value: f64| (scale.max - value) * 100.0 / (scale.max - scale.min);

        let mut plot = Self {
            y: scale.ticks(),
            x: times(from, until, minutes, offset),
            spots: Vec::new(),
            line: String::new(),
            area: String::new(),
            guides: String::new(),
            gaps: Vec::new(),
            hold: String::new(),
            dots: String::new(),
        };
        let mut gap: Option<(f64, Option<Spot>)> = None;
        let mut start = 0;
        for point in shown {
            let Some(value) = point.value else {
                plot.close(start);
                start = plot.spots.len();
                gap = Some((x(point.at), plot.spots.last().copied()));
                continue;
            };
            let spot = Spot { x: x(point.at), y: y(value), at: point.at, value };
            if let Some((begin, before)) = gap.take() {
                plot.gaps.push((begin.max(0.0) * 10.0, spot.x.max(0.0) * 10.0));
                if let Some(before) = before {
                    put(&mut plot.guides, 'M', before.x, before.y);
                    put(&mut plot.guides, 'L', spot.x, spot.y);
                }
            }
            let pen = if plot.spots.len() == start { 'M' } else { 'L' };
            put(&mut plot.line, pen, spot.x, spot.y);
            plot.spots.push(spot);
        }
        plot.close(start);
        match (gap, plot.spots.last()) {
            (Some((begin, _)), _) => plot.gaps.push((begin.max(0.0) * 10.0, 1_000.0)),
            (None, Some(last)) => {
                put(&mut plot.hold, 'M', last.x, last.y);
                put(&mut plot.hold, 'L', 100.0, last.y);
            }
            (None, None) => {}
        }
        if plot.spots.len() <= DOTTED {
            for spot in &plot.spots {
                put(&mut plot.dots, 'M', spot.x, spot.y);
                plot.dots.push_str("h0");
            }
        }
        plot
    }

    /// Ends a piece of the line that began at that spot.
    fn close(&mut self, start: usize) {
        let piece = self.spots.get(start..).unwrap_or_default();
        if let (Some(first), Some(last)) = (piece.first(), piece.last()) {
            put(&mut self.area, 'M', first.x, 100.0);
            for spot in piece {
                put(&mut self.area, 'L', spot.x, spot.y);
            }
            put(&mut self.area, 'L', last.x, 100.0);
            self.area.push('Z');
        }
    }

    /// The spot that is nearest to a place, in per cent from the left; none outside the plot.
    pub fn nearest(&self, x: f64) -> Option<Spot> {
        let distance = |spot: &Spot| (spot.x - x).abs();
        self.spots.iter().filter(|spot| spot.x >= 0.0).copied().min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }

    /// The spot that stands so many places from the one at a time.
    pub fn step(&self, from: Option<Moment>, places: isize) -> Option<Spot> {
        let shown: Vec<Spot> = self.spots.iter().filter(|spot| spot.x >= 0.0).copied().collect();
        let at = match from.and_then(|from| shown.iter().position(|spot| spot.at >= from)) {
            Some(at) => at.saturating_add_signed(places),
            None => shown.len().saturating_sub(1),
        };
        shown.get(at.min(shown.len().saturating_sub(1))).copied()
    }
}

/// A vertical scale.
struct Scale {
    min: f64,
    max: f64,
    step: f64,
}

impl Scale {
    /// The scale that shows these values, its ends and steps round numbers.
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        // Far enough from the largest float for what is done with them below.
        let (low, high) = (low.max(-1e307), high.min(1e307));
        let (low, high) = match low <= high {
            false => (0.0, 1.0),
            // One value alone gets room around it.
            true if high - low < f64::EPSILON * high.abs().max(1.0) * 8.0 => {
                let room = if low == 0.0 { 1.0 } else { low.abs() * 0.05 };
                (low - room, high + room)
            }
            true => (low, high),
        };
        let rough = (high - low) / 3.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step =
            [1.0, 2.0, 5.0, 10.0].into_iter().map(|round| round * power).find(|step| *step >= rough).unwrap_or(rough);
        Self { min: (low / step).floor() * step, max: (high / step).ceil() * step, step }
    }

    fn ticks(&self) -> Vec<Tick> {
        let count = ((self.max - self.min) / self.step).round().clamp(1.0, 8.0) as usize;
        let digits = (-self.step.log10().floor()).clamp(0.0, 12.0) as usize;
        let tick = |at: usize| {
            let value = self.max - self.step * at as f64;
            // No minus before a zero.
            let value = if value.abs() < self.step / 1e6 { 0.0 } else { value };
            let text = if self.step >= 1e7 { format!("{value:e}") } else { format!("{value:.digits$}") };
            Tick { at: at as f64 * 100.0 / count as f64, text: number(&text).into_owned() }
        };
        (0..=count).map(tick).collect()
    }
}

/// Times on the wall, at round minutes, and what the right end is.
fn times(from: Moment, until: Moment, minutes: i64, offset: Offset) -> Vec<Tick> {
    let step = match minutes {
        ..=5 => 1,
        6..=15 => 3,
        _ => 15,
    } * 60_000;
    let shift = offset(until) * 60_000;
    let span = (until.0 - from.0) as f64;
    let first = (from.0 + shift).div_euclid(step) + 1;
    let marks = (first..).map(|number| number * step - shift).take_while(|at| *at <= until.0);
    marks
        .map(|at| Tick {
            at: (at - from.0) as f64 * 100.0 / span,
            text: Moment(at).clock(offset(Moment(at))).chars().take(5).collect(),
        })
        // Beside the ends there is no room, on a phone least.
        .filter(|tick| (5.0..88.0).contains(&tick.at))
        .collect()
}

/// Appends a step of a path.
fn put(path: &mut String, pen: char, x: f64, y: f64) {
    // Writing to a String cannot fail.
    let _ = write!(path, "{pen}{:.1} {:.2}", x * 10.0, y);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(_: Moment) -> i64 {
        0
    }

    fn texts(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.text.as_str()).collect()
    }

    fn axis(values: &[f64]) -> Vec<String> {
        Scale::of(values.iter().copied()).ticks().into_iter().map(|tick| tick.text).collect()
    }

    #[test]
    fn axes_start_and_end_on_round_numbers() {
        assert_eq!(axis(&[21.2, 22.5]), ["22.5", "22.0", "21.5", "21.0"]);
        assert_eq!(axis(&[0.0, 100.0]), ["100", "50", "0"]);
        assert_eq!(axis(&[-5.0, 4.0]), ["5", "0", "−5"]);
        assert_eq!(axis(&[100.0]), ["105", "100", "95"]);
        assert_eq!(axis(&[0.0]), ["1", "0", "−1"]);
        assert_eq!(axis(&[]), ["1.0", "0.5", "0.0"]);
        assert_eq!(axis(&[0.000_12, 0.000_18]), ["0.00018", "0.00016", "0.00014", "0.00012"]);
        assert_eq!(axis(&[1e9, 5e9]), ["6e9", "4e9", "2e9", "0e0"]);
        for values in [[f64::MIN, f64::MAX], [-1e-300, 1e-300], [1e15, 1e15 + 1.0]] {
            assert!((2..=9).contains(&axis(&values).len()));
        }
    }

    #[test]
    fn times_stand_on_round_minutes() {
        let until = Moment(1_795_357_928_000); // 14:32:08
        let plot = |minutes| Plot::new(&Series::default(), until, minutes, utc);
        assert_eq!(texts(&plot(5).x), ["14:28", "14:29", "14:30", "14:31"]);
        assert_eq!(texts(&plot(15).x), ["14:18", "14:21", "14:24", "14:27", "14:30"]);
        assert_eq!(texts(&plot(60).x), ["13:45", "14:00", "14:15"]);
    }

    #[test]
    fn lines_break_at_gaps() {
        let mut series = Series::default();
        for (second, value) in [(-400, 1.0), (0, 0.0), (60, 2.0)] {
            series.push(Moment(second * 1_000), value);
        }
        series.gap(Moment(120_000));
        series.push(Moment(240_000), 1.0);
        let plot = Plot::new(&series, Moment(300_000), 5, utc);
        assert_eq!(plot.line, "M-1333.3 50.00L0.0 100.00L200.0 0.00M800.0 50.00");
        assert_eq!(plot.gaps, [(400.0, 800.0)]);
        assert_eq!(
            (plot.guides.as_str(), plot.hold.as_str()),
            ("M200.0 0.00L800.0 50.00", "M800.0 50.00L1000.0 50.00")
        );
        assert_eq!(plot.area.matches('Z').count(), 2);
        assert_eq!(plot.nearest(30.0).unwrap().value, 2.0);
        assert_eq!(plot.nearest(-90.0).unwrap().value, 0.0, "what is left of the plot cannot be pointed at");
        let at = |from: Option<i64>, places| plot.step(from.map(Moment), places).unwrap().at.0;
        assert_eq!(
            (at(None, -1), at(Some(240_000), -1), at(Some(60_000), -9), at(Some(60_000), 9)),
            (240_000, 60_000, 0, 240_000)
        );

        series.gap(Moment(250_000));
        let ended = Plot::new(&series, Moment(300_000), 5, utc);
        assert_eq!((ended.gaps.len(), ended.hold.as_str()), (2, ""));
        let empty = Plot::new(&Series::default(), Moment(300_000), 5, utc);
        assert_eq!((empty.nearest(5.0), empty.step(None, 1)), (None, None));
    }
}
