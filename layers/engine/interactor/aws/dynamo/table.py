"""The calls to the table. AWS's errors are translated here, once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from interactor.aws.dynamo.items import Item
from interactor.core.storing import ContendedError, StoreBusyError, StoreUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ConditionFailedError(Exception):
    """A transaction that changed nothing. ``failed`` maps the position of each write to the item that refused it."""

    def __init__(self, failed: Mapping[int, Item | None]) -> None:
        super().__init__(f"conditions of the writes {sorted(failed)} did not hold")
        self.failed = failed


@dataclass(frozen=True)
class Page:
    """The items of one query call, and where the next page begins (None: there are no more)."""

    items: tuple[Item, ...]
    next_key: Item | None


CONFLICT_ATTEMPTS = 5
_CONFLICT = "TransactionConflictException"
_THROTTLED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
}
_TRANSIENT = {
    *_THROTTLED,
    _CONFLICT,
    "InternalServerError",
    "TransactionInProgressException",
    "ServiceUnavailable",
}
_READS = {"get_item", "query", "batch_get_item"}
_CONFLICTING_REASON = "TransactionConflict"
_THROTTLED_REASONS = {"ProvisionedThroughputExceeded", "ThrottlingError"}


class Table:
    """The table behind every store."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self._client = client
        self.name = name

    def get(self, key: Item) -> Item | None:
        """Return one item, read consistently."""
        item: Item | None = self._call("get_item", Key=key, ConsistentRead=True).get("Item")
        return item

    def query(
        self,
        partition: str,
        *,
        begins_with: str | None = None,
        at_least: str | None = None,
        at_most: str | None = None,
        after: Item | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Page:
        """Return one page of a partition of the table itself, read consistently."""
        condition, values = "pk = :pk", {":pk": {"S": partition}}
        if begins_with is not None:
            condition, values = f"{condition} AND begins_with(sk, :a)", values | {":a": {"S": begins_with}}
        elif at_least is not None and at_most is not None:
            condition = f"{condition} AND sk BETWEEN :a AND :b"
            values |= {":a": {"S": at_least}, ":b": {"S": at_most}}
        elif at_least is not None:
            condition, values = f"{condition} AND sk >= :a", values | {":a": {"S": at_least}}
        elif at_most is not None:
            condition, values = f"{condition} AND sk <= :b", values | {":b": {"S": at_most}}
        return self._page(
            {
                "KeyConditionExpression": condition,
                "ExpressionAttributeValues": values,
                "ConsistentRead": True,
                "ScanIndexForward": not newest_first,
            },
            after,
            limit,
        )

    def query_all(self, partition: str, **bounds: Any) -> Iterator[Item]:
        """Yield all items of a partition within the bounds of ``query``, page by page."""
        after: Item | None = None
        while True:
            page = self.query(partition, after=after, **bounds)
            yield from page.items
            if page.next_key is None:
                return
            after = page.next_key

    def query_index(
        self, index: str, partition_name: str, partition: str, *, sort_name: str, below: Item | None, limit: int,
        newest_first: bool = True, after: Item | None = None,
    ) -> Page:  # fmt: skip
        """Return one page of an index, with sort keys below a value (exclusive). Indexes may lag behind the table."""
        condition = "#p = :p" if below is None else "#p = :p AND #s < :s"
        names = {"#p": partition_name} | ({"#s": sort_name} if below is not None else {})
        values = {":p": {"S": partition}} | ({":s": below} if below is not None else {})
        arguments = {
            "IndexName": index,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not newest_first,
        }
        return self._page(arguments, after, limit)

    def batch_get(self, keys: Sequence[Item]) -> list[Item]:
        """Return the existing items of these keys, in the order of the keys, read consistently."""
        found: dict[tuple[str, str], Item] = {}
        for start in range(0, len(keys), 100):
            waiting: Any = {self.name: {"Keys": list(keys[start : start + 100]), "ConsistentRead": True}}
            while waiting:
                answer = self._call("batch_get_item", with_table=False, RequestItems=waiting)
                for item in answer["Responses"].get(self.name, []):
                    found[item["pk"]["S"], item["sk"]["S"]] = item
                waiting = answer.get("UnprocessedKeys")
        ordered = (found.get((key["pk"]["S"], key["sk"]["S"])) for key in keys)
        return [item for item in ordered if item is not None]

    def put(self, item: Item) -> None:
        """Write one item and replace what was there."""
        self._call("put_item", Item=item)

    def delete(self, key: Item, condition: str | None = None, values: Item | None = None) -> bool:
        """Remove one item. Return False if there was none.

        Raises:
            ConditionFailedError: the condition does not hold.
        """
        arguments: Item = {"Key": key, "ReturnValues": "ALL_OLD"}
        if condition is not None:
            arguments |= {"ConditionExpression": condition, "ExpressionAttributeValues": values}
        try:
            return "Attributes" in self._call("delete_item", **arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise ConditionFailedError({0: None}) from None

    def batch_delete(self, keys: Sequence[Item]) -> None:
        """Remove the items of these keys, whether they exist or not."""
        for start in range(0, len(keys), 25):
            waiting: Any = {self.name: [{"DeleteRequest": {"Key": key}} for key in keys[start : start + 25]]}
            while waiting:
                waiting = self._call("batch_write_item", with_table=False, RequestItems=waiting).get("UnprocessedItems")

    def update(self, key: Item, **arguments: Any) -> Item:
        """Update one item and return it as it is afterwards.

        Raises:
            ConditionFailedError: the condition does not hold; position 0 has the item as it is.
        """
        try:
            answer = self._call(
                "update_item",
                Key=key,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **arguments,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            item: Any = error.response.get("Item")
            raise ConditionFailedError({0: item}) from None
        updated: Item = answer["Attributes"]
        return updated

    def transact(self, writes: Sequence[Item], token: str) -> None:
        """Write all items or none. ``writes`` are without the table's name. ``token`` makes a repeated call have one
        effect.

        Raises:
            ConditionFailedError: a condition does not hold.
            ContendedError: another transaction was in the way.
            StoreBusyError: the call was throttled.
            StoreUnavailableError: it is not known whether the transaction took effect.
        """
        named = [
            {kind: {"TableName": self.name, "ReturnValuesOnConditionCheckFailure": "ALL_OLD", **write}}
            for each in writes
            for kind, write in each.items()
        ]
        try:
            self._call("transact_write_items", with_table=False, TransactItems=named, ClientRequestToken=token)
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            raise _cancelled(error) from None

    def _page(self, arguments: Item, after: Item | None, limit: int | None) -> Page:
        if after is not None:
            arguments["ExclusiveStartKey"] = after
        if limit is not None:
            arguments["Limit"] = limit
        answer = self._call("query", **arguments)
        return Page(tuple(answer["Items"]), answer.get("LastEvaluatedKey"))

    def _call(self, operation: str, with_table: bool = True, **arguments: Any) -> Any:
        if with_table:
            arguments["TableName"] = self.name
        try:
            return self._without_conflict(operation, arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in _TRANSIENT:
                raise
            if operation in _READS or _did_nothing(error):
                raise StoreBusyError(code) from error
            raise StoreUnavailableError(code) from error
        except BotoCoreError as error:
            if operation in _READS:
                raise StoreBusyError(str(error)) from error
            raise StoreUnavailableError(str(error)) from error

    def _without_conflict(self, operation: str, arguments: Item) -> Any:
        """Make a call again while its item is part of a transaction: a moment later the item is free."""
        for attempt in range(CONFLICT_ATTEMPTS):
            try:
                return getattr(self._client, operation)(**arguments)
            except ClientError as error:
                if error.response["Error"]["Code"] != _CONFLICT or attempt + 1 == CONFLICT_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")


def _did_nothing(error: ClientError) -> bool:
    """Whether a refused write is known to have had no effect.

    If there were several attempts, an earlier one may have had its effect and only its answer was lost.
    """
    tried_again = error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0)
    return error.response["Error"]["Code"] in {*_THROTTLED, _CONFLICT} and not tried_again


def _cancelled(error: ClientError) -> Exception:
    """Return the error for a cancelled transaction (the codes are those of TransactWriteItems, CancellationReasons)."""
    reasons: Any = error.response.get("CancellationReasons", [])
    failed = {
        position: reason.get("Item")
        for position, reason in enumerate(reasons)
        if reason.get("Code") == "ConditionalCheckFailed"
    }
    if failed:
        return ConditionFailedError(failed)
    codes = {str(reason.get("Code")) for reason in reasons}
    if codes & _THROTTLED_REASONS:
        return StoreBusyError(", ".join(sorted(codes & _THROTTLED_REASONS)))
    # Any other reason is a fault of the request, and every retry would meet it again.
    return ContendedError(_CONFLICTING_REASON) if _CONFLICTING_REASON in codes else error
