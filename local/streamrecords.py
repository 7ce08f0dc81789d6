"""Stream records and the events made of them, in the shape Lambda gives them."""

import base64
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any


def plain(value: Any) -> Any:
    """A DynamoDB value as JSON carries it in an event: binary as base64 text, all else as it is."""
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    return value


def from_stream(record: Mapping[str, Any], arn: str, region: str) -> dict[str, Any]:
    """A record as ``GetRecords`` gives it, as Lambda hands it on."""
    change = dict(record["dynamodb"])
    moment = change.get("ApproximateCreationDateTime")
    if isinstance(moment, datetime):
        change["ApproximateCreationDateTime"] = moment.timestamp()
    return {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": record.get("eventVersion", "1.1"),
        "eventSource": "aws:dynamodb",
        "awsRegion": region,
        "dynamodb": plain(change),
        "eventSourceARN": arn,
    }


def from_item(
    item: Mapping[str, Any], key_names: Iterable[str], arn: str, region: str, seconds: float, number: int
) -> dict[str, Any]:
    """The insert record that a kept item once caused, for streams that did not keep it. ``seconds``: epoch time."""
    return {
        "eventID": uuid.uuid4().hex,
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": region,
        "dynamodb": {
            "ApproximateCreationDateTime": seconds,
            "Keys": {name: plain(item[name]) for name in key_names},
            "NewImage": plain(item),
            "SequenceNumber": f"{number:021d}",
            "SizeBytes": 0,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": arn,
    }


def given_up(records: list[dict[str, Any]], function_arn: str, attempts: int, moment: datetime) -> dict[str, Any]:
    """What Lambda sends to the failure destination of a stream: where the records were, not the records."""
    first, last = records[0]["dynamodb"], records[-1]["dynamodb"]
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    return {
        "version": "1.0",
        "timestamp": stamp,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": f"{function_arn}:$LATEST",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": attempts,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "DDBStreamBatchInfo": {
            "shardId": "local",
            "startSequenceNumber": first["SequenceNumber"],
            "endSequenceNumber": last["SequenceNumber"],
            "approximateArrivalOfFirstRecord": stamp,
            "approximateArrivalOfLastRecord": stamp,
            "batchSize": len(records),
            "streamArn": records[0]["eventSourceARN"],
        },
    }
