"""Google's clients read the emulator: lists, pages, single operations, locations."""

import datetime

import pytest
from google.api_core import exceptions
from google.cloud import deploy_v1
from google.cloud.location import locations_pb2
from google.longrunning import operations_pb2

EUROPE = "projects/acme-web/locations/europe-west1"
ASIA = "projects/acme-web/locations/asia-south1"


def listed(deploy, **request):
    return deploy.list_operations(operations_pb2.ListOperationsRequest(**request))


def get(deploy, name):
    return deploy.get_operation(operations_pb2.GetOperationRequest(name=name))


def metadata(operation):
    """The metadata, which must be the message that its @type says it is."""
    message = deploy_v1.OperationMetadata.pb()()
    assert operation.metadata.Unpack(message), operation.metadata.type_url
    return message


def test_pages_hold_every_operation_once_in_the_order_of_the_names(deploy):
    got, token, pages = [], "", 0
    while True:
        page = listed(deploy, name=EUROPE, page_size=3, page_token=token)
        got += [operation.name for operation in page.operations]
        token, pages = page.next_page_token, pages + 1
        if not token:
            break
    assert got == [f"{EUROPE}/operations/page-{number:04}" for number in range(1, 8)]
    assert pages == 3


def test_the_generic_client_pages_by_itself(longrunning, emulator):
    before = len(emulator.journal())
    got = [operation.name for operation in longrunning.list_operations(EUROPE, page_size=2)]
    assert got == [f"{EUROPE}/operations/page-{number:04}" for number in range(1, 8)]
    lists = [entry for entry in emulator.journal()[before:] if entry["path"] == f"/v1/{EUROPE}/operations"]
    assert len(lists) == 4


def test_a_running_operation_shows_what_it_does(deploy):
    got = listed(deploy, name=EUROPE, page_size=1).operations[0]
    assert not got.done and not got.HasField("error") and not got.HasField("response")
    shown = metadata(got)
    assert (shown.verb, shown.target) == ("create", f"{EUROPE}/targets/prod-1")
    assert not shown.requested_cancellation and not shown.HasField("end_time")
    age = datetime.datetime.now(datetime.timezone.utc) - shown.create_time.ToDatetime(datetime.timezone.utc)
    assert datetime.timedelta(hours=1) <= age < datetime.timedelta(hours=1, minutes=10)


def test_a_create_time_does_not_move(deploy):
    name = f"{ASIA}/operations/running"
    assert metadata(get(deploy, name)).create_time == metadata(get(deploy, name)).create_time


def test_an_operation_that_ended_by_itself_has_the_resource_as_its_response(deploy):
    got = get(deploy, f"{ASIA}/operations/done")
    pipeline = deploy_v1.DeliveryPipeline.pb()()
    assert got.done and got.response.Unpack(pipeline)
    assert pipeline.name == f"{ASIA}/deliveryPipelines/web"
    shown = metadata(got)
    assert shown.end_time.ToSeconds() - shown.create_time.ToSeconds() == 30 * 60


def test_an_operation_may_be_done_with_neither_result(longrunning):
    got = longrunning.get_operation(f"{ASIA}/operations/unstated")
    assert got.done and got.WhichOneof("result") is None


def test_an_operation_may_have_no_metadata(longrunning):
    assert not longrunning.get_operation(f"{ASIA}/operations/bare").HasField("metadata")


def test_the_done_filter_of_the_clients_is_understood(deploy):
    names = lambda page: [operation.name.rsplit("/")[-1] for operation in page.operations]
    assert names(listed(deploy, name=ASIA, filter="done=true")) == ["done", "unstated"]
    assert names(listed(deploy, name=ASIA, filter="done=false")) == ["bare", "running"]


def test_a_location_without_operations_lists_none(deploy):
    got = listed(deploy, name="projects/acme-web/locations/us-central1")
    assert not got.operations and not got.next_page_token


def test_an_empty_page_with_a_token_leads_on(deploy):
    parent = "projects/acme-web/locations/us-east4"
    first = listed(deploy, name=parent)
    assert not first.operations and first.next_page_token
    assert len(listed(deploy, name=parent, page_token=first.next_page_token).operations) == 9


def test_locations_are_listed_page_by_page(deploy):
    got, token = [], ""
    while True:
        request = locations_pb2.ListLocationsRequest(name="projects/acme-web", page_size=2, page_token=token)
        page = deploy.list_locations(request)
        got += [location.location_id for location in page.locations]
        token = page.next_page_token
        if not token:
            break
    assert got == ["asia-south1", "europe-west1", "us-central1", "us-east4", "us-west1"]


@pytest.mark.parametrize(
    "request_fields",
    [
        {"name": EUROPE, "page_token": "made-up"},
        {"name": EUROPE, "page_size": -1},
        {"name": EUROPE, "filter": "createTime > 1"},
    ],
)
def test_a_bad_list_is_an_invalid_argument(deploy, request_fields):
    with pytest.raises(exceptions.BadRequest) as raised:
        listed(deploy, **request_fields)
    assert raised.value.response.json()["error"]["status"] == "INVALID_ARGUMENT"


def test_a_token_of_another_list_is_an_invalid_argument(deploy):
    token = listed(deploy, name=EUROPE, page_size=1).next_page_token
    with pytest.raises(exceptions.BadRequest):
        listed(deploy, name=ASIA, page_token=token)


@pytest.mark.parametrize("parent", ["projects/nobody/locations/europe-west1", "projects/acme-web/locations/moon"])
def test_a_place_that_is_not_there_is_forbidden(deploy, parent):
    with pytest.raises(exceptions.Forbidden) as raised:
        listed(deploy, name=parent)
    assert raised.value.reason == "IAM_PERMISSION_DENIED"


def test_a_project_that_is_not_there_has_no_locations(deploy):
    with pytest.raises(exceptions.Forbidden):
        deploy.list_locations(locations_pb2.ListLocationsRequest(name="projects/nobody"))


def test_an_operation_that_is_not_there_is_not_found(deploy, longrunning):
    for read in (lambda name: get(deploy, name), longrunning.get_operation):
        with pytest.raises(exceptions.NotFound):
            read(f"{ASIA}/operations/nothing")
