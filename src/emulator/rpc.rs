//! The error model of the wire: `google.rpc.Code`, and the body that carries it over HTTP.
//!
//! Two numbers go by the name of `code`: an HTTP body holds the HTTP status (404), an operation's own `error` holds
//! the rpc code (5). They are kept apart here, once. This module knows nothing of operations.

use serde_json::{Value, json};

/// `google.rpc.Code`, without `OK`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// 1: it was cancelled.
    Cancelled,
    /// 2: nothing is known of the cause.
    Unknown,
    /// 3: the request can never work as it is.
    InvalidArgument,
    /// 4: the time was over.
    DeadlineExceeded,
    /// 5: it is not there.
    NotFound,
    /// 6: it is there already.
    AlreadyExists,
    /// 7: the caller may not.
    PermissionDenied,
    /// 8: a quota is used up.
    ResourceExhausted,
    /// 9: not in this state.
    FailedPrecondition,
    /// 10: something else was going on at the same time.
    Aborted,
    /// 11: past the end.
    OutOfRange,
    /// 12: the service does not have this.
    Unimplemented,
    /// 13: the service is broken.
    Internal,
    /// 14: try again.
    Unavailable,
    /// 15: data are lost.
    DataLoss,
    /// 16: who is asking?
    Unauthenticated,
}

/// Name, rpc number and HTTP status of every code (google/rpc/code.proto).
const TABLE: [(Code, &str, i32, u16); 16] = [
    (Code::Cancelled, "CANCELLED", 1, 499),
    (Code::Unknown, "UNKNOWN", 2, 500),
    (Code::InvalidArgument, "INVALID_ARGUMENT", 3, 400),
    (Code::DeadlineExceeded, "DEADLINE_EXCEEDED", 4, 504),
    (Code::NotFound, "NOT_FOUND", 5, 404),
    (Code::AlreadyExists, "ALREADY_EXISTS", 6, 409),
    (Code::PermissionDenied, "PERMISSION_DENIED", 7, 403),
    (Code::ResourceExhausted, "RESOURCE_EXHAUSTED", 8, 429),
    (Code::FailedPrecondition, "FAILED_PRECONDITION", 9, 400),
    (Code::Aborted, "ABORTED", 10, 409),
    (Code::OutOfRange, "OUT_OF_RANGE", 11, 400),
    (Code::Unimplemented, "UNIMPLEMENTED", 12, 501),
    (Code::Internal, "INTERNAL", 13, 500),
    (Code::Unavailable, "UNAVAILABLE", 14, 503),
    (Code::DataLoss, "DATA_LOSS", 15, 500),
    (Code::Unauthenticated, "UNAUTHENTICATED", 16, 401),
];

impl Code {
    fn row(self) -> (&'static str, i32, u16) {
        TABLE
            .iter()
            .find(|row| row.0 == self)
            .map_or(("UNKNOWN", 2, 500), |&(_, name, number, status)| (name, number, status))
    }

    /// The name, as it stands in `error.status` of an HTTP body.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// The rpc number, as it stands in `Operation.error.code`.
    #[must_use]
    pub fn number(self) -> i32 {
        self.row().1
    }

    /// The HTTP status that a call is answered with.
    #[must_use]
    pub fn http_status(self) -> u16 {
        self.row().2
    }

    /// The code of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The code that a front end would give an answer of this HTTP status; `UNKNOWN` when there is none.
    #[must_use]
    pub fn from_http_status(status: u16) -> Self {
        match status {
            400 => Self::InvalidArgument,
            409 => Self::Aborted,
            500 => Self::Internal,
            _ => TABLE.iter().find(|row| row.3 == status).map_or(Self::Unknown, |row| row.0),
        }
    }

    /// All names, for a sentence that says what would be right.
    #[must_use]
    pub fn names() -> String {
        TABLE.map(|row| row.1).join(", ")
    }
}

/// A call that the service answers with an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The HTTP status. Mostly the code's own, but real services do mix them (`UNKNOWN` with 503).
    pub status: u16,
    /// The rpc code.
    pub code: Code,
    /// A sentence for people.
    pub message: String,
    /// `google.protobuf.Any` objects. Real answers often have none.
    pub details: Vec<Value>,
}

impl Refusal {
    /// An error without details, under the code's own HTTP status.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { status: code.http_status(), code, message: message.into(), details: Vec::new() }
    }

    /// The same, with one more detail.
    #[must_use]
    pub fn with_detail(mut self, detail: Value) -> Self {
        self.details.push(detail);
        self
    }

    /// The body: `{"error": {"code": <HTTP status>, "message", "status", "details"}}`. `details` only if any.
    #[must_use]
    pub fn body(&self) -> Value {
        let mut error = json!({
            "code": self.status,
            "message": self.message,
            "status": self.code.name(),
        });
        if let (false, Some(error)) = (self.details.is_empty(), error.as_object_mut()) {
            error.insert("details".to_owned(), Value::Array(self.details.clone()));
        }
        json!({ "error": error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_body_holds_the_http_status_and_the_name_but_not_the_rpc_number() {
        let got = Refusal::new(Code::NotFound, "gone").body();
        assert_eq!(got, json!({"error": {"code": 404, "message": "gone", "status": "NOT_FOUND"}}));
        assert_eq!(Code::NotFound.number(), 5);
    }

    #[test]
    fn a_name_leads_back_to_its_code() {
        for (code, name, ..) in TABLE {
            assert_eq!(Code::from_name(name), Some(code));
        }
        assert_eq!(Code::from_name("OK"), None);
    }
}
