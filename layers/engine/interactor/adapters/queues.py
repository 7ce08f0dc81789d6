"""The queues: step hints, webhook messages, and what is set aside."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from interactor.core import jsons
from interactor.core.instance import Instance
from interactor.core.jsons import JsonObject
from interactor.core.storing import StepHint
from interactor.core.times import SECOND, Millis
from interactor.logs import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_DELAY: Millis = 900 * SECOND
"""What SQS can hold a message back; a longer wait is several hops."""
_BATCH = 10
_BATCH_BYTES = 900_000


class StepQueue:
    """Hints at steps. Losing one only delays, so that a failure to send is logged and not raised (invariant 4)."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, instance: Instance, thread_id: str, now: Millis) -> None:
        """Hint at a thread's next step, when it is due."""
        thread = instance.threads[thread_id]
        delay = 0 if thread.due_at is None else thread.due_at - now
        self.send_again(StepHint(instance.account, instance.id, thread_id, thread.sequence, thread.attempt), delay)

    def send_again(self, hint: StepHint, delay: Millis) -> None:
        """Send a hint, to arrive after ``delay`` at the latest a queue can hold it."""
        try:
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=jsons.dumps(_hint_body(hint)),
                DelaySeconds=_seconds(delay),
                MessageGroupId=hint.account,
            )
        except (ClientError, BotoCoreError):
            logger.exception("step hint not sent; the clock will find it", extra={"instance_id": hint.instance_id})

    def send_all(self, hints: Sequence[StepHint]) -> None:
        """Send hints at once, ten a call."""
        _send_all(self._client, self._url, [(_hint_body(hint), hint.account, 0) for hint in hints])

    def backlog(self) -> int:
        """About how many messages wait."""
        answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])


class MessageQueue:
    """A queue of JSON messages that must not be lost: failures are raised."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, body: JsonObject, group: str, delay: Millis = 0) -> None:
        """Send one message, to arrive after ``delay`` or as late as the queue can hold it."""
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=jsons.dumps(body),
            DelaySeconds=_seconds(delay),
            MessageGroupId=group,
        )

    def send_all(self, messages: Iterable[tuple[JsonObject, str, Millis]]) -> None:
        """Send messages (body, group, delay), as many a call as the queue takes; no more than that is held at once.

        Raises:
            RuntimeError: when the queue refused some.
        """
        _send_all(self._client, self._url, messages)

    def receive(self, hidden: Millis) -> list[tuple[str, str]]:
        """Up to ten messages, as receipt and body, which nobody else sees for so long."""
        answer = self._client.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=_BATCH, VisibilityTimeout=hidden // SECOND
        )
        return [(each["ReceiptHandle"], each["Body"]) for each in answer.get("Messages", [])]

    def remove(self, receipts: Sequence[str]) -> None:
        """Remove up to ten messages that were received; one whose hiding is over may stay."""
        entries: list[Any] = [{"Id": str(n), "ReceiptHandle": each} for n, each in enumerate(receipts)]
        self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)


def parse_hint(body: JsonObject, again: bool) -> StepHint:
    """The hint of a message's body; ``again`` says it was received before."""
    return StepHint(
        body["account"],
        body["instance_id"],
        body.get("thread_id"),
        body.get("sequence", 0),
        body.get("attempt", 1),
        again,
    )


def _hint_body(hint: StepHint) -> JsonObject:
    body: JsonObject = {"account": hint.account, "instance_id": hint.instance_id}
    if hint.thread_id is not None:
        body |= {"thread_id": hint.thread_id, "sequence": hint.sequence, "attempt": hint.attempt}
    return body


def _seconds(delay: Millis) -> int:
    return -(-max(0, min(delay, LONGEST_DELAY)) // SECOND)


def _send_all(client: "SQSClient", url: str, messages: Iterable[tuple[JsonObject, str, Millis]]) -> None:
    for batch in _batches(messages):
        answer = client.send_message_batch(QueueUrl=url, Entries=batch)
        if answer.get("Failed"):
            raise RuntimeError(f"the queue refused {len(answer['Failed'])} messages: {answer['Failed'][0].get('Code')}")


def _batches(messages: Iterable[tuple[JsonObject, str, Millis]]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    size = 0
    for body, group, delay in messages:
        text = jsons.dumps(body)
        length = len(text.encode())
        if batch and (len(batch) == _BATCH or size + length > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(
            {"Id": str(len(batch)), "MessageBody": text, "MessageGroupId": group, "DelaySeconds": _seconds(delay)}
        )
        size += length
    if batch:
        yield batch
