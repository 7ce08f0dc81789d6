"""Builds the events that AWS sends to functions: HTTP API (payload 2.0), SQS, table stream, schedule."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

ACCOUNT = "123456789012"
REGION = "us-east-1"
API_ID = "a1b2c3d4e5"
NOON = 1_768_910_400_000
"""2026-01-20T12:00:00Z, the moment of the API's examples, in milliseconds."""


def http(
    method: str,
    path: str,
    *,
    route: str = "$default",
    parameters: Mapping[str, str] | None = None,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    body: str | bytes | None = None,
    at: int = NOON,
    source: str | None = "203.0.113.10",
) -> dict[str, Any]:
    """A request as an HTTP API hands it on. ``path`` is as sent, ``query`` without its question mark.

    Names are those of payload format 2.0: headers come in lower case, repeated query parameters joined by commas,
    what is empty is absent. A text body goes as it is, a bytes body as base64. ``source`` None: no address is told.
    """
    moment = datetime.fromtimestamp(at / 1000, UTC)
    domain = f"{API_ID}.execute-api.{REGION}.amazonaws.com"
    sent = {
        "accept": "*/*",
        "host": domain,
        "user-agent": "curl/8.7.1",
        "x-amzn-trace-id": "Root=1-696f6ec0-0af7651916cd43dd8448eb21",
        "x-forwarded-for": "203.0.113.10",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    if body is not None:
        sent["content-type"] = "application/json"
        sent["content-length"] = str(len(body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")))
    sent |= {name.lower(): value for name, value in (headers or {}).items()}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": query,
        "headers": dict(sorted(sent.items())),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API_ID,
            "domainName": domain,
            "domainPrefix": API_ID,
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                **({} if source is None else {"sourceIp": source}),
                "userAgent": sent["user-agent"],
            },
            "requestId": "XdLzUhZLIAMEPrQ=",
            "routeKey": route,
            "stage": "$default",
            "time": moment.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": at,
        },
        "isBase64Encoded": False,
    }
    if query:
        several: dict[str, list[str]] = {}
        for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):
            several.setdefault(name, []).append(value)
        event["queryStringParameters"] = {name: ",".join(values) for name, values in several.items()}
    if parameters:
        event["pathParameters"] = dict(parameters)
    if isinstance(body, bytes):
        event["body"], event["isBase64Encoded"] = base64.b64encode(body).decode(), True
    elif body is not None:
        event["body"] = body
    return event


def sqs(queue: str, messages: Iterable[Any], *, at: int = NOON, received: int = 1) -> dict[str, Any]:
    """A batch of a queue: ``messages`` are bodies (texts, or values that go as JSON)."""
    records = []
    for number, message in enumerate(messages):
        body = message if isinstance(message, str) else json.dumps(message)
        records.append(
            {
                "messageId": _uuid(f"{queue}{number}{body}"),
                "receiptHandle": base64.b64encode(f"{queue}:{number}".encode()).decode(),
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": str(received),
                    "SentTimestamp": str(at),
                    "SenderId": "AROAEXAMPLEID:interactor",
                    "ApproximateFirstReceiveTimestamp": str(at + 1),
                },
                "messageAttributes": {},
                "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
                "awsRegion": REGION,
            }
        )
    return {"Records": records}


def stream(table: str, items: Iterable[Mapping[str, Any]], *, at: int = NOON, kind: str = "INSERT") -> dict[str, Any]:
    """A batch of a table's stream: ``items`` in DynamoDB's notation, with bytes as the table's own calls give them."""
    records = []
    for number, item in enumerate(items):
        image = {name: _stream_value(value) for name, value in item.items()}
        keys = {"pk": image["pk"], "sk": image["sk"]}
        records.append(
            {
                "eventID": _uuid(json.dumps([table, keys, number])).replace("-", ""),
                "eventName": kind,
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": REGION,
                "dynamodb": {
                    "ApproximateCreationDateTime": at / 1000,
                    "Keys": keys,
                    "NewImage": image,
                    "SequenceNumber": f"{4421584500000000017450439091 + number}",
                    "SizeBytes": len(json.dumps(image)),
                    "StreamViewType": "NEW_IMAGE",
                },
                "eventSourceARN": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}/stream/2026-01-20T11:00:00.000",
            }
        )
    return {"Records": records}


def schedule(rule: str, *, at: int = NOON) -> dict[str, Any]:
    """The event of an EventBridge rule that fires on a schedule."""
    return {
        "version": "0",
        "id": _uuid(f"{rule}{at}"),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}"],
        "detail": {},
    }


def _uuid(text: str) -> str:
    return str(UUID(bytes=hashlib.sha256(text.encode()).digest()[:16], version=4))


def _stream_value(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {name: _stream_value(each) for name, each in value.items()}
    return [_stream_value(each) for each in value] if isinstance(value, list) else value
