//! Whether attributes make sense: together, and where they are attached.

use super::{AttributeName, AttributeNames, Attributes};
use crate::{Level, Models, Path, ValueType, Version};

/// Why attributes that could be read make no sense. A device answers them with 4.00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeViolation {
    /// The attribute cannot be attached at this level.
    #[error("{name} cannot be attached to {path}")]
    Level {
        /// Which attribute.
        name: AttributeName,
        /// Where.
        path: Path,
    },
    /// The device has a version of LwM2M that does not know the attribute.
    #[error("{name} came with LwM2M {since}")]
    Version {
        /// Which attribute.
        name: AttributeName,
        /// Which version has it.
        since: Version,
    },
    /// Attributes of a resource instance came with 1.1.
    #[error("attributes of resource instances came with LwM2M 1.1")]
    ResourceInstance,
    /// The resource cannot be read, so nothing can be notified.
    #[error("{path} cannot be read")]
    NotReadable {
        /// Which resource.
        path: Path,
    },
    /// `gt`, `lt` and `st` are for numbers, `edge` is for Booleans.
    #[error("{name} does not fit a value of type {value_type}")]
    Type {
        /// Which attribute.
        name: AttributeName,
        /// What the resource has.
        value_type: ValueType,
    },
    /// `lt` is not below `gt`.
    #[error("lt must be below gt")]
    LtNotBelowGt,
    /// `lt` and twice `st` are not below `gt`.
    #[error("lt + 2 * st must be below gt")]
    StepTooLarge,
    /// `st` is below zero.
    #[error("st must not be below zero")]
    NegativeStep,
    /// `pmin` is above `pmax`, which is not 0. A device has to ignore `pmax` then.
    #[error("pmin must not be above pmax")]
    PminAbovePmax,
    /// `epmin` is not below `epmax`.
    #[error("epmin must be below epmax")]
    EpminNotBelowEpmax,
}

impl AttributeViolation {
    /// Whether a device refuses this. It does not refuse a `pmax` below `pmin`, but ignores it.
    pub const fn is_refused(self) -> bool {
        !matches!(self, Self::PminAbovePmax)
    }
}

impl Attributes {
    /// Whether they may be attached to that path of a device of that version, and are consistent.
    ///
    /// # Errors
    /// [`AttributeViolation`], the first one: in level, version and type attribute by attribute, then as
    /// [`Attributes::consistency`].
    ///
    /// ```
    /// use lwm2m::{AttributeName, AttributeViolation, Mode, Models, Path, Version, WriteAttributes};
    /// let level = Path::resource(3, 0, 9);
    /// let write = WriteAttributes::parse("lt=20&gt=80&st=30", Mode::Strict)?;
    /// let check = |path| write.set.validate(path, Version::V1_0, Models::oma());
    /// assert_eq!(check(level), Err(AttributeViolation::StepTooLarge));
    /// let device = Path::instance(3, 0);
    /// assert_eq!(check(device), Err(AttributeViolation::Level { name: AttributeName::Gt, path: device }));
    /// # Ok::<(), lwm2m::AttributeError>(())
    /// ```
    pub fn validate(&self, path: Path, lwm2m: Version, models: &Models) -> Result<(), AttributeViolation> {
        names(self.names(), path, lwm2m, models)?;
        self.consistency()
    }

    /// Whether they leave each other room.
    ///
    /// `lt` below `gt`, `lt` + 2 `st` below `gt`, `st` from 0 on, `pmin` not above `pmax` (unless that is 0, which means
    /// none), `epmin` below `epmax`. Exact, not in floats.
    ///
    /// # Errors
    /// [`AttributeViolation`], the first one. [`AttributeViolation::is_refused`] tells what a device has to bear.
    pub fn consistency(&self) -> Result<(), AttributeViolation> {
        if self.st.is_some_and(|st| st.is_negative()) {
            return Err(AttributeViolation::NegativeStep);
        }
        if let (Some(lt), Some(gt)) = (self.lt, self.gt) {
            if lt >= gt {
                return Err(AttributeViolation::LtNotBelowGt);
            }
            if !lt.is_below_by_twice(self.st.unwrap_or_default(), gt) {
                return Err(AttributeViolation::StepTooLarge);
            }
        }
        if matches!((self.epmin, self.epmax), (Some(epmin), Some(epmax)) if epmin >= epmax) {
            return Err(AttributeViolation::EpminNotBelowEpmax);
        }
        // Last, because a device bears it.
        if matches!((self.pmin, self.pmax), (Some(pmin), Some(pmax)) if pmin > pmax && !pmax.is_zero()) {
            return Err(AttributeViolation::PminAbovePmax);
        }
        Ok(())
    }
}

/// Whether attributes of these names may be attached to a path of a device of a version.
pub(super) fn names(
    names: AttributeNames,
    path: Path,
    lwm2m: Version,
    models: &Models,
) -> Result<(), AttributeViolation> {
    if names.is_empty() {
        return Ok(());
    }
    let resource = models.resource(path);
    for name in names.iter() {
        if !name.applies_to(path.level()) || path.is_new_instance() {
            return Err(AttributeViolation::Level { name, path });
        }
        if lwm2m < name.since() {
            return Err(AttributeViolation::Version { name, since: name.since() });
        }
        let Some(value_type) = resource.and_then(|resource| resource.value_type) else { continue };
        let fits = match name {
            AttributeName::Gt | AttributeName::Lt | AttributeName::St => {
                matches!(value_type, ValueType::Integer | ValueType::Unsigned | ValueType::Float | ValueType::Time)
            }
            AttributeName::Edge => value_type == ValueType::Boolean,
            _ => true,
        };
        if !fits {
            return Err(AttributeViolation::Type { name, value_type });
        }
    }
    if lwm2m < Version::V1_1 && path.level() == Level::ResourceInstance {
        return Err(AttributeViolation::ResourceInstance);
    }
    if resource.is_some_and(|resource| !resource.operations.can_read()) {
        return Err(AttributeViolation::NotReadable { path });
    }
    Ok(())
}
