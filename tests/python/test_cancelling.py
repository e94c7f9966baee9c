"""Google's clients cancel and delete, and read back what became of it."""

import pytest
from conftest import eventually
from google.api_core import exceptions
from google.cloud import deploy_v1
from google.longrunning import operations_pb2
from google.rpc import code_pb2

WEST = "projects/acme-web/locations/us-west1/operations"


def get(deploy, name):
    return deploy.get_operation(operations_pb2.GetOperationRequest(name=name))


def cancel(deploy, name):
    deploy.cancel_operation(operations_pb2.CancelOperationRequest(name=name))


def cancellation_requested(operation):
    message = deploy_v1.OperationMetadata.pb()()
    assert operation.metadata.Unpack(message)
    return message.requested_cancellation


def test_a_cancelled_operation_first_shows_the_request_then_error_code_1(deploy):
    name = f"{WEST}/cancelled"
    cancel(deploy, name)
    meanwhile = get(deploy, name)
    assert meanwhile.done or cancellation_requested(meanwhile)
    got = eventually(lambda: get(deploy, name), lambda operation: operation.done)
    assert got.error.code == code_pb2.CANCELLED == 1
    assert got.WhichOneof("result") == "error" and cancellation_requested(got)
    # "The operation is not deleted": it is still in the list.
    page = deploy.list_operations(operations_pb2.ListOperationsRequest(name=WEST.removesuffix("/operations")))
    assert name in [operation.name for operation in page.operations]


def test_the_generic_client_cancels_with_an_empty_body(longrunning):
    name = f"{WEST}/by-longrunning"
    longrunning.cancel_operation(name)
    got = eventually(lambda: longrunning.get_operation(name), lambda operation: operation.done)
    assert got.error.code == code_pb2.CANCELLED


def test_an_operation_may_complete_in_spite_of_the_cancel(deploy):
    name = f"{WEST}/completed"
    cancel(deploy, name)
    got = eventually(lambda: get(deploy, name), lambda operation: operation.done)
    assert got.WhichOneof("result") == "response"


def test_an_operation_may_fail_on_a_cancel(longrunning):
    name = f"{WEST}/failed"
    longrunning.cancel_operation(name)
    assert longrunning.get_operation(name).error.code == code_pb2.INTERNAL


def test_an_ignored_cancel_is_accepted_and_leaves_no_trace(deploy):
    name = f"{WEST}/ignored"
    cancel(deploy, name)
    got = get(deploy, name)
    assert not got.done and not cancellation_requested(got)


def test_an_operation_may_vanish(deploy):
    name = f"{WEST}/vanishes"
    cancel(deploy, name)
    with pytest.raises(exceptions.NotFound):
        get(deploy, name)


@pytest.mark.parametrize(
    ("operation", "error", "status"),
    [
        ("refused", exceptions.BadRequest, "FAILED_PRECONDITION"),
        ("ended", exceptions.BadRequest, "FAILED_PRECONDITION"),
        ("unimplemented", exceptions.MethodNotImplemented, "UNIMPLEMENTED"),
        ("denied", exceptions.Forbidden, "PERMISSION_DENIED"),
        ("nothing", exceptions.NotFound, "NOT_FOUND"),
    ],
)
def test_a_cancel_that_is_not_taken_says_why(deploy, longrunning, operation, error, status):
    for ask in (lambda name: cancel(deploy, name), longrunning.cancel_operation):
        with pytest.raises(error) as raised:
            ask(f"{WEST}/{operation}")
        assert raised.value.response.json()["error"]["status"] == status


def test_a_cancel_that_is_not_taken_changes_nothing(deploy):
    for operation in ("refused", "unimplemented", "denied"):
        with pytest.raises(exceptions.GoogleAPICallError):
            cancel(deploy, f"{WEST}/{operation}")
        got = get(deploy, f"{WEST}/{operation}")
        assert not got.done and not cancellation_requested(got), operation


def test_a_deleted_operation_is_not_found(deploy, longrunning):
    deletes = (
        lambda name: deploy.delete_operation(operations_pb2.DeleteOperationRequest(name=name)),
        longrunning.delete_operation,
    )
    for number, delete in enumerate(deletes, start=1):
        name = f"{WEST}/deleted-{number:04}"
        delete(name)
        with pytest.raises(exceptions.NotFound):
            get(deploy, name)
