//! Services that a policy defines itself: policed like those of the table, and never a way to send the account's token
//! to somebody else.

use curfew::clock::Clock;
use curfew::emulator::{Emulator, Scenario};
use curfew::follow_up::State;
use curfew::report::Report;
use curfew::service::CancelAnswer;
use curfew::snapshot::GapReason;

use crate::{credential, sweep_through};
use curfew::google::Endpoint;

/// A definition, a scope for it, and which service of the table the emulator plays at the same paths.
struct Case {
    like: &'static str,
    definition: &'static str,
    scope: &'static str,
    /// Where its operations are; the ids are `old` and `young`.
    under: &'static str,
    verb: Option<&'static str>,
    cancel: &'static str,
}

const CASES: [Case; 4] = [
    // Everything as usual: its name is enough.
    Case {
        like: "clouddeploy",
        definition: "{ name: acme }",
        scope: "projects: [p], locations: all",
        under: "projects/p/locations/l/operations",
        verb: Some("create"),
        cancel: "/v1/projects/p/locations/l/operations/old:cancel",
    },
    // Names of another depth, and metadata of its own.
    Case {
        like: "healthcare",
        definition: "{ name: acme, host: records.googleapis.com, profile: cancel-requested, verb: [/apiMethodName], target: [], \
                     lists: [{ path: 'projects/{project}/locations/{location}/datasets/{dataset}/operations' }] }",
        scope: "projects: [p], locations: [l], datasets: [d]",
        under: "projects/p/locations/l/datasets/d/operations",
        verb: Some("create"),
        cancel: "/v1/projects/p/locations/l/datasets/d/operations/old:cancel",
    },
    // Paths that are not the names.
    Case {
        like: "storage",
        definition: "{ name: acme, version: storage/v1, create_time: [/commonMetadata/createTime], verb: [], target: [], \
                     cancel_requested: [/commonMetadata/requestedCancellation], \
                     lists: [{ path: 'b/{bucket}/operations', names: ['projects/_/buckets/{bucket}/operations/*'] }], \
                     get: 'b/{bucket}/operations/{id}', cancel: 'b/{bucket}/operations/{id}/cancel' }",
        scope: "buckets: [archive]",
        under: "projects/_/buckets/archive/operations",
        verb: None,
        cancel: "/storage/v1/b/archive/operations/old/cancel",
    },
    // No place at all, and an id of several segments.
    Case {
        like: "baremetalsolution",
        definition: "{ name: acme, lists: [{ path: operations, names: ['operations/**'] }] }",
        scope: "",
        under: "operations/any",
        verb: Some("create"),
        cancel: "/v1/operations/any/old:cancel",
    },
];

fn policy(definition: &str, scope: &str) -> String {
    let comma = if scope.is_empty() { "" } else { "," };
    format!(
        "version: 1\nmode: enforce\nservices: [{definition}]\nscopes: [{{ service: acme{comma} {scope} }}]\n\
         rules: [{{ name: old, max_age: 1h }}]\nfollow_up: {{ for: 5s }}\n"
    )
}

async fn emulate(scenario: &str) -> Emulator {
    let scenario = Scenario::parse(scenario, "test").unwrap_or_else(|error| panic!("{error}"));
    Emulator::start(&scenario, ([127, 0, 0, 1], 0).into(), Clock::system()).await.unwrap()
}

#[tokio::test]
async fn a_service_that_a_policy_defines_is_policed_from_its_list_to_the_end_of_its_operations() {
    for Case { like, definition, scope, under, verb, cancel } in CASES {
        let operation = |id: &str, age: &str| format!("{{ name: {under}/{id}, age: {age}, verb: create }}");
        let (old, young) = (operation("old", "3h"), operation("young", "5m"));
        let emulator =
            emulate(&format!("service: {like}\ntokens: issued\noperations: [{old}, {young}]")).await;
        let endpoint = Endpoint::parse(&emulator.url()).unwrap();
        let report = sweep_through(endpoint, &credential(&emulator), &policy(definition, scope)).await;

        assert_eq!((report.mismatches(), &report.gaps), (Vec::new(), &Vec::new()), "{like}");
        assert_eq!((report.seen, report.spared), (2, 1), "{like}");
        let [record] = &report.operations[..] else { panic!("{like}: {:?}", report.operations) };
        assert_eq!((record.service.as_str(), record.operation.as_str()), ("acme", &*format!("{under}/old")));
        assert_eq!((record.cancel, record.state), (Some(CancelAnswer::Accepted), Some(State::Cancelled)));
        assert_eq!(record.verb.as_deref(), verb, "{like}");
        let cancels: Vec<String> = emulator
            .journal()
            .requests
            .into_iter()
            .filter(|entry| entry.method == "POST" && entry.path != "/token")
            .map(|entry| entry.path)
            .collect();
        assert_eq!(cancels, [cancel], "{like}");
    }
}

/// What a sweep says of a service that is said to be at this host. Nothing may be asked for, not even a token.
async fn refused(host: &str) -> Report {
    let emulator = emulate("tokens: issued").await;
    let text = policy(&format!("{{ name: acme, {host} }}"), "projects: [p], locations: [l]");
    let report = sweep_through(Endpoint::google(), &credential(&emulator), &text).await;
    assert_eq!(emulator.journal().requests, [], "{host}");
    report
}

#[tokio::test]
async fn a_host_that_is_not_googles_is_never_contacted_on_a_policys_word_alone() {
    for host in [
        "host: acme.example",
        "host: 127.0.0.1",
        "host: evilgoogleapis.com",
        "host: acme.googleapis.com.acme.example",
        "host: googleapis.com",
        "regional_host: '{location}.acme.example'",
    ] {
        let report = refused(host).await;
        let [gap] = &report.gaps[..] else { panic!("{host}: {:?}", report.gaps) };
        let message = &gap.message;
        assert_eq!((gap.service.as_str(), gap.reason), ("acme", GapReason::Refused), "{host}: {message}");
        assert!(
            message.contains("is not Google's") && message.contains("CURFEW_GOOGLE_ENDPOINT"),
            "{message}"
        );
        assert_eq!((report.seen, report.pages), (0, 0));
    }
}
