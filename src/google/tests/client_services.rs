//! What the client makes of what is known of a service: where it sends, with what, and where it sends nothing.

use super::tests::{client, collection, name, service};
use super::*;
use crate::catalogue::define;
use crate::google::auth::CredentialSource;
use crate::google::test_server::{Answer, Server};
use crate::service::{CancelAnswer, FailureKind};
use crate::trust::Trust;

/// Cloud Storage "returns an empty response body". Elsewhere no body is one that was lost.
#[tokio::test]
async fn a_cancel_at_a_path_of_its_own_is_accepted_without_a_body() {
    let storage = ServiceName::parse("storage").unwrap();
    let of_bucket = OperationName::parse("projects/_/buckets/b/operations/o").unwrap();
    for (status, body, want) in [
        (204, "", CancelAnswer::Accepted),
        (200, "", CancelAnswer::Accepted),
        (200, "{}", CancelAnswer::Accepted),
        (200, "ok", CancelAnswer::Unreachable),
    ] {
        let server = Server::start(move |_, _| Answer::new(status, body)).await;
        let reply = client(&server).cancel(&storage, &of_bucket, None).await;
        assert_eq!((reply.answer, reply.attempts), (want, 1), "{status} {body}");
        let request = &server.requests()[0];
        assert!(request.starts_with("POST /storage/v1/b/b/operations/o/cancel HTTP/1.1\r\n"), "{request}");
    }
    let server = Server::start(|_, _| Answer::new(200, "")).await;
    let reply = client(&server).cancel(&service(), &name(), None).await;
    assert_eq!((reply.answer, reply.attempts), (CancelAnswer::Unreachable, 5));
}

#[tokio::test]
async fn an_unknown_service_is_sent_nothing() {
    let server = Server::start(|_, _| Answer::new(200, "{}")).await;
    let unknown = ServiceName::parse("nosuch").unwrap();
    let reply = client(&server).cancel(&unknown, &name(), None).await;
    assert_eq!((reply.answer, reply.attempts), (CancelAnswer::Refused, 0));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_list_that_needs_a_filter_is_asked_with_it_and_no_other_is() {
    let server = Server::start(|_, _| Answer::new(200, "{}")).await;
    let row = "name = \"acme\"\nlists = [{ path = \"projects/{project}/operations\", filter = \"Type=A&B\" }, \
               { path = \"projects/{project}/locations/{location}/operations\" }]";
    let client = client(&server);
    client.use_services(&Services::with([Arc::new(define(toml::from_str(row).unwrap()).unwrap())]));
    for path in ["projects/p/operations", "projects/p/locations/l/operations"] {
        let path = ResourcePath::parse(path).unwrap();
        let service = ServiceName::parse("acme").unwrap();
        client.list_page(&Collection { service, path, ..collection() }, None, None).await.unwrap();
    }
    assert_eq!(
        server.request_lines(),
        [
            "GET /v1/projects/p/operations?filter=Type%3DA%26B&pageSize=1000 HTTP/1.1",
            "GET /v1/projects/p/locations/l/operations?pageSize=1000 HTTP/1.1",
        ]
    );
}

#[tokio::test]
async fn a_policys_word_alone_sends_the_token_to_no_host_but_googles() {
    let defined = |row: &str| Arc::new(define(toml::from_str(row).unwrap()).unwrap());
    for row in [
        "name = \"acme\"\nhost = \"acme.example\"",
        "name = \"acme\"\nhost = \"googleapis.com.acme.example\"",
        "name = \"acme\"\nregional_host = \"{location}.acme.example\"",
    ] {
        let credentials = Credentials::new(CredentialSource::None);
        let client = Client::new(Endpoint::google(), credentials, Trust::Machine).unwrap();
        client.use_services(&Services::with([defined(row)]));
        let collection = Collection { service: ServiceName::parse("acme").unwrap(), ..collection() };
        let error = client.list_page(&collection, None, None).await.unwrap_err();
        assert_eq!((error.kind, error.attempts), (FailureKind::Refused, 0), "{row}");
        assert!(error.message.contains("acme.example is not Google's"), "{error}");
        // Each goes to the host of the operation's location.
        let error = client.get(&collection.service, &name(), None).await.unwrap_err();
        assert!(error.message.contains("acme.example is not Google's"), "{row}: {error}");
        let reply = client.cancel(&collection.service, &name(), None).await;
        assert_eq!((reply.answer, reply.attempts), (CancelAnswer::Refused, 0), "{row}");
    }
}
