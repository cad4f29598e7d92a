//! What a codec needs to know besides the bytes.

use crate::codec::DecodeError;
use crate::{ContentFormat, Limits, Models, Path};

/// Everything that decides how a payload is read or written.
///
/// ```
/// use lwm2m::{ContentFormat, Context, Mode, Models, Path};
/// let context = Context::new(ContentFormat::TEXT, Path::resource(3, 0, 9), Models::oma()).with_mode(Mode::Strict);
/// assert_eq!(context.root, "");
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Context<'c> {
    /// The Content-Format of the payload.
    pub format: ContentFormat,
    /// The path of the request. Names must lie at or below it; TLV and single values are read relative to it.
    pub base: Path,
    /// The alternate root of the device, `/lwm2m`, without a slash at the end; empty for none. SenML names carry it.
    pub root: &'c str,
    /// The gateway prefix of an end device, `d01`, without slashes; empty for none. It follows the root.
    pub prefix: &'c str,
    /// What ids mean.
    pub models: &'c Models,
    /// How forgiving reading is. Default: lenient.
    pub mode: Mode,
    /// Bounds. Default: [`Limits::DEFAULT`].
    pub limits: Limits,
}

impl<'c> Context<'c> {
    /// A lenient context without alternate root or gateway prefix, with the default limits.
    pub const fn new(format: ContentFormat, base: Path, models: &'c Models) -> Self {
        Self { format, base, root: "", prefix: "", models, mode: Mode::Lenient, limits: Limits::DEFAULT }
    }

    /// The same with another mode.
    #[must_use]
    pub const fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// The same with an alternate root as a registration names it, `/lwm2m`; `/` and the empty text mean none.
    #[must_use]
    pub fn with_root(mut self, root: &'c str) -> Self {
        self.root = root.trim_end_matches('/');
        self
    }

    /// The same with a gateway prefix, `d01`; the empty text means none.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &'c str) -> Self {
        self.prefix = prefix.trim_matches('/');
        self
    }

    /// The same with other limits.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Whether an entry of the device with this gateway prefix, named at byte `at`, belongs into the payload.
    ///
    /// An entry without a prefix does if the request was for one device, whose path then says it all; if strict, or if the
    /// request was a composite, it is of the gateway itself.
    pub(crate) fn check_prefix(&self, prefix: Option<&str>, at: usize) -> Result<(), DecodeError> {
        let left_out = prefix.is_none() && self.mode == Mode::Lenient && self.base != Path::ROOT;
        let right = prefix.unwrap_or_default() == self.prefix || left_out;
        if right { Ok(()) } else { Err(DecodeError::OtherPrefix { at }) }
    }
}

/// How forgiving a reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[allow(clippy::exhaustive_enums)] // two are enough for everyone
pub enum Mode {
    /// Takes what can have only one meaning, as real devices send it. For servers.
    #[default]
    Lenient,
    /// Takes what the specification allows. For validators.
    Strict,
}
