"""The triggers of a deployment in one process: stream, queues and clock, going on as AWS does when a worker dies."""

import itertools
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from interactor.core.times import DAY, MINUTE, SECOND, Millis
from tests import events
from tests.concurrent.faults import Call, Crash, Tap, refusal
from tests.concurrent.place import ACCOUNT, Place, Worker
from tests.concurrent.world import Clock
from tests.integration.deployment import Answer
from tests.integration.outside import Outside

VISIBILITY: Millis = 100 * SECOND
WEEK: Millis = 7 * DAY
NOTHING_DUE = "query of a shard with nothing due"
_WRITES = {"transact_write_items", "update_item", "put_item", "send_message", "send_message_batch"}


def kinds_at(calls: list[str], index: int) -> tuple[str, ...]:
    """The faults worth trying at a call. Dying after a read is dying before what comes next; of the clock's shards
    with nothing in them the first stands for all."""
    if calls[index] == NOTHING_DUE and NOTHING_DUE in calls[:index]:
        return ()
    return ("crash before", "crash after", "throttle") if calls[index] in _WRITES else ("crash before", "throttle")


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

    def get_queue_attributes(self, *, QueueUrl: str, **_: Any) -> Any:  # noqa: N803 - boto3's names
        """How many wait."""
        return {"Attributes": {"ApproximateNumberOfMessages": str(len(self.messages[QueueUrl]))}}

    def next_at(self) -> Millis | None:
        """When the next message is seen."""
        return min((each.visible_at for waiting in self.messages.values() for each in waiting), default=None)


class Cloud:
    """One deployment with its triggers. ``fault`` strikes at one call of its handlers; ``calls`` counts those."""

    def __init__(self, place: Place, fault: Fault | None = None) -> None:
        self.place, self.fault = place, fault
        self.clock, self.outside = Clock(), Outside()
        self.queues = Queues(self.clock)
        self.calls: list[str] = []
        self.struck = False
        number = next(_numbers)
        self.namespace = f"run_{number}"
        self.instances: list[str] = []
        self.head: dict[str, Any] = {}
        self._stream: list[dict[str, Any]] = []
        self._chance = random.Random(number)  # noqa: S311 - predictable, and no run's ids are another's
        self._worker = self._start()

    # What the user does: whoever gets no answer looks whether it happened, and asks again where it did not

    def create(self, name: str, given: Any) -> str:
        """Create one instance."""
        for _ in range(3):
            self._served(lambda worker: worker.create(name, given, self.namespace))
            if self.instances:
                return self.instances[0]
        raise AssertionError("no instance was made")

    def resume(self, given: Any) -> None:
        """Resume it."""
        resumed = self._count("resumed")
        for _ in range(3):
            self._served(lambda worker: worker.resume(self.instances[0], given))
            if self._count("resumed") > resumed:
                return
        raise AssertionError("it was not resumed")

    def cancel(self) -> None:
        """Cancel it."""
        for _ in range(3):
            self._served(lambda worker: worker.cancel(self.instances[0]))
            if self.status == "cancelled":
                return
        raise AssertionError("it was not cancelled")

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
            due = [self.queues.next_at(), None if until() else self.wake_at, self.clock.now if self._stream else None]
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
        served = {
            "STEPS_QUEUE_URL": "advance_steps",
            "WEBHOOKS_QUEUE_URL": "deliver_webhooks",
            "RELAY_RETRY_QUEUE_URL": "retry_relay",
        }
        for variable, folder in served.items():
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
            self.clock, self._around, self.outside, self._chance, Tap(self.queues, self._around), NAMESPACE_QUOTA="1"
        )
        return worker

    def _guarded(self, act: Callable[[Worker], Any]) -> Any:
        """What a handler answers; None where it died, and then the next one starts anew."""
        try:
            return act(self._worker)
        except (Crash, Exception) as error:
            if not isinstance(error, Crash | ClientError) and not self.struck:
                raise
            self._worker = self._start()
            return None

    def _served(self, act: Callable[[Worker], Answer]) -> None:
        answer = self._guarded(act)
        assert answer is None or answer.status < 500 or self.struck, answer.raw

    def _count(self, subtype: str) -> int:
        return self.place.kinds(self.instances[0]).count(subtype)

    def _around(self, operation: str, arguments: dict[str, Any], call: Call) -> Any:
        index = len(self.calls)
        self.calls.append(operation)
        kind = self.fault.kind if self.fault is not None and self.fault.index == index else None
        self.struck = self.struck or kind is not None
        if kind == "crash before":
            raise Crash
        if kind == "throttle":
            raise refusal("ThrottlingException", operation)
        answer = call()
        if operation == "query" and "IndexName" in arguments and not answer["Items"]:
            self.calls[index] = NOTHING_DUE
        if operation == "transact_write_items":
            self._note(arguments["TransactItems"])
        if kind == "crash after":
            raise Crash
        return answer

    def _note(self, writes: list[Any]) -> None:
        """What a commit adds to the stream."""
        put = [write["Put"]["Item"] for write in writes if "Put" in write]
        self._stream += [item for item in put if item["sk"]["S"].startswith("H#")]
        for item in put:
            identifier = item["pk"]["S"].removeprefix(f"A#{ACCOUNT}#I#")
            if item["sk"]["S"] == "M":
                self.head = item
                if identifier not in self.instances:
                    self.instances.append(identifier)


_numbers = itertools.count(1)
