//! `limits`: how much one sweep may cancel.

use super::super::model::{Limits, WhenExceeded};
use super::super::problem::Problems;
use super::super::tree::Node;
use super::fields::Fields;
use super::{keys, scalars};

pub(super) fn read(node: &Node, problems: &mut Problems) -> Option<Limits> {
    const WHEN_EXCEEDED: [(&str, WhenExceeded); 2] =
        [("cancel_oldest", WhenExceeded::CancelOldest), ("cancel_none", WhenExceeded::CancelNone)];
    let fields = Fields::read(node, "`limits`", &keys::LIMITS, problems)?;
    let default = Limits::default();
    let max_cancellations =
        fields.optional("max_cancellations", default.max_cancellations, problems, |node, problems| {
            scalars::count(node, "max_cancellations", problems)
        });
    let max_share = fields.optional("max_share", default.max_share, problems, |node, problems| {
        scalars::share(node, "max_share", problems).map(Some)
    });
    let when_exceeded =
        fields.optional("when_exceeded", default.when_exceeded, problems, |node, problems| {
            scalars::choice(node, "when_exceeded", &WHEN_EXCEEDED, problems)
        });
    Some(Limits {
        max_cancellations: max_cancellations?,
        max_share: max_share?,
        when_exceeded: when_exceeded?,
    })
}
