"""Queues that call functions, as Lambda's event source mappings for SQS do."""

import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import patterns
from local.aws import Aws
from local.functions import Functions
from local.template import SourceMapping

_log = logging.getLogger("local.queues")
# AWS scales to a mapping's MaximumConcurrency; one machine has fewer cores and one sandbox.
MOST_AT_ONCE = 8
# A batch that lasts longer waits for somebody, such as a webhook's endpoint that hangs. It makes room for another, up
# to the mapping's own concurrency, so that one endpoint does not hold up all others.
_SLOW_SECONDS = 0.5
_WAIT_SECONDS = 1
_PAUSE_AFTER_ERROR = 0.5


def sqs_event(messages: list[Mapping[str, Any]], arn: str) -> dict[str, Any]:
    """The event for a batch of received messages."""
    return {"Records": [_record(message, arn) for message in messages]}


def failed_ids(answer: Any, ids: list[str]) -> set[str]:
    """The records a ``ReportBatchItemFailures`` answer calls failed; an answer of another form means all of them."""
    if not answer:
        return set()
    try:
        failures = answer.get("batchItemFailures") or []
        named = {failure["itemIdentifier"] for failure in failures}
    except (AttributeError, KeyError, TypeError):
        return set(ids)
    return named if named <= set(ids) else set(ids)


class QueuePoller:
    """One mapping: receives by long polling while there is room, and calls the function with each batch."""

    def __init__(self, mapping: SourceMapping, aws: Aws, functions: Functions) -> None:
        for pattern in mapping.filters:
            patterns.check(pattern)
        self._mapping, self._functions = mapping, functions
        self._client = aws.client("sqs")
        self._url = self._client.get_queue_url(QueueName=mapping.source_arn.rpartition(":")[2])["QueueUrl"]
        self._size = min(10, mapping.batch_size)
        self._room = threading.Condition()
        self._began: dict[threading.Thread, float] = {}
        self._stopping = threading.Event()
        self._receiver = threading.Thread(target=self._receive_all, name=f"queue-{mapping.function}", daemon=True)

    def start(self) -> None:
        """Begin to receive."""
        self._receiver.start()

    def ask_to_stop(self) -> None:
        """Receive no more; what is running goes on."""
        self._stopping.set()
        with self._room:
            self._room.notify_all()

    def wait(self, deadline: float) -> bool:
        """Wait, until ``deadline`` (monotonic), for what is running; False when some remains."""
        self._receiver.join(max(0.0, deadline - time.monotonic()))
        with self._room:
            idle = self._room.wait_for(lambda: not self._began, max(0.0, deadline - time.monotonic()))
        return idle and not self._receiver.is_alive()

    def _receive_all(self) -> None:
        while not self._stopping.is_set():
            with self._room:
                while (free := self._free()) <= 0 and not self._stopping.is_set():
                    self._room.wait(_SLOW_SECONDS / 2)
            if self._stopping.is_set():
                return
            try:
                messages = self._receive(min(10, free * self._size))
            except (ClientError, BotoCoreError) as error:
                if not self._stopping.is_set():
                    _log.warning("%s: receiving failed: %s", self._mapping.function, error)
                    self._stopping.wait(_PAUSE_AFTER_ERROR)
                continue
            if self._stopping.is_set():
                self._give_back(messages)
                return
            for start in range(0, len(messages), self._size):
                self._begin(messages[start : start + self._size])

    def _free(self) -> int:
        """How many more batches may begin."""
        now = time.monotonic()
        at_work = sum(now - began < _SLOW_SECONDS for began in self._began.values())
        return min(MOST_AT_ONCE - at_work, self._mapping.concurrency - len(self._began))

    def _receive(self, most: int) -> list[Mapping[str, Any]]:
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=most,
            WaitTimeSeconds=_WAIT_SECONDS,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages: list[Mapping[str, Any]] = answer.get("Messages", [])
        return messages

    def _begin(self, messages: list[Mapping[str, Any]]) -> None:
        name = f"{self._mapping.function}-batch"
        thread = threading.Thread(target=self._finish, args=(messages,), name=name, daemon=True)
        with self._room:
            self._began[thread] = time.monotonic()
        thread.start()

    def _finish(self, messages: list[Mapping[str, Any]]) -> None:
        try:
            self._process(messages)
        except (ClientError, BotoCoreError) as error:
            # Not deleted, so received again: the same as when AWS loses the answer of a function.
            _log.warning("%s: its messages will be received again: %s", self._mapping.function, error)
        finally:
            with self._room:
                del self._began[threading.current_thread()]
                self._room.notify_all()

    def _process(self, messages: list[Mapping[str, Any]]) -> None:
        wanted = [message for message in messages if patterns.any_matches(self._mapping.filters, _filtered(message))]
        failed: set[str] = set()
        if wanted:
            ids = [message["MessageId"] for message in wanted]
            try:
                answer = self._functions.invoke(self._mapping.function, sqs_event(wanted, self._mapping.source_arn))
                failed = failed_ids(answer, ids) if self._mapping.report_failures else set()
            except Exception:  # logged where it was raised
                failed = set(ids)
        done = [message for message in messages if message["MessageId"] not in failed]
        if done:
            entries = [{"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(done)]
            self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)

    def _give_back(self, messages: list[Mapping[str, Any]]) -> None:
        for message in messages:
            try:
                self._client.change_message_visibility(
                    QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
            except (ClientError, BotoCoreError) as error:
                _log.warning("%s: a message stays hidden for a while: %s", self._mapping.function, error)


def _filtered(message: Mapping[str, Any]) -> dict[str, Any]:
    try:
        body = json.loads(message["Body"])
    except ValueError:
        body = message["Body"]
    return {"body": body, "messageId": message["MessageId"]}


def _record(message: Mapping[str, Any], arn: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()},
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": arn.split(":")[3],
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        record["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        record["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return record


Send = Callable[[str, str], None]


def sender(aws: Aws) -> Send:
    """A function that sends a text to the queue of an ARN."""
    client = aws.client("sqs")

    def send(arn: str, text: str) -> None:
        url = client.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
        client.send_message(QueueUrl=url, MessageBody=text)

    return send
