//! Notification attributes, and Write-Attributes.
//!
//! Source: OMA LwM2M Core, "Attributes", "Write-Attributes"; lwm2m-facts (c).

use coap_exchange::{Request, Response, ResponseType};
use lwm2m::{AttributeName, AttributeViolation, Attributes, Level, Mode, Path, WriteAttributes};

use super::Client;
use super::operation::Refusal;

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
        attributes: Attributes,
        request: &Request,
    ) -> Result<Attributes, Refusal> {
        let facts = self.tree.facts(path);
        if path.level() >= Level::Resource && !facts.is_some_and(|facts| facts.operations.can_read()) {
            return Err(Refusal::not_allowed(format!("{path} can't be observed")));
        }
        let write = WriteAttributes::from_options(request.uri_query(), Mode::Strict)
            .map_err(|error| Refusal::bad(error.to_string()))?;
        if let Some(name) = write.names().iter().find(|name| !FOLLOWED.contains(name)) {
            return Err(Refusal::bad(format!("{name} is no attribute that is known here")));
        }
        if [write.set.pmin, write.set.pmax].into_iter().flatten().any(|time| time.as_secs() > u32::MAX.into()) {
            return Err(Refusal::bad("that is more than a hundred years"));
        }
        let bad = |violation: AttributeViolation| match violation.is_refused() {
            true => Err(Refusal::bad(violation.to_string())),
            false => Ok(()),
        };
        write.validate(path, self.lwm2m, &self.tree.models).or_else(bad)?;
        let attributes = write.apply(attributes);
        attributes.or(self.inherited(path)).consistency().or_else(bad)?;
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

/// The attributes that this client knows how to follow.
const FOLLOWED: [AttributeName; 5] =
    [AttributeName::Pmin, AttributeName::Pmax, AttributeName::Gt, AttributeName::Lt, AttributeName::St];
