//! Discover: what is there, with the attributes that are attached.
//!
//! Source: OMA LwM2M Core, "Discover"; lwm2m-facts (c).

use coap_exchange::{Request, Response, ResponseType};
use lwm2m::link::{self, Attribute, Link};
use lwm2m::{ContentFormat, Level, Path, Version};

use super::Client;
use super::operation::Refusal;
use super::tree::Resource;

impl Client {
    pub(super) fn discover(&self, path: Path, request: &Request) -> Result<Response, Refusal> {
        if path.level() == Level::ResourceInstance {
            return Err(Refusal::not_allowed("Discover goes down to resources"));
        }
        if !self.tree.exists(path) {
            return Err(self.missing(path));
        }
        let depth = self.depth(path, request)?;
        let mut links = Vec::new();
        self.describe(path, depth, true, &mut links);
        Ok(Response::new(ResponseType::Content)
            .with_content_format(ContentFormat::LINK_FORMAT.0)
            .with_payload(link::format(&links)))
    }

    /// How many levels below the path are shown: all down to resources; of a resource its instances, from 1.1 on. A client
    /// of 1.2 can be told.
    fn depth(&self, path: Path, request: &Request) -> Result<usize, Refusal> {
        let usual = match path.level() {
            Level::Object => 2,
            Level::Resource if self.lwm2m == Version::V1_0 => 0,
            _ => 1,
        };
        if self.lwm2m < Version::V1_2 {
            return Ok(usual);
        }
        let mut wanted = request.uri_query().filter_map(|parameter| parameter.strip_prefix(b"depth="));
        match wanted.next() {
            None => Ok(usual),
            Some([digit @ b'0'..=b'3']) => Ok(usize::from(digit - b'0')),
            Some(_) => Err(Refusal::bad("depth is 0 to 3")),
        }
    }

    fn describe(&self, path: Path, depth: usize, top: bool, links: &mut Vec<Link<'static>>) {
        let mut link = Link::new(path.to_string());
        if path.level() == Level::Object
            && let Some(version) = path.object_id().and_then(|id| self.version_to_tell(id))
        {
            link.attributes.push(Attribute::new("ver", version.to_string()));
        }
        if let Some(Resource::Values(values)) = self.tree.resource(path)
            && path.level() == Level::Resource
        {
            link.attributes.push(Attribute::new("dim", values.len().to_string()));
        }
        let attributes = if top { self.effective(path, None) } else { self.attached(path) };
        link.attributes.extend(attributes.named().map(|(name, value)| Attribute::new(name, value)));
        links.push(link);
        if depth > 0 {
            for child in self.children(path) {
                self.describe(child, depth - 1, false, links);
            }
        }
    }

    /// What is directly below a path.
    fn children(&self, path: Path) -> Vec<Path> {
        let ids: Vec<u16> = match path.level() {
            Level::Object => {
                let object = path.object_id().and_then(|id| self.tree.objects.get(&id));
                object.into_iter().flat_map(|object| object.instances.keys().copied()).collect()
            }
            Level::ObjectInstance => self.tree.instance(path).into_iter().flat_map(|one| one.keys().copied()).collect(),
            Level::Resource => match self.tree.resource(path) {
                Some(Resource::Values(values)) => values.keys().copied().collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        ids.into_iter().filter_map(|id| path.child(id)).collect()
    }
}
