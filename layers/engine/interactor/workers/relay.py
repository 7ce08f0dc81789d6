"""Stream records of new history, and the queue of those whose relay failed."""

import base64
import json
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from interactor.adapters.dynamo import account_events, items, keys
from interactor.core.jsons import JsonObject
from interactor.logs import logger
from interactor.runtime import Runtime, runtime
from interactor.usecases.relay import Relay
from interactor.workers.metrics import emit


def relay_stream(event: JsonObject) -> JsonObject:
    """Relay each new history record; one that fails is set aside in the retry queue, so that it blocks nobody.

    Answers the records that could not even be set aside: the stream brings them again.
    """
    parts = runtime()
    relay = _relay(parts)
    failures = []
    for stream_record in event["Records"]:
        change = stream_record["dynamodb"]
        key = {"pk": change["Keys"]["pk"]["S"], "sk": change["Keys"]["sk"]["S"]}
        if not key["sk"].startswith(keys.HISTORY):
            continue
        try:
            _relay_item(parts, relay, _plain(change["NewImage"]))
        except Exception:
            logger.exception("relay failed; the record goes to the retry queue", extra=key)
            try:
                parts.relay_retry_queue.send(key, "relay")
            except Exception:
                logger.exception("the record could not be set aside either", extra=key)
                failures.append({"itemIdentifier": change["SequenceNumber"]})
                break
    return {"batchItemFailures": failures}


def relay_again(record: SQSRecord) -> None:
    """Relay the history record that a message names; an error brings the message again."""
    key = json.loads(record.body)
    parts = runtime()
    item = parts.table.get(items.key(key["pk"], key["sk"]))
    if item is not None:
        _relay_item(parts, _relay(parts), item)


def _relay_item(parts: Runtime, relay: Relay, item: JsonObject) -> None:
    """A record is an instance's history, or an event of the account itself."""
    own = account_events.read(item)
    if own is None:
        record = parts.instances.record(item)
        relay.relay(record)
        emit([record])
    else:
        relay.relay_disabled(*own)


def _relay(parts: Runtime) -> Relay:
    return Relay(parts.subscription_store, parts.webhooks_queue)


def _plain(image: JsonObject) -> JsonObject:
    """An item as the table's own calls answer it: a stream event carries bytes as base64."""
    return {name: _bytes(value) for name, value in image.items()}


def _bytes(value: Any) -> Any:
    return {"B": base64.b64decode(value["B"])} if "B" in value and isinstance(value["B"], str) else value
