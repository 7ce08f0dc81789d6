"""Copies items from one table to another with the same keys: what is needed from a restored table.

The history comes last. So the delivery log is complete before the stream takes the history to the relay, and what was
delivered is not delivered again.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from interactor.aws.dynamo import keys
from interactor.aws.dynamo.items import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_WRITERS = 8


def copied(
    client: "DynamoDBClient", source: str, target: str, account: str | None, *, replace: bool, dry: bool
) -> Iterator[tuple[int, int]]:
    """Copy page by page, for one account or for all. Yield for each page how many items were written and how many were
    read.

    Without ``replace``, an item that the target already has stays as it is. ``dry`` writes nothing and counts what is
    read.
    """
    with ThreadPoolExecutor(_WRITERS) as writers:
        for of_history in (False, True):
            for items in _pages(client, source, account, of_history):
                written = [] if dry else writers.map(lambda item: _put(client, target, item, replace), items)
                yield sum(written), len(items)


def _pages(client: "DynamoDBClient", table: str, account: str | None, of_history: bool) -> Iterator[list[Item]]:
    condition, values = f"{'' if of_history else 'NOT '}begins_with(sk, :history)", {":history": {"S": keys.HISTORY}}
    if account is not None:
        condition, values = f"{condition} AND begins_with(pk, :account)", values | {":account": {"S": f"A#{account}#"}}
    asked: dict[str, Any] = {"FilterExpression": condition, "ExpressionAttributeValues": values}
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True, **asked):
        yield page["Items"]


def _put(client: "DynamoDBClient", table: str, item: Item, replace: bool) -> bool:
    guard: dict[str, Any] = {} if replace else {"ConditionExpression": "attribute_not_exists(pk)"}
    try:
        client.put_item(TableName=table, Item=item, **guard)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True
