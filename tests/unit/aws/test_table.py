"""The table's refusals: throttled is not contended, and what did nothing is told from what may have done something."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from interactor.aws.dynamo.table import ConditionFailedError, Table
from interactor.core.storing import ContendedError, StoreBusyError, StoreUnavailableError

KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
THROTTLED = ("ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException")
FAILED = ("InternalServerError", "ServiceUnavailable")
LOST = (ReadTimeoutError(endpoint_url="http://aws"), EndpointConnectionError(endpoint_url="http://aws"))
READS: dict[str, Callable[[Table], Any]] = {
    "get_item": lambda table: table.get(KEY),
    "query": lambda table: table.query("p"),
    "query of an index": lambda table: table.query_index("i", "a", "p", sort_name="b", below=None, limit=1),
    "batch_get_item": lambda table: table.batch_get([KEY]),
}
WRITES: dict[str, Callable[[Table], Any]] = {
    "put_item": lambda table: table.put(KEY),
    "delete_item": lambda table: table.delete(KEY),
    "update_item": lambda table: table.update(KEY, UpdateExpression="SET a = :a"),
    "transact_write_items": lambda table: table.transact([{"Put": {"Item": KEY}}], "token"),
}


class Refusing:
    """A client of DynamoDB that refuses whatever is asked of it."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**_: Any) -> Any:
            raise self.error

        return call


def refusing(error: Exception) -> Table:
    return Table(Refusing(error), "table")  # type: ignore[arg-type]  # it does what is asked of the client


def answered(code: str, tried_again: int = 0, reasons: tuple[str, ...] = ()) -> ClientError:
    metadata: Any = {"RetryAttempts": tried_again}
    response: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": metadata}
    return ClientError({**response, "CancellationReasons": [{"Code": reason} for reason in reasons]}, "any")


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize("error", [*map(answered, (*THROTTLED, *FAILED)), *LOST], ids=str)
def test_a_read_that_fails_has_done_nothing(read: Callable[[Table], Any], error: Exception) -> None:
    with pytest.raises(StoreBusyError):
        read(refusing(error))


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("code", THROTTLED)
def test_a_write_that_is_throttled_has_done_nothing(write: Callable[[Table], Any], code: str) -> None:
    with pytest.raises(StoreBusyError):
        write(refusing(answered(code)))


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize(
    "error", [*map(answered, FAILED), *LOST, answered("ThrottlingException", tried_again=2)], ids=str
)
def test_of_other_writes_it_is_not_known(write: Callable[[Table], Any], error: Exception) -> None:
    """Also of one that is throttled at last: the answer to an earlier attempt may have been lost."""
    with pytest.raises(StoreUnavailableError) as raised:
        write(refusing(error))
    assert not isinstance(raised.value, StoreBusyError)


@pytest.mark.parametrize(
    ("reasons", "kind"),
    [
        (("TransactionConflict", "None"), ContendedError),
        (("ThrottlingError", "None"), StoreBusyError),
        (("None", "ProvisionedThroughputExceeded"), StoreBusyError),
        (("TransactionConflict", "ThrottlingError"), StoreBusyError),
        (("ConditionalCheckFailed", "ThrottlingError"), ConditionFailedError),
        (("ValidationError", "None"), ClientError),
        (("ItemCollectionSizeLimitExceeded",), ClientError),
        ((), ClientError),
    ],
    ids=str,
)
def test_a_cancelled_transaction_says_what_was_in_its_way(reasons: tuple[str, ...], kind: type[Exception]) -> None:
    with pytest.raises(kind) as raised:
        WRITES["transact_write_items"](refusing(answered("TransactionCanceledException", reasons=reasons)))
    assert type(raised.value) is kind
