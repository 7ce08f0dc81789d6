"""The triggers of a deployment in one process: stream, queues and clock, going on as AWS does when a worker dies."""

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from interactor.core.times import DAY, MINUTE, SECOND, Millis
from tests.support import events
from tests.support.deployed.deployment import Answer
from tests.support.outside import Outside
from tests.support.workers.faults import Call, Crash, Tap
from tests.support.workers.place import ACCOUNT, Place, Worker
from tests.support.workers.strikes import EXPIRED, Called, strike
from tests.support.workers.world import Clock

VISIBILITY: Millis = 100 * SECOND
WEEK: Millis = 7 * DAY
SERVED = {
    "STEPS_QUEUE_URL": "advance_steps",
    "WEBHOOKS_QUEUE_URL": "deliver_webhooks",
    "RELAY_RETRY_QUEUE_URL": "retry_relay",
}
TRIES = 4
"""How often a user asks who gets no answer."""


@dataclass(frozen=True)
class Fault:
    """What happens at one call of AWS, counted from 0."""

    index: int
    kind: str


@dataclass
class Message:
    """A message of a queue, seen from ``visible_at`` on."""

    body: str
    visible_at: Millis
    received: int = 0


@dataclass
class Queues:
    """Queues that live on the tests' clock, as a boto3 client shows them."""

    clock: Clock
    messages: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int = 0, **_: Any) -> Any:  # noqa: N803 - boto3's names
        """Take one message."""
        self.messages[QueueUrl].append(Message(MessageBody, self.clock.now + DelaySeconds * SECOND))
        return {}

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803 - boto3's names
        """Take several messages."""
        for entry in Entries:
            self.send_message(QueueUrl=QueueUrl, **entry)
        return {"Successful": Entries}

    def receive_message(self, *, QueueUrl: str, MaxNumberOfMessages: int, VisibilityTimeout: int) -> Any:  # noqa: N803 - boto3's names
        """Hand out what is seen, and hide it."""
        seen = [each for each in self.messages[QueueUrl] if each.visible_at <= self.clock.now][:MaxNumberOfMessages]
        for each in seen:
            each.visible_at = self.clock.now + VisibilityTimeout * SECOND
        return {"Messages": [{"ReceiptHandle": str(id(each)), "Body": each.body} for each in seen]}

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803 - boto3's names
        """Remove what was handed out."""
        gone = {entry["ReceiptHandle"] for entry in Entries}
        self.messages[QueueUrl] = [each for each in self.messages[QueueUrl] if str(id(each)) not in gone]
        return {"Successful": Entries}

    def get_queue_attributes(self, *, QueueUrl: str, **_: Any) -> Any:  # noqa: N803 - boto3's names
        """How many wait."""
        return {"Attributes": {"ApproximateNumberOfMessages": str(len(self.messages[QueueUrl]))}}

    def next_at(self, queues: Iterable[str]) -> Millis | None:
        """When the next message of these queues is seen."""
        return min((each.visible_at for queue in queues for each in self.messages[queue]), default=None)


class Cloud:
    """One deployment with its triggers. ``fault`` strikes at one call of its handlers; ``calls`` lists those.

    ``leftovers`` are items of old, past their end, of which ``EXPIRED`` puts one back. Where nothing else runs in the
    place, ``number`` may be the same for all: then they have the same ids.
    """

    def __init__(
        self,
        place: Place,
        fault: Fault | None = None,
        leftovers: Mapping[tuple[str, str], Any] | None = None,
        number: int | None = None,
        **variables: str,
    ) -> None:
        self.place, self.fault, self._leftovers = place, fault, leftovers or {}
        self._variables = {"NAMESPACE_QUOTA": "1", **variables}
        self.clock, self.outside = Clock(), Outside()
        self.queues = Queues(self.clock)
        self.calls: list[Called] = []
        self.struck = False
        self._number = next(_numbers) if number is None else number
        self.namespace = f"run_{self._number}"
        self.instances: list[str] = []
        self.head: dict[str, Any] = {}
        self._stream: list[dict[str, Any]] = []
        self._before_commit: Callable[[], None] | None = None
        self._serving = 0
        self._chance = random.Random(self._number)  # noqa: S311 - predictable, and no run's ids are another's
        self._worker = self._start()

    # What the user does: whoever gets no answer asks again, under a key at once, else when it has not happened

    def create(self, name: str, given: Any, key: str | None = None) -> str:
        """Create one instance."""
        for _ in range(TRIES):
            answer = self._served(lambda worker: worker.create(name, given, self.namespace, key))
            if _is_answered(answer) if key else self.instances:
                return self.instances[0]
        raise AssertionError("no instance was made")

    def resume(self, given: Any, key: str | None = None, thread: str | None = None) -> None:
        """Resume it, or one of its threads."""
        resumed = self._count("resumed")
        for _ in range(TRIES):
            answer = self._served(lambda worker: worker.resume(self.instances[0], given, thread, key=key))
            if _is_answered(answer) if key else self._count("resumed") > resumed:
                return
        raise AssertionError("it was not resumed")

    def resume_at_once(self, given: Any, first: Any) -> None:
        """Two resume it at one moment: the second one is about to commit when the first one is served whole."""
        resumed = self._count("resumed")
        arrived, other = self.clock.now, self._start()

        def come_first() -> None:
            self._served(lambda worker: worker.resume(self.instances[0], first, at=arrived), other)

        self._before_commit = come_first
        self._served(lambda worker: worker.resume(self.instances[0], given, at=arrived))
        self._before_commit = None
        if self._count("resumed") == resumed:
            self.resume(given)

    def cancel(self) -> None:
        """Cancel it."""
        for _ in range(TRIES):
            self._served(lambda worker: worker.cancel(self.instances[0]))
            if self.status == "cancelled":
                return
        raise AssertionError("it was not cancelled")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Make any request, again where it got no answer; its data."""
        for _ in range(TRIES):
            answer = self._served(lambda worker: worker.call(method, path, body))
            if answer is not None and answer.status < 500:
                assert answer.status < 300, answer.raw
                return answer.body["data"]
        raise AssertionError("no answer")

    @property
    def status(self) -> str:
        """The status that is stored."""
        status: str = self.head["status"]["S"]
        return status

    @property
    def wake_at(self) -> Millis:
        """When the clock is to look at it."""
        return int(self.head["wake_at"]["N"])

    @property
    def at_rest(self) -> bool:
        """Whether nothing is left to do but the cleaning, weeks from now."""
        return self.status in ("completed", "failed", "cancelled") and self.wake_at > self.clock.now + WEEK

    # What AWS does

    def settle(self, until: Callable[[], bool]) -> None:
        """Let the triggers go on, the clock with them, until this holds and nothing is left on its way."""
        for _ in range(200):
            self._drain()
            served = [self.place.environment[variable] for variable in SERVED]
            waking = None if until() else self.wake_at
            due = [self.queues.next_at(served), waking, self.clock.now if self._stream else None]
            moments = [each for each in due if each is not None]
            if not moments:
                return
            self.clock.advance(min(moments) - self.clock.now)
            if not until() and self.wake_at <= self.clock.now:
                self._guarded(lambda worker: worker.tick())
                self.clock.advance(MINUTE)
        raise AssertionError("it never came to rest")

    def _drain(self) -> None:
        while self._relay() or self._work():
            pass

    def _relay(self) -> bool:
        if not self._stream:
            return False
        batch = list(self._stream)
        event = events.stream(self.place.table, batch, at=self.clock.now)
        answer = self._guarded(lambda worker: worker.invoke("relay_events", event))
        if answer == {"batchItemFailures": []}:
            del self._stream[: len(batch)]
        else:
            self.clock.advance(SECOND)
        return True

    def _work(self) -> bool:
        for variable, folder in SERVED.items():
            waiting = self.queues.messages[self.place.environment[variable]]
            seen = next((each for each in waiting if each.visible_at <= self.clock.now), None)
            if seen is None:
                continue
            seen.received += 1
            seen.visible_at = self.clock.now + VISIBILITY
            event = events.sqs(variable, [seen.body], at=self.clock.now, received=seen.received)
            answer = self._guarded(lambda worker, f=folder, e=event: worker.invoke(f, e))
            if answer is not None and not answer["batchItemFailures"]:
                waiting.remove(seen)
            return True
        return False

    def _start(self) -> Worker:
        worker = self.place.worker(
            self.clock, self._around, self.outside, self._chance, Tap(self.queues, self._around), **self._variables
        )
        return worker

    def _guarded(self, act: Callable[[Worker], Any], other: Worker | None = None) -> Any:
        """What a handler answers; None where it died, and then the next one starts anew."""
        try:
            return act(other or self._worker)
        except (Crash, Exception) as error:
            if not isinstance(error, Crash | ClientError | BotoCoreError) and not self.struck:
                raise
            if other is None:
                self._worker = self._start()
            return None

    def _served(self, act: Callable[[Worker], Answer], other: Worker | None = None) -> Answer | None:
        before, self._serving = self.place.scan(), self._serving + 1
        number = self._serving
        answer: Answer | None = self._guarded(act, other)
        assert answer is None or answer.status < 500 or self.struck, answer.raw
        if answer is not None and answer.status == 503 and self._serving == number:
            assert self.place.scan() == before, "answered as if nothing had been done"
            assert answer.headers["Retry-After"] == "2"
        return answer

    def _count(self, subtype: str) -> int:
        return self.place.kinds(self.instances[0]).count(subtype)

    def _around(self, operation: str, arguments: dict[str, Any], call: Call) -> Any:
        if operation == "transact_write_items" and self._before_commit is not None:
            come_first, self._before_commit = self._before_commit, None
            come_first()
        index = len(self.calls)
        self.calls.append(Called.of(operation, arguments))
        kind = self.fault.kind if self.fault is not None and self.fault.index == index else None
        self.struck = self.struck or kind is not None

        def made() -> Any:
            answer = call()
            if operation == "query" and "IndexName" in arguments and not answer["Items"]:
                self.calls[index] = replace(self.calls[index], nothing_due=True)
            if operation == "transact_write_items":
                self._note(arguments["TransactItems"])
            return answer

        if kind is None:
            return made()
        client = self.place.clients["dynamodb"]
        if kind == EXPIRED:
            for place in self.calls[index].reusable:
                if place in self._leftovers:
                    over = {"N": str(self.clock.now // SECOND - 1)}
                    client.put_item(TableName=self.place.table, Item={**self._leftovers[place], "expires_at": over})
        return strike(kind, operation, arguments, made, client, self.head)

    def _note(self, writes: list[Any]) -> None:
        """What a commit adds to the stream."""
        put = [write["Put"]["Item"] for write in writes if "Put" in write]
        for item in put:
            if item["sk"]["S"].startswith("H#") and item not in self._stream:
                self._stream.append(item)
            if item["sk"]["S"] == "M":
                identifier = item["pk"]["S"].removeprefix(f"A#{ACCOUNT}#I#")
                self.head = item
                if identifier not in self.instances:
                    self.instances.append(identifier)


def _is_answered(answer: Answer | None) -> bool:
    return answer is not None and answer.status < 300


_numbers = itertools.count(1)
