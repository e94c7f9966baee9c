"""Google's clients meet the faults: each becomes the exception that it would at Google."""

import pytest
import requests
from conftest import Emulator
from google.api_core import exceptions
from google.longrunning import operations_pb2
from google.protobuf import any_pb2, json_format
from google.rpc import error_details_pb2

EAST = "projects/acme-web/locations/us-east4/operations"


def get(deploy, number):
    request = operations_pb2.GetOperationRequest(name=f"{EAST}/fault-{number:04}")
    # No retry: what counts is the one answer.
    return deploy.get_operation(request, retry=None)


def test_unavailable_is_service_unavailable(deploy):
    with pytest.raises(exceptions.ServiceUnavailable, match="try again"):
        get(deploy, 1)


def test_too_many_requests_says_how_long_to_wait(deploy):
    with pytest.raises(exceptions.TooManyRequests) as raised:
        get(deploy, 2)
    (detail,) = raised.value.details
    info = error_details_pb2.RetryInfo()
    assert json_format.ParseDict(detail, any_pb2.Any()).Unpack(info)
    assert info.retry_delay.ToMilliseconds() == 1500


def test_unauthenticated_is_unauthorized(deploy):
    with pytest.raises(exceptions.Unauthorized):
        get(deploy, 3)


def test_a_front_end_error_without_json_is_still_an_error(deploy):
    with pytest.raises(exceptions.BadGateway):
        get(deploy, 4)


def test_a_dropped_connection_is_a_connection_error(deploy):
    with pytest.raises(requests.exceptions.ConnectionError):
        get(deploy, 5)


def test_a_truncated_body_is_noticed(deploy):
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(deploy, 6)


def test_a_body_that_is_not_json_does_not_parse(deploy):
    with pytest.raises(json_format.ParseError):
        get(deploy, 7)


def test_a_missing_done_means_running(deploy):
    assert not get(deploy, 8).done


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    scenario = tmp_path_factory.mktemp("guarded") / "scenario.yaml"
    scenario.write_text("require_token: true\nlocations: { acme-web: [europe-west1] }\n")
    running = Emulator(scenario)
    yield running
    assert running.stop() == 0


def test_a_request_without_a_token_is_unauthorized_when_one_is_required(guarded):
    request = operations_pb2.ListOperationsRequest(name="projects/acme-web/locations/europe-west1")
    with pytest.raises(exceptions.Unauthorized) as raised:
        guarded.deploy().list_operations(request)
    assert raised.value.reason == "CREDENTIALS_MISSING"
    got = guarded.deploy().list_operations(request, metadata=[("authorization", "Bearer t")])
    assert not got.operations
