"""Google's clients of other services read and cancel at the emulator, and take its metadata for their own."""

import datetime
import types

import pytest
from conftest import HERE, Emulator, NoToken
from google.api_core import exceptions
from google.cloud import alloydb_v1, backupdr_v1, common, dataproc_v1, documentai_v1, filestore_v1, netapp_v1
from google.cloud.alloydb_v1.services.alloy_db_admin.transports import AlloyDBAdminRestTransport
from google.cloud.backupdr_v1.services.backup_dr.transports import BackupDRRestTransport
from google.cloud.dataproc_v1.services.batch_controller.transports import BatchControllerRestTransport
from google.cloud.documentai_v1.services.document_processor_service.transports import (
    DocumentProcessorServiceRestTransport,
)
from google.cloud.filestore_v1.services.cloud_filestore_manager.transports import (
    CloudFilestoreManagerRestTransport,
)
from google.cloud.location import locations_pb2
from google.cloud.netapp_v1.services.net_app.transports import NetAppRestTransport
from google.longrunning import operations_pb2
from google.rpc import code_pb2

EUROPE = "projects/acme-web/locations/europe-west1"
REGION = "projects/acme-web/regions/europe-west1"


def usual(message):
    """What the metadata says that most services have."""
    return message.create_time, message.verb, message.target


# Each service with its client, the transport of that, the type of its metadata, and what it says: when it was created,
# the verb and the target; whether it says that a cancel was requested.
SERVICES = {
    "alloydb": (
        alloydb_v1.AlloyDBAdminClient,
        AlloyDBAdminRestTransport,
        alloydb_v1.OperationMetadata,
        usual,
        lambda message: message.requested_cancellation,
    ),
    "backupdr": (
        backupdr_v1.BackupDRClient,
        BackupDRRestTransport,
        backupdr_v1.OperationMetadata,
        usual,
        lambda message: message.requested_cancellation,
    ),
    "netapp": (
        netapp_v1.NetAppClient,
        NetAppRestTransport,
        netapp_v1.OperationMetadata,
        usual,
        lambda message: message.requested_cancellation,
    ),
    "file": (
        filestore_v1.CloudFilestoreManagerClient,
        CloudFilestoreManagerRestTransport,
        common.OperationMetadata,
        usual,
        lambda message: message.cancel_requested,
    ),
    "documentai": (
        documentai_v1.DocumentProcessorServiceClient,
        DocumentProcessorServiceRestTransport,
        documentai_v1.DeleteProcessorMetadata,
        lambda message: (message.common_metadata.create_time, None, message.common_metadata.resource),
        lambda message: (
            documentai_v1.CommonOperationMetadata.State(message.common_metadata.state).name
            in ("CANCELLING", "CANCELLED")
        ),
    ),
    "dataproc": (
        dataproc_v1.BatchControllerClient,
        BatchControllerRestTransport,
        dataproc_v1.BatchOperationMetadata,
        lambda message: (
            message.create_time,
            dataproc_v1.BatchOperationMetadata.BatchOperationType(message.operation_type).name,
            message.batch,
        ),
        None,
    ),
}

TARGETS = {
    "alloydb": ("create", f"{EUROPE}/clusters/main"),
    "backupdr": ("create", f"{EUROPE}/backupVaults/main"),
    "netapp": ("create", f"{EUROPE}/volumes/main"),
    "file": ("create", f"{EUROPE}/instances/main"),
    "documentai": (None, f"{EUROPE}/processors/main"),
    "dataproc": ("BATCH", f"{EUROPE}/batches/main"),
}


@pytest.fixture(scope="module")
def emulator():
    running = Emulator(HERE / "services.yaml")
    yield running
    assert running.stop() == 0


@pytest.fixture(params=SERVICES)
def service(request, emulator):
    client, transport, metadata, said, requested = SERVICES[request.param]
    transport = transport(host=f"{emulator.host}/{request.param}", credentials=NoToken(), url_scheme="http")
    client = client(transport=transport)
    parent = REGION if request.param == "dataproc" else EUROPE
    # The lists of these two are asked by what they are called, those of the others by what they are the lists of.
    listed = f"{parent}/operations" if request.param in ("dataproc", "documentai") else parent
    return types.SimpleNamespace(
        name=request.param,
        client=client,
        metadata=metadata,
        said=said,
        requested=requested,
        listed=listed,
        operations=f"{parent}/operations",
    )


def get(client, name):
    return client.get_operation(operations_pb2.GetOperationRequest(name=name))


def cancel(client, name):
    client.cancel_operation(operations_pb2.CancelOperationRequest(name=name))


def unpacked(operation, metadata):
    """The metadata, which must be the message that its @type says it is."""
    message = metadata.pb()()
    assert operation.metadata.Unpack(message), operation.metadata.type_url
    return message


def pages(client, name):
    token = ""
    while True:
        request = operations_pb2.ListOperationsRequest(name=name, page_size=50, page_token=token)
        page = client.list_operations(request)
        yield [operation.name for operation in page.operations]
        token = page.next_page_token
        if not token:
            return


def test_every_operation_is_listed_once(service):
    got = list(pages(service.client, service.listed))
    ids = ["refused", "running-0001", "running-0002", "running-0003", "stuck"]
    assert sum(got, []) == [f"{service.operations}/{id}" for id in ids]
    assert len(got) == 3


def test_a_running_operation_says_what_it_does_and_since_when(service):
    got = get(service.client, f"{service.operations}/running-0001")
    assert not got.done and not got.HasField("error") and not got.HasField("response")
    message = unpacked(got, service.metadata)
    created, verb, target = service.said(message)
    assert (verb, target) == TARGETS[service.name]
    age = datetime.datetime.now(datetime.timezone.utc) - created.ToDatetime(datetime.timezone.utc)
    assert datetime.timedelta(minutes=90) <= age < datetime.timedelta(minutes=100)
    assert service.requested is None or not service.requested(message)


def test_a_cancelled_operation_ends_with_error_code_1(service):
    name = f"{service.operations}/stuck"
    cancel(service.client, name)
    got = get(service.client, name)
    assert got.done and got.error.code == code_pb2.CANCELLED
    assert service.requested is None or service.requested(unpacked(got, service.metadata))


def test_a_refused_cancel_says_why_and_changes_nothing(service):
    name = f"{service.operations}/refused"
    with pytest.raises(exceptions.BadRequest) as raised:
        cancel(service.client, name)
    assert raised.value.response.json()["error"]["status"] == "FAILED_PRECONDITION"
    got = get(service.client, name)
    assert not got.done
    assert service.requested is None or not service.requested(unpacked(got, service.metadata))


def test_an_operation_that_is_not_there_is_not_found(service):
    for call in (get, cancel):
        with pytest.raises(exceptions.NotFound):
            call(service.client, f"{service.operations}/none")


def test_locations_are_listed_where_the_service_lists_them(service):
    if service.name == "dataproc":
        assert not hasattr(service.client, "list_locations")
        return
    got = service.client.list_locations(locations_pb2.ListLocationsRequest(name="projects/acme-web"))
    assert sorted(location.location_id for location in got.locations) == ["europe-west1", "us-central1"]
    assert f"{EUROPE}" in [location.name for location in got.locations]


@pytest.fixture(scope="module")
def dataproc(emulator):
    transport = BatchControllerRestTransport(
        host=f"{emulator.host}/dataproc", credentials=NoToken(), url_scheme="http"
    )
    return dataproc_v1.BatchControllerClient(transport=transport)


def test_dataproc_has_a_second_list_with_operations_of_its_own(dataproc):
    got = sum(pages(dataproc, f"{EUROPE}/operations"), [])
    assert got == [f"{EUROPE}/operations/cluster", f"{EUROPE}/operations/job"]


def test_dataproc_tells_of_a_cluster_by_the_history_of_its_states(dataproc):
    got = unpacked(get(dataproc, f"{EUROPE}/operations/cluster"), dataproc_v1.ClusterOperationMetadata)
    assert (got.operation_type, got.cluster_name) == ("CREATE", "main")
    assert got.status_history[0].state_start_time.ToJsonString() == "2026-11-24T12:00:00Z"


def test_dataproc_tells_of_a_requested_cancel_by_the_state_of_a_job(dataproc):
    name = f"{EUROPE}/operations/job"
    assert not unpacked(get(dataproc, name), dataproc_v1.JobMetadata).HasField("status")
    cancel(dataproc, name)
    got = unpacked(get(dataproc, name), dataproc_v1.JobMetadata)
    assert got.status.state == dataproc_v1.JobStatus.State.CANCEL_PENDING


def test_documentai_tells_of_a_requested_cancel_while_the_operation_runs_on(emulator):
    transport = DocumentProcessorServiceRestTransport(
        host=f"{emulator.host}/documentai", credentials=NoToken(), url_scheme="http"
    )
    client = documentai_v1.DocumentProcessorServiceClient(transport=transport)
    name = "projects/acme-web/locations/us-central1/operations/asked"
    cancel(client, name)
    got = get(client, name)
    state = unpacked(got, documentai_v1.DeleteProcessorMetadata).common_metadata.state
    assert not got.done and state == documentai_v1.CommonOperationMetadata.State.CANCELLING


@pytest.mark.parametrize(
    ("service", "parent"),
    [
        ("spanner", "projects/acme-web/instances/orders"),
        ("firestore", "projects/acme-web/databases/(default)"),
        ("healthcare", f"{EUROPE}/datasets/records"),
        ("datastore", "projects/acme-web"),
        ("securitycenter", "organizations/123456789012"),
    ],
)
def test_the_generic_client_finds_names_of_any_depth(emulator, service, parent):
    client = emulator.longrunning(service)
    (listed,) = client.list_operations(parent)
    assert listed.name == f"{parent}/operations/o" and not listed.done
    client.cancel_operation(listed.name)
    assert client.get_operation(listed.name).error.code == code_pb2.CANCELLED
