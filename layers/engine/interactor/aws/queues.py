"""The queues: step hints, webhook messages, and messages that failed."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from interactor.core import jsons
from interactor.core.jsons import JsonObject
from interactor.core.times import SECOND, Millis

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_DELAY: Millis = 900 * SECOND
"""The longest delay of SQS. A longer wait takes several messages."""
_BATCH = 10
_BATCH_BYTES = 900_000


class MessageQueue:
    """A queue of JSON messages that must not be lost: failures raise."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, body: JsonObject, group: str, delay: Millis = 0) -> None:
        """Send one message.

        It arrives after ``delay`` milliseconds, or after the longest delay of the queue if that is shorter.
        """
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=jsons.dumps(body),
            DelaySeconds=seconds(delay),
            MessageGroupId=group,
        )

    def send_all(self, messages: Iterable[tuple[JsonObject, str, Millis]]) -> None:
        """Send messages (body, group, delay), as many per call as the queue accepts. Only those are held in memory at
        once.

        Raises:
            RuntimeError: the queue refused some.
        """
        send_batches(self._client, self._url, messages)

    def receive(self, hidden: Millis) -> list[tuple[str, str]]:
        """Return up to ten messages, as receipt and body. Nobody else sees them for ``hidden`` milliseconds."""
        answer = self._client.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=_BATCH, VisibilityTimeout=hidden // SECOND
        )
        return [(each["ReceiptHandle"], each["Body"]) for each in answer.get("Messages", [])]

    def remove(self, receipts: Sequence[str]) -> None:
        """Remove up to ten received messages. A message that is visible again may stay."""
        entries: list[Any] = [{"Id": str(n), "ReceiptHandle": each} for n, each in enumerate(receipts)]
        self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)


def seconds(delay: Millis) -> int:
    return -(-max(0, min(delay, LONGEST_DELAY)) // SECOND)


def send_batches(client: "SQSClient", url: str, messages: Iterable[tuple[JsonObject, str, Millis]]) -> None:
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
            {"Id": str(len(batch)), "MessageBody": text, "MessageGroupId": group, "DelaySeconds": seconds(delay)}
        )
        size += length
    if batch:
        yield batch
