"""Webhook messages: the attempts of one batch are made at once, since each may take half a minute."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from interactor.core.jsons import JsonObject
from interactor.logs import logger
from interactor.runtime import runtime

AT_ONCE = 10


def deliver_batch(event: JsonObject) -> JsonObject:
    """Make the attempt that each message is for; answers the messages that are to come again."""
    deliverer = runtime().deliverer
    with ThreadPoolExecutor(AT_ONCE) as workers:
        outcomes = list(workers.map(lambda record: _deliver(deliverer, record), event["Records"]))
    return {"batchItemFailures": [{"itemIdentifier": failed} for failed in outcomes if failed is not None]}


def _deliver(deliverer: Any, record: JsonObject) -> str | None:
    try:
        deliverer.handle(json.loads(record["body"]))
    except Exception:
        logger.exception("webhook message failed", extra={"message_id": record["messageId"]})
        return str(record["messageId"])
    return None
