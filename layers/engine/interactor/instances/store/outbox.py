"""The history of all accounts by time, for relaying a part of it again.

No index has all of it in order of time, so the whole table is read. That costs half a read unit for every 4 KB.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from interactor.aws.dynamo import keys
from interactor.core.jsons import JsonObject
from interactor.core.times import Millis

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def committed(client: "DynamoDBClient", table: str, since: Millis, until: Millis) -> Iterator[list[JsonObject]]:
    """Yield the keys of the records that were committed from ``since`` to before ``until``, in pages and in no order.

    A key is what a message of the relay's retry queue contains. Records of the last second may be missing.
    """
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="begins_with(sk, :history) AND #at >= :since AND #at < :until",
        ProjectionExpression="pk, sk",
        ExpressionAttributeNames={"#at": "at"},
        ExpressionAttributeValues={
            ":history": {"S": keys.HISTORY},
            ":since": {"N": str(since)},
            ":until": {"N": str(until)},
        },
    )
    for page in pages:
        found: list[JsonObject] = [{name: item[name]["S"] for name in ("pk", "sk")} for item in page["Items"]]
        if found:
            yield found
