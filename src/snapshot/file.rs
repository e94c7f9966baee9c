//! A snapshot as a file: what was read, to be judged later, elsewhere, by another policy.
//!
//! JSON with a version of its own. Everything that judging looks at is in it, the metadata whole, so that a snapshot
//! that is read back is equal to the one that was saved. Unknown keys are refused: a file by a later curfew may hold
//! something that must not be overlooked. What lies outside of the collections that were read is refused too.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use super::{Gap, Reading, Snapshot};
use crate::operation::{
    Collection, Ending, Metadata, Operation, OperationName, Progress, ResourcePath, ServiceName,
};

/// The form of the file that is written and read.
const VERSION: u32 = 2;

/// Why a file is not a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotFileError {
    /// Not JSON, or not of this form.
    #[error("it is not a snapshot that `curfew snapshot` wrote")]
    Form(#[from] serde_json::Error),
    /// Another version of the form.
    #[error("it is a snapshot of version {0}, and this curfew reads version {VERSION}: save it anew")]
    Version(u32),
    /// An operation that lies in none of the collections.
    #[error("operation {0} lies in none of the collections that the snapshot says were read")]
    Elsewhere(OperationName),
}

impl Snapshot {
    /// The snapshot as JSON, for people to look into too.
    ///
    /// # Errors
    /// When an operation's metadata is not JSON, which no service's answer that was read can be.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// Reads what [`Snapshot::to_json`] wrote.
    ///
    /// # Errors
    /// When it is not that, or an operation lies where nothing was read.
    pub fn from_json(bytes: &[u8]) -> Result<Self, SnapshotFileError> {
        // serde takes an array for a struct too: its first element would be the version.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            let problem = "it is not a JSON object";
            return Err(<serde_json::Error as serde::de::Error>::custom(problem).into());
        }
        let Version { curfew_snapshot } = serde_json::from_slice(bytes)?;
        if curfew_snapshot != VERSION {
            return Err(SnapshotFileError::Version(curfew_snapshot));
        }
        let document: Document = serde_json::from_slice(bytes)?;
        let operations: Vec<Operation> = document.operations.into_iter().map(Operation::from).collect();
        let elsewhere = operations.iter().find(|operation| {
            let holds = |collection: &Collection| collection.holds(&operation.service, &operation.name);
            !document.collections.iter().any(holds)
        });
        if let Some(operation) = elsewhere {
            return Err(SnapshotFileError::Elsewhere(operation.name.clone()));
        }
        let reading = Reading {
            collections: document.collections,
            located: document.located.into_iter().map(|Located { service, path }| (service, path)).collect(),
            pages: document.pages,
            operations,
            gaps: document.gaps,
        };
        Ok(Self::new(document.now, reading))
    }
}

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let operations: Result<Vec<Entry>, _> = self.operations.iter().map(Entry::try_from).collect();
        let located = self.located.iter().cloned().map(|(service, path)| Located { service, path });
        let document = Document {
            curfew_snapshot: VERSION,
            now: self.now,
            collections: self.collections.clone(),
            located: located.collect(),
            pages: self.pages,
            operations: operations.map_err(S::Error::custom)?,
            gaps: self.gaps.clone(),
        };
        document.serialize(serializer)
    }
}

/// The version alone, whatever else there is.
#[derive(Deserialize)]
struct Version {
    curfew_snapshot: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    curfew_snapshot: u32,
    now: DateTime<Utc>,
    collections: BTreeSet<Collection>,
    located: Vec<Located>,
    pages: usize,
    operations: Vec<Entry>,
    gaps: Vec<Gap>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Located {
    service: ServiceName,
    path: ResourcePath,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    service: ServiceName,
    name: OperationName,
    state: State,
    /// For a failed one: the `google.rpc.Code`.
    error_code: Option<i32>,
    created_at: Option<DateTime<Utc>>,
    verb: Option<Arc<str>>,
    target: Option<Arc<str>>,
    kind: Option<Arc<str>>,
    cancellation_requested: Option<bool>,
    tells_cancellation: bool,
    metadata: Option<Box<RawValue>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Running,
    Cancelled,
    Completed,
    Failed,
    Finished,
}

impl TryFrom<&Operation> for Entry {
    type Error = serde_json::Error;

    fn try_from(operation: &Operation) -> Result<Self, serde_json::Error> {
        let (state, error_code) = match operation.progress {
            Progress::Running => (State::Running, None),
            Progress::Ended(Ending::Cancelled) => (State::Cancelled, None),
            Progress::Ended(Ending::Completed) => (State::Completed, None),
            Progress::Ended(Ending::Failed { code }) => (State::Failed, Some(code)),
            Progress::Ended(Ending::Unstated) => (State::Finished, None),
        };
        let raw = |metadata: &Metadata| RawValue::from_string(metadata.as_json().to_owned());
        Ok(Self {
            service: operation.service.clone(),
            name: operation.name.clone(),
            state,
            error_code,
            created_at: operation.create_time,
            verb: operation.verb.clone(),
            target: operation.target.clone(),
            kind: operation.kind.clone(),
            cancellation_requested: operation.cancellation_requested,
            tells_cancellation: operation.tells_cancellation,
            metadata: operation.metadata.as_ref().map(raw).transpose()?,
        })
    }
}

impl From<Entry> for Operation {
    fn from(entry: Entry) -> Self {
        /// `google.rpc.Code.UNKNOWN`.
        const UNKNOWN: i32 = 2;
        Self {
            service: entry.service,
            name: entry.name,
            progress: match entry.state {
                State::Running => Progress::Running,
                State::Cancelled => Progress::Ended(Ending::Cancelled),
                State::Completed => Progress::Ended(Ending::Completed),
                State::Failed => {
                    Progress::Ended(Ending::Failed { code: entry.error_code.unwrap_or(UNKNOWN) })
                }
                State::Finished => Progress::Ended(Ending::Unstated),
            },
            create_time: entry.created_at,
            verb: entry.verb,
            target: entry.target,
            kind: entry.kind,
            cancellation_requested: entry.cancellation_requested,
            tells_cancellation: entry.tells_cancellation,
            metadata: entry.metadata.as_deref().map(Metadata::new),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ended, gap, now, running, snapshot_with_gaps};

    fn everything() -> Snapshot {
        let metadata = RawValue::from_string(r#"{ "a": [1, "ä", 1.50] }"#.to_owned()).unwrap();
        let odd = Operation {
            create_time: None,
            verb: None,
            target: None,
            kind: None,
            cancellation_requested: None,
            metadata: None,
            ..running("odd", 0)
        };
        let ends = [Ending::Cancelled, Ending::Completed, Ending::Failed { code: 9 }, Ending::Unstated];
        let ends = ends.into_iter().enumerate().map(|(n, ending)| Operation {
            progress: Progress::Ended(ending),
            ..ended(&format!("end-{n}"), 5)
        });
        let told = Operation { metadata: Some(Metadata::new(&metadata)), ..running("told", 7) };
        let whole = snapshot_with_gaps([odd, told].into_iter().chain(ends).collect(), vec![gap(Some("m"))]);
        let located = BTreeSet::from([(
            ServiceName::parse("clouddeploy").unwrap(),
            ResourcePath::parse("projects/p/locations").unwrap(),
        )]);
        Snapshot { located, ..whole }
    }

    #[test]
    fn what_was_saved_is_what_is_read_back() {
        let want = everything();
        let got = Snapshot::from_json(want.to_json().unwrap().as_bytes()).unwrap();
        assert_eq!(got, want);
        assert_eq!(got.now, now());
        assert_eq!(got.operations.len(), 6);
    }

    #[test]
    fn a_file_of_another_version_says_so_and_is_not_read() {
        let text =
            everything().to_json().unwrap().replace("\"curfew_snapshot\": 2", "\"curfew_snapshot\": 3");
        let error = Snapshot::from_json(text.as_bytes()).unwrap_err();
        assert!(matches!(error, SnapshotFileError::Version(3)), "{error}");
    }

    #[test]
    fn a_key_that_is_not_known_is_refused() {
        let text = everything().to_json().unwrap().replace("\"pages\"", "\"paged\"");
        assert!(matches!(Snapshot::from_json(text.as_bytes()), Err(SnapshotFileError::Form(_))));
    }

    #[test]
    fn an_operation_outside_of_what_was_read_is_refused() {
        let text = everything()
            .to_json()
            .unwrap()
            .replace("locations/l/operations/odd", "locations/x/operations/odd");
        let error = Snapshot::from_json(text.as_bytes()).unwrap_err();
        assert!(matches!(error, SnapshotFileError::Elsewhere(_)), "{error}");
    }

    #[test]
    fn a_name_that_could_leave_its_path_is_refused() {
        let text = everything().to_json().unwrap().replace("operations/odd", "operations/odd:cancel");
        assert!(matches!(Snapshot::from_json(text.as_bytes()), Err(SnapshotFileError::Form(_))));
    }
}
