//! The table for people and the JSON for programs.

use serde_json::{Value, json};

use crate::clock::Rates;
use crate::workload::Goal;

/// What came out for one workload.
pub(crate) struct Row {
    pub(crate) title: String,
    pub(crate) name: String,
    pub(crate) bytes: usize,
    pub(crate) goal: Goal,
    pub(crate) ours: Rates,
    pub(crate) leshan: Rates,
    pub(crate) generic: (&'static str, Rates),
    pub(crate) floor: (&'static str, Rates),
}

impl Row {
    /// How many times as fast as Leshan.
    fn ratio(&self) -> Option<f64> {
        Some(self.ours.median()? / self.leshan.median()?)
    }

    pub(crate) fn misses(&self) -> bool {
        self.ratio().zip(self.goal.must).is_some_and(|(ratio, must)| ratio < must)
    }

    fn verdict(&self) -> String {
        let Some(ratio) = self.ratio() else { return String::new() };
        match self.goal {
            Goal { must: Some(must), .. } if ratio < must => format!("MISSED must {must}x"),
            Goal { aim: Some(aim), must: Some(must) } if ratio < aim => format!("must {must}x, not aim {aim}x"),
            Goal { aim: Some(aim), .. } => format!("aim {aim}x"),
            Goal { must: Some(must), aim: None } => format!("must {must}x"),
            Goal { must: None, aim: None } => String::new(),
        }
    }

    pub(crate) fn print(&self) {
        let ours = self.ours.median();
        let mb = ours.map(|rate| rate * self.bytes as f64 / 1e6);
        let times = |other: &Rates| ours.zip(other.median()).map(|(ours, other)| ours / other);
        println!(
            "{:<32}{:>8}{:>12}{:>10}{:>12}{:>8}{:>9}{:>8}  {}",
            self.title,
            count(Some(self.bytes as f64)),
            count(ours),
            count(mb),
            count(self.leshan.median()),
            ratio(self.ratio()),
            ratio(times(&self.generic.1)),
            ratio(times(&self.floor.1)),
            self.verdict()
        );
    }

    pub(crate) fn json(&self) -> Value {
        let rates = |rates: &Rates| {
            let (slowest, quickest) = rates.range()?;
            Some(json!({"ops": rates.median()?, "slowest": slowest, "quickest": quickest}))
        };
        json!({
            "name": self.name, "title": self.title, "bytes": self.bytes, "ours": rates(&self.ours),
            "leshan": rates(&self.leshan), "times_leshan": self.ratio(), "must": self.goal.must, "aim": self.goal.aim,
            "generic": {"name": self.generic.0, "rates": rates(&self.generic.1)},
            "floor": {"name": self.floor.0, "rates": rates(&self.floor.1)},
        })
    }
}

/// The line above the rows.
pub(crate) fn heading() {
    println!(
        "{:<32}{:>8}{:>12}{:>10}{:>12}{:>8}{:>9}{:>8}  goal against Leshan",
        "operations per CPU second", "bytes", "ours", "MB/s", "Leshan", "times", "generic", "floor"
    );
}

/// A number with blanks between thousands, `-` for none.
fn count(number: Option<f64>) -> String {
    let Some(number) = number else { return "-".into() };
    let digits = if number < 100.0 { return format!("{number:.1}") } else { format!("{number:.0}") };
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `5.2x`, `0.31x`, `-` for none.
fn ratio(ratio: Option<f64>) -> String {
    match ratio {
        None => "-".into(),
        Some(ratio) if ratio < 1.0 => format!("{ratio:.2}x"),
        Some(ratio) => format!("{ratio:.1}x"),
    }
}
