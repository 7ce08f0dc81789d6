"""Relays the stream's records of new history, and the queue of records whose relay failed."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from interactor.aws.dynamo import items, keys
from interactor.core.jsons import JsonObject
from interactor.instances.rules.stored import Record
from interactor.logs import logger
from interactor.services import Services, services
from interactor.tasks.rules import notices
from interactor.webhooks.relay import Outgoing, Relay
from interactor.webhooks.store import account_events
from interactor.workers.causes import cause
from interactor.workers.metrics import emit

HELD_RECORDS = 25
"""After so many records, their messages are sent before more are read.

Messages are made as they are sent, never all at once.
"""


@dataclass(frozen=True)
class _Relayed:
    """What one stream record becomes: messages, and the metrics of its history."""

    messages: Callable[[], Iterable[Outgoing]]
    history: list[Record]
    mails: tuple[Outgoing, ...] = ()


def relay_stream(event: JsonObject) -> JsonObject:
    """Relay each new history record. A record that fails goes to the retry queue, so that it blocks no other.

    Return the records that could not be put there either: the stream delivers them again.
    """
    parts = services()
    relay = _relay(parts)
    ready: list[tuple[JsonObject, _Relayed]] = []
    stuck: list[JsonObject] = []
    for stream_record in event["Records"]:
        change = stream_record["dynamodb"]
        if change["Keys"]["sk"]["S"].startswith(keys.HISTORY):
            try:
                ready.append((change, _relayed(parts, relay, _plain(change["NewImage"]))))
            except Exception as error:
                told = _key(change) | cause(error)
                logger.error("relay failed; the record goes to the retry queue", extra=told)
                stuck.append(change)
        if len(ready) >= HELD_RECORDS:
            stuck += _send(parts, ready)
            ready = []
    stuck += _send(parts, ready)
    return {"batchItemFailures": [{"itemIdentifier": each} for each in _set_aside(parts, stuck)]}


def relay_again(record: SQSRecord) -> None:
    """Relay the history record that a message names. After an error, the message is delivered again."""
    try:
        _relay_again(json.loads(record.body))
    except Exception as error:
        logger.error("relay failed again", extra={"message_id": record.message_id, **cause(error)})
        raise


def _relay_again(key: JsonObject) -> None:
    parts = services()
    item = parts.aws.table.get(items.key(key["pk"], key["sk"]))
    if item is not None:
        made = _relayed(parts, _relay(parts), item)
        _send_all(parts, [made])
        emit(made.history)


def _send(parts: Services, ready: list[tuple[JsonObject, _Relayed]]) -> list[JsonObject]:
    """Send the messages of all records, ten per call; if that fails, record by record.

    Return the records that failed.
    """
    try:
        _send_all(parts, [made for _, made in ready])
    except Exception:
        logger.warning("the messages of a batch were not sent; sending them record by record", exc_info=True)
        return _send_each(parts, ready)
    emit(record for _, made in ready for record in made.history)
    return []


def _send_all(parts: Services, relayed: Sequence[_Relayed]) -> None:
    """Send the messages of records. Those that a repeat sends once more are known by their events, mails too."""
    parts.webhooks.queue.send_all(message for made in relayed for message in made.messages())
    if any(made.mails for made in relayed) and parts.mails.queue is not None:
        parts.mails.queue.send_all(message for made in relayed for message in made.mails)


def _send_each(parts: Services, ready: list[tuple[JsonObject, _Relayed]]) -> list[JsonObject]:
    stuck = []
    for change, made in ready:
        try:
            _send_all(parts, [made])
        except Exception as error:
            logger.error("relay failed; the record goes to the retry queue", extra=_key(change) | cause(error))
            stuck.append(change)
        else:
            emit(made.history)
    return stuck


def _set_aside(parts: Services, stuck: list[JsonObject]) -> Iterator[str]:
    """Put records into the retry queue. Yield the sequence numbers of those for which even that failed."""
    for change in stuck:
        try:
            parts.webhooks.relay_retry_queue.send(_key(change), "relay")
        except Exception as error:
            logger.error("the record could not be set aside either", extra=_key(change) | cause(error))
            yield change["SequenceNumber"]


def _relayed(parts: Services, relay: Relay, item: JsonObject) -> _Relayed:
    """Relay a record: an instance's history, or an event of the account itself."""
    own = account_events.read(item)
    if own is not None:
        return _Relayed(lambda: relay.messages_of_disabled(*own), [])
    record = parts.instances.store.record(item)
    mails = () if parts.mails.queue is None else tuple(notices.outgoing(record.account, record.events))
    return _Relayed(lambda: relay.messages_of(record), [record], mails)


def _relay(parts: Services) -> Relay:
    return Relay(parts.webhooks.subscription_store, parts.world.now, parts.settings.webhook_retry_delays[0])


def _key(change: JsonObject) -> JsonObject:
    return {"pk": change["Keys"]["pk"]["S"], "sk": change["Keys"]["sk"]["S"]}


def _plain(image: JsonObject) -> JsonObject:
    """Return an item as the table's own calls return it. A stream event has bytes as base64."""
    return {name: _bytes(value) for name, value in image.items()}


def _bytes(value: Any) -> Any:
    return {"B": base64.b64decode(value["B"])} if "B" in value and isinstance(value["B"], str) else value
