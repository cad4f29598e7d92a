//! Numbers over time, for a chart.

use std::collections::VecDeque;

use crate::moment::Moment;

/// Points that are kept at most.
pub const POINTS: usize = 600;

/// Two ways that tell the same number within so many ms tell one point.
const SAME: i64 = 500;

/// The last points of one resource, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series(VecDeque<Point>);

/// A number at a time, or from when on nothing is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When it was learned.
    pub at: Moment,
    /// The number; `None` for the beginning of a gap.
    pub value: Option<f64>,
}

impl Series {
    /// Adds a point. One that is older than the last, or that only repeats it, is left out.
    pub fn push(&mut self, at: Moment, value: f64) {
        let is_new =
            self.0.back().is_none_or(|last| last.at <= at && (last.value != Some(value) || at.since(last.at) > SAME));
        if is_new {
            self.add(Point { at, value: Some(value) });
        }
    }

    /// From now on nothing is known, until the next point.
    pub fn gap(&mut self, at: Moment) {
        if self.0.back().is_some_and(|last| last.value.is_some()) {
            self.add(Point { at, value: None });
        }
    }

    fn add(&mut self, point: Point) {
        if self.0.len() >= POINTS {
            self.0.pop_front();
        }
        self.0.push_back(point);
    }

    /// The points.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Point> + ExactSizeIterator {
        self.0.iter().copied()
    }

    /// How many there are, gaps included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_points_in_order_and_bounded() {
        let mut series = Series::default();
        series.gap(Moment(0));
        for (at, value) in [(1_000, 1.0), (1_200, 1.0), (900, 5.0), (1_300, 2.0), (1_900, 2.0)] {
            series.push(Moment(at), value);
        }
        series.gap(Moment(2_000));
        series.gap(Moment(2_100));
        series.push(Moment(3_000), 2.0);
        let points: Vec<(i64, Option<f64>)> = series.iter().map(|point| (point.at.0, point.value)).collect();
        assert_eq!(
            points,
            [(1_000, Some(1.0)), (1_300, Some(2.0)), (1_900, Some(2.0)), (2_000, None), (3_000, Some(2.0))]
        );
        for at in 0..1_000 {
            series.push(Moment(10_000 + at), at as f64);
        }
        assert_eq!((series.len(), series.is_empty()), (POINTS, false));
    }
}
