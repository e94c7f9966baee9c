//! What a request asks for: the method of the service, read from the HTTP method, the path and the query.
//!
//! It checks what can be checked without looking at the world. The rules are those of Google's HTTP mapping: a
//! path or method that no rule names is answered by the front end (404, HTML), a parameter that the method does
//! not have by the service (400).

use std::sync::Arc;

use http::{HeaderMap, Method};
use serde::Deserialize;

use super::exchange::Exchange;
use super::rpc::{Code, Refusal};
use super::scenario::Call;
use crate::catalogue::{Address, Bindings, Service, table};
use crate::operation::{NameError, OperationName, ProjectId, ResourcePath, ServiceName};

/// A request as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The HTTP method.
    pub method: &'a Method,
    /// The path, still percent-encoded.
    pub path: &'a str,
    /// What follows the question mark.
    pub query: Option<&'a str>,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// Whether the length of the body is told: by a header on HTTP/1.1, always on HTTP/2.
    pub has_length: bool,
    /// The body.
    pub body: &'a [u8],
}

/// The resource that a method is called on.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Resource {
    /// A list of operations, by its path.
    List(Arc<Service>, ResourcePath),
    /// A list of locations, by its path.
    Locations(Arc<Service>, ResourcePath),
    /// An operation.
    Operation(Arc<Service>, OperationName),
    /// `projects/*`
    Project(ProjectId),
    /// A place that hands out tokens.
    Exchange(Exchange),
}

impl Resource {
    /// The resource's name, which a fault's glob is held against: of a list, what it is the list of.
    pub(super) fn name(&self) -> String {
        match self {
            Self::List(_, path) => match path.as_str().strip_suffix("/operations") {
                Some(parent) => parent.to_owned(),
                None => path.to_string(),
            },
            Self::Locations(_, path) => path.parent().to_owned(),
            Self::Operation(_, name) => name.to_string(),
            Self::Project(project) => format!("projects/{project}"),
            Self::Exchange(exchange) => exchange.name(),
        }
    }

    /// The service that is asked.
    pub(super) fn service(&self) -> Option<&Service> {
        match self {
            Self::List(service, _) | Self::Locations(service, _) | Self::Operation(service, _) => {
                Some(service)
            }
            Self::Project(_) | Self::Exchange(_) => None,
        }
    }

    /// The project in its name.
    pub(super) fn project(&self) -> Option<&str> {
        match self {
            Self::List(_, path) | Self::Locations(_, path) => path.project(),
            Self::Operation(_, name) => name.project(),
            Self::Project(project) => Some(project.as_str()),
            Self::Exchange(_) => None,
        }
    }
}

/// Where a path leads.
#[derive(Debug, PartialEq)]
pub(super) enum Route {
    /// To a method, and the resource it is called on.
    To(Call, Resource),
    /// To a method, but its resource cannot have that name.
    Malformed(Refusal),
    /// Nowhere.
    Nowhere,
}

/// Finds the method for a path. At the root `usual` is found, and every service under its own name.
pub(super) fn route(method: &Method, path: &str, usual: &Arc<Service>) -> Route {
    if (method, path) == (&Method::POST, "/token") {
        return Route::To(Call::Token, Resource::Exchange(Exchange::OAuth));
    }
    let Some(rest) = path.strip_prefix('/') else { return Route::Nowhere };
    let decoded = rest.split('/').map(|part| percent_encoding::percent_decode_str(part).decode_utf8());
    let Ok(parts) = decoded.collect::<Result<Vec<_>, _>>() else {
        return Route::Malformed(invalid("The path is not valid UTF-8."));
    };
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    if parts.iter().any(|part| part.contains('/')) {
        return Route::Malformed(invalid("Malformed name: a segment of the path holds a slash."));
    }
    let own = match parts.as_slice() {
        // Another service of Google's, which the client finds at the same endpoint.
        ["v1", rest @ ..] | ["cloudresourcemanager", "v1", rest @ ..] => of_no_service(method, rest),
        _ => None,
    };
    if let Some(route) = own {
        return route;
    }
    let named = parts.first().and_then(|name| ServiceName::parse(name).ok());
    let named = named.and_then(|name| table().find(&name).cloned());
    let named = named.zip(parts.split_first().map(|(_, rest)| rest));
    // The paths of some services begin with their own names, at the root too.
    let mut routes =
        named.into_iter().chain([(usual.clone(), parts.as_slice())]).filter_map(|(service, parts)| {
            let path = parts.join("/");
            let path = path.strip_prefix(&service.version)?.strip_prefix('/')?;
            Some(of_service(method, path, service))
        });
    routes.next().unwrap_or(Route::Nowhere)
}

/// The methods that are no service's of the table.
fn of_no_service(method: &Method, parts: &[&str]) -> Option<Route> {
    match (parts, method) {
        (["token"], &Method::POST) => Some(Route::To(Call::Token, Resource::Exchange(Exchange::Sts))),
        (["projects", "-", "serviceAccounts", account], &Method::POST) => {
            let account = account.strip_suffix(":generateAccessToken")?;
            Some(Route::To(Call::Token, Resource::Exchange(Exchange::Impersonate(account.to_owned()))))
        }
        (["projects", project], &Method::POST) => {
            let project = project.strip_suffix(":testIamPermissions")?;
            Some(found(Call::Permissions, ProjectId::parse(project).map(Resource::Project)))
        }
        _ => None,
    }
}

/// The methods of a service, below its version.
fn of_service(method: &Method, path: &str, service: Arc<Service>) -> Route {
    if *method == Method::GET {
        if service.locations.iter().any(|list| list.read(path).is_some()) {
            return found(
                Call::Locations,
                ResourcePath::parse(path).map(|path| Resource::Locations(service, path)),
            );
        }
        if service.lists.iter().any(|list| list.path.read(path).is_some()) {
            return found(Call::List, ResourcePath::parse(path).map(|path| Resource::List(service, path)));
        }
    }
    let (call, address) = match *method {
        Method::GET => (Call::Get, &service.get),
        Method::DELETE => (Call::Delete, &service.get),
        Method::POST => (Call::Cancel, &service.cancel),
        _ => return Route::Nowhere,
    };
    let name = match address {
        Address::Name { suffix } => path.strip_suffix(suffix).map(str::to_owned),
        Address::Path(template) => template.read(path).and_then(|(place, id)| name_at(&service, &place, id?)),
    };
    // A colon in the last segment is a method that there is not.
    let has_method = |name: &str| name.rsplit('/').next().is_some_and(|id| id.contains(':'));
    let Some(name) = name.filter(|name| !has_method(name) && service.read(name).is_some()) else {
        return Route::Nowhere;
    };
    found(call, OperationName::parse(&name).map(|name| Resource::Operation(service, name)))
}

/// The name of the operation that a path of its own leads to.
fn name_at(service: &Service, place: &Bindings, id: &str) -> Option<String> {
    service.names().filter_map(|name| name.fill(place)).map(|name| name.replacen('*', id, 1)).next()
}

fn found(call: Call, resource: Result<Resource, NameError>) -> Route {
    match resource {
        Ok(resource) => Route::To(call, resource),
        Err(error) => Route::Malformed(invalid(format!("Malformed name: {error}"))),
    }
}

/// The query of a request, decoded.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

/// What a query says to a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ListQuery {
    /// `pageSize`; `None` when it is left to the service (absent or 0).
    pub(super) page_size: Option<usize>,
    /// `filter`: only operations that are done, or only those that are not.
    pub(super) done: Option<bool>,
}

/// Parameters that every method of every Google service takes, and that change nothing that matters here.
const SYSTEM_PARAMETERS: [&str; 10] = [
    "access_token",
    "alt",
    "callback",
    "fields",
    "key",
    "oauth_token",
    "prettyPrint",
    "quotaUser",
    "uploadType",
    "upload_protocol",
];

impl Query {
    /// Decodes the part of a URL after the question mark.
    pub(super) fn decode(query: Option<&str>) -> Self {
        Self(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// The page token, unless it is empty.
    pub(super) fn page_token(&self) -> Option<&str> {
        let mut tokens = self.0.iter().filter(|(key, _)| matches!(key.as_str(), "pageToken" | "page_token"));
        tokens.next().map(|(_, token)| token.as_str()).filter(|token| !token.is_empty())
    }

    /// Checks the parameters of a call. Only lists have parameters of their own.
    ///
    /// Cloud Deploy documents no field for `filter`. What is taken is the one that clients send, `done=true` or
    /// `done=false`; any other is refused, so that nobody comes to rely on a filter that the real service may not
    /// have.
    pub(super) fn check(&self, call: Call) -> Result<ListQuery, Refusal> {
        let mut found = ListQuery::default();
        for (key, value) in &self.0 {
            match (key.as_str(), call) {
                (key, _) if key.starts_with('$') || SYSTEM_PARAMETERS.contains(&key) => {}
                ("pageToken" | "page_token", Call::List | Call::Locations) => {}
                ("pageSize" | "page_size", Call::List | Call::Locations) => {
                    found.page_size = page_size(value)?;
                }
                ("filter", Call::List) => found.done = filter(value)?,
                ("filter", Call::Locations) if value.is_empty() => {}
                ("returnPartialSuccess" | "return_partial_success", Call::List) => partial_success(value)?,
                (key, _) => return Err(unknown_parameter(key)),
            }
        }
        Ok(found)
    }
}

fn page_size(value: &str) -> Result<Option<usize>, Refusal> {
    let size: i32 = value
        .parse()
        .map_err(|_| invalid(format!("Invalid value at 'page_size' (TYPE_INT32), \"{}\"", quote(value))))?;
    let size = usize::try_from(size).map_err(|_| invalid("The page size cannot be negative."))?;
    Ok(Some(size).filter(|size| *size > 0))
}

fn filter(value: &str) -> Result<Option<bool>, Refusal> {
    match value.replace([' ', '"'], "").as_str() {
        "" => Ok(None),
        "done=true" | "done:true" => Ok(Some(true)),
        "done=false" | "done:false" => Ok(Some(false)),
        _ => Err(invalid(format!("The filter \"{}\" is not supported.", quote(value)))),
    }
}

fn partial_success(value: &str) -> Result<(), Refusal> {
    match value {
        "" | "false" => Ok(()),
        "true" => Err(Refusal::new(Code::Unimplemented, "return_partial_success is not supported.")),
        _ => Err(invalid(format!(
            "Invalid value at 'return_partial_success' (TYPE_BOOL), \"{}\"",
            quote(value)
        ))),
    }
}

/// A cancel's body has no fields: it is empty, or `{}`.
pub(super) fn check_cancel_body(body: &[u8]) -> Result<(), Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body)
        .map_err(|error| invalid(format!("Invalid JSON payload received. {error}")))?;
    match fields.keys().next() {
        None => Ok(()),
        Some(key) => Err(invalid(format!(
            "Invalid JSON payload received. Unknown name \"{}\": Cannot find field.",
            quote(key)
        ))),
    }
}

/// The body of `testIamPermissions`.
pub(super) fn permissions_asked_for(body: &[u8]) -> Result<Vec<String>, Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        permissions: Vec<String>,
    }

    let body: Body = serde_json::from_slice(body)
        .map_err(|error| invalid(format!("Invalid JSON payload received. {error}")))?;
    if body.permissions.iter().any(|permission| permission.contains('*')) {
        return Err(invalid("Wildcards are not allowed in permissions."));
    }
    Ok(body.permissions)
}

fn unknown_parameter(key: &str) -> Refusal {
    invalid(format!(
        "Invalid JSON payload received. Unknown name \"{0}\": Cannot bind query parameter. Field '{0}' could not \
         be found in request message.",
        quote(key)
    ))
}

/// What a client sent, short enough for a message.
fn quote(text: &str) -> String {
    text.chars().take(100).collect()
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(Code::InvalidArgument, message)
}

#[cfg(test)]
#[path = "tests/request.rs"]
mod tests;
