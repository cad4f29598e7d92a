//! Notification attributes, and Write-Attributes.
//!
//! Source: OMA LwM2M Core, "Attributes", "Write-Attributes"; lwm2m-facts (c).

use core::time::Duration;

use coap_exchange::{Request, Response, ResponseType};
use lwm2m::{Level, Path, ValueType};

use super::Client;
use super::operation::Refusal;

/// When a notification is due. What is not set is inherited from the path above, and at last from the Server object.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Attributes {
    /// At least this long between two notifications.
    pub pmin: Option<Duration>,
    /// At most this long; zero, or less than `pmin`, is no bound.
    pub pmax: Option<Duration>,
    /// The value crosses this one.
    pub gt: Option<f64>,
    /// The value crosses this one.
    pub lt: Option<f64>,
    /// The value differs from the last one told by at least this much.
    pub st: Option<f64>,
}

impl Attributes {
    /// Names and values in the order of the standard's tables.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&'static str, String)> {
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs().to_string());
        let number = |number: Option<f64>| number.map(|number| number.to_string());
        let rows = [
            ("pmin", seconds(self.pmin)),
            ("pmax", seconds(self.pmax)),
            ("gt", number(self.gt)),
            ("lt", number(self.lt)),
            ("st", number(self.st)),
        ];
        rows.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }

    /// These, and where they say nothing those of `above`.
    pub(super) fn or(self, above: Self) -> Self {
        Self {
            pmin: self.pmin.or(above.pmin),
            pmax: self.pmax.or(above.pmax),
            gt: self.gt.or(above.gt),
            lt: self.lt.or(above.lt),
            st: self.st.or(above.st),
        }
    }

    /// Whether `gt`, `lt` and `st` leave each other room.
    fn is_consistent(&self) -> bool {
        let st = self.st.unwrap_or(0.0);
        match (self.lt, self.gt) {
            (Some(lt), Some(gt)) => lt < gt && lt + 2.0 * st < gt,
            _ => true,
        }
    }

    /// Sets or unsets one, from a query parameter; 4.00 if it makes no sense.
    fn take(&mut self, parameter: &[u8]) -> Result<&'static str, Refusal> {
        let text = std::str::from_utf8(parameter).map_err(|_| Refusal::bad("the query is not UTF-8"))?;
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let bad = || Refusal::bad(format!("{name} is no number that fits"));
        let seconds = |value: Option<&str>| {
            let digits =
                value.map(|value| value.bytes().all(|byte| byte.is_ascii_digit()).then_some(value).ok_or_else(bad));
            let seconds = digits.transpose()?.map(|digits| digits.parse::<u32>().map_err(|_| bad())).transpose()?;
            Ok(seconds.map(|seconds| Duration::from_secs(seconds.into())))
        };
        // The grammar has no minus, which cannot be meant: signal strengths are negative.
        let decimal = |value: Option<&str>| {
            let allowed = |value: &str| value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
            let value = value.map(|value| allowed(value).then_some(value).ok_or_else(bad)).transpose()?;
            value.map(|value| value.parse::<f64>().ok().filter(|value| value.is_finite()).ok_or_else(bad)).transpose()
        };
        Ok(match name {
            "pmin" => (self.pmin = seconds(value)?, "pmin").1,
            "pmax" => (self.pmax = seconds(value)?, "pmax").1,
            "gt" => (self.gt = decimal(value)?, "gt").1,
            "lt" => (self.lt = decimal(value)?, "lt").1,
            "st" => {
                self.st = decimal(value)?;
                if self.st.is_some_and(|st| st < 0.0) {
                    return Err(bad());
                }
                "st"
            }
            _ => return Err(Refusal::bad(format!("{name} is no attribute that is known here"))),
        })
    }
}

impl Client {
    /// PUT with a query and nothing else.
    pub(super) fn write_attributes(&mut self, path: Path, request: &Request) -> Result<Response, Refusal> {
        if path.level() == Level::Root {
            return Err(Refusal::not_allowed("name an object"));
        }
        if !self.tree.exists(path) {
            return Err(self.missing(path));
        }
        let attributes = self.attributes_of(path, self.attached(path), request)?;
        let is_new = !self.attributes.contains_key(&path);
        if attributes == Attributes::default() {
            self.attributes.remove(&path);
        } else if is_new && self.attributes.len() >= self.limits.attribute_sets {
            self.stats.attribute_sets_full += 1;
            return Err(Refusal::new(ResponseType::InternalServerError, "no room for more attributes"));
        } else {
            self.attributes.insert(path, attributes);
        }
        Ok(Response::new(ResponseType::Changed))
    }

    /// The attributes in a query, on top of others: all of them or none.
    pub(super) fn attributes_of(
        &self,
        path: Path,
        mut attributes: Attributes,
        request: &Request,
    ) -> Result<Attributes, Refusal> {
        let facts = self.tree.facts(path);
        if path.level() >= Level::Resource && !facts.is_some_and(|facts| facts.operations.can_read()) {
            return Err(Refusal::not_allowed(format!("{path} can't be observed")));
        }
        let mut seen = Vec::new();
        for parameter in request.uri_query() {
            let name = attributes.take(parameter)?;
            if seen.contains(&name) {
                return Err(Refusal::bad(format!("{name} is given twice")));
            }
            if matches!(name, "gt" | "lt" | "st") {
                let numeric = [ValueType::Integer, ValueType::Unsigned, ValueType::Float, ValueType::Time];
                let is_number = facts.and_then(|facts| facts.value_type).is_some_and(|kind| numeric.contains(&kind));
                if path.level() < Level::Resource || !is_number {
                    return Err(Refusal::bad(format!("{name} is for numbers")));
                }
            }
            seen.push(name);
        }
        if !attributes.or(self.inherited(path)).is_consistent() {
            return Err(Refusal::bad("lt, gt and st leave no room between them"));
        }
        Ok(attributes)
    }

    /// The attributes attached to exactly this path.
    pub(super) fn attached(&self, path: Path) -> Attributes {
        self.attributes.get(&path).copied().unwrap_or_default()
    }

    /// Those of the paths above it.
    fn inherited(&self, path: Path) -> Attributes {
        match path.parent() {
            Some(parent) if parent.level() > Level::Root => self.attached(parent).or(self.inherited(parent)),
            _ => Attributes::default(),
        }
    }

    /// Those that count for a path: its own or the given ones, then inherited. Those of an observation replace all.
    pub(super) fn effective(&self, path: Path, given: Option<Attributes>) -> Attributes {
        given.unwrap_or_else(|| self.attached(path).or(self.inherited(path)))
    }
}
