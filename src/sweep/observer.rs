//! What a run tells while it goes: for a progress line, for the log.

use crate::operation::Collection;
use crate::plan::Plan;
use crate::report::{GapRecord, OperationRecord, Report};

/// Something that happened in a run.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// So many more collections are going to be read. It comes again when a project's locations are known.
    Reading {
        /// How many.
        collections: usize,
    },
    /// A page of a collection was read.
    PageRead {
        /// The collection.
        collection: &'a Collection,
        /// How many operations stood on it.
        operations: usize,
    },
    /// A collection's reading is over, whole or not.
    CollectionRead {
        /// The collection.
        collection: &'a Collection,
    },
    /// Something could not be read.
    Gap(&'a GapRecord<'a>),
    /// What is to be done has been decided.
    Planned(&'a Plan),
    /// A cancel was answered; the operation is watched from here on.
    Cancelled(&'a OperationRecord),
    /// An operation that broke a rule is dealt with, and this is its record.
    Recorded(&'a OperationRecord),
    /// The run is over.
    Finished(&'a Report),
}

/// Somebody who is told.
pub trait Observer: Sync {
    /// Takes note of an event. Called in the middle of a run: must not block.
    fn observe(&self, event: Event<'_>);
}

/// Nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn observe(&self, _: Event<'_>) {}
}
