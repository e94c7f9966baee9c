//! A figure, the target that it is held to, and the verdict, in one line.
//!
//! A missed target is printed and nothing more: how fast a machine is says nothing about whether the code is right.

use std::fmt;
use std::ops::RangeInclusive;

/// Something that was measured.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    pub(crate) what: &'static str,
    pub(crate) got: f64,
    pub(crate) unit: &'static str,
    /// Where it ought to lie. Without an upper end: at least so much.
    pub(crate) target: RangeInclusive<f64>,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, got, unit, target } = self;
        let (least, most) = (target.start(), target.end());
        write!(f, "{what}: {got:.2} {unit}; target ")?;
        if most.is_infinite() {
            write!(f, "at least {least}")?
        } else {
            write!(f, "at most {most}")?
        }
        f.write_str(if target.contains(got) { ": met" } else { ": MISSED" })
    }
}
