"""SQS in memory: what the engine sends goes into lists, from which the simulation delivers."""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from interactor.core.times import SECOND, Millis
from tests.support.memory.expressions import error

LONGEST_DELAY_SECONDS = 900


@dataclass
class Message:
    """A message of a queue, seen from ``visible_at`` on."""

    id: str
    body: str
    visible_at: Millis
    sent_at: Millis
    received: int = 0


@dataclass
class FakeSqs:
    """The sending side of a boto3 SQS client; the simulation takes messages off itself."""

    now: Callable[[], Millis] = lambda: 0
    queues: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    _ids: Any = field(default_factory=lambda: count(1))

    def send_message(
        self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int = 0, MessageGroupId: str | None = None  # noqa: N803 - boto3's names
    ) -> Any:  # fmt: skip
        """SendMessage."""
        if not 0 <= DelaySeconds <= LONGEST_DELAY_SECONDS:
            raise error("InvalidParameterValue", "DelaySeconds is 0 to 900")
        if not MessageBody or len(MessageBody.encode()) > 2**20:
            raise error("InvalidParameterValue", "One or more bytes, 1 MiB at the most")
        now = self.now()
        message = Message(f"m{next(self._ids)}", MessageBody, now + DelaySeconds * SECOND, now)
        self.queues[QueueUrl].append(message)
        return {"MessageId": message.id, "MD5OfMessageBody": hashlib.md5(MessageBody.encode()).hexdigest()}  # noqa: S324 - SQS's own

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803 - boto3's names
        """SendMessageBatch."""
        if not 1 <= len(Entries) <= 10 or len({each["Id"] for each in Entries}) < len(Entries):
            raise error("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "1 to 10 entries of different ids")
        if sum(len(each["MessageBody"].encode()) for each in Entries) > 2**20:
            raise error("AWS.SimpleQueueService.BatchRequestTooLong", "1 MiB at the most")
        sent = []
        for entry in Entries:
            given = {name: value for name, value in entry.items() if name != "Id"}
            sent.append({"Id": entry["Id"], **self.send_message(QueueUrl=QueueUrl, **given)})
        return {"Successful": sent}

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> Any:  # noqa: N803 - boto3's names
        """GetQueueAttributes, of the one that the clock asks for."""
        waiting = sum(1 for each in self.queues[QueueUrl] if each.visible_at <= self.now())
        return {"Attributes": {"ApproximateNumberOfMessages": str(waiting)}}
