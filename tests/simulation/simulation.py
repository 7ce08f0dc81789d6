"""One run: workflows, callers, triggers, faults and time, all of them driven by one seed.

Every handler under way stops before each of its calls; which of them goes on, or what else happens, the seed says.
After so many steps the faults cease, and everything must come to rest: first what runs, then, as time passes, what
waits for a person, then what is kept of the ended ones.
"""

import hashlib
import json
import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from interactor.access.rules.principal import ALL
from interactor.aws.dynamo.keys import HEAD, HISTORY, instance
from interactor.core.storing import ContendedError, GuardLostError
from interactor.core.times import DAY, HOUR, MINUTE, SECOND, Millis
from interactor.core.world import World
from interactor.webhooks.rules.events import EVENT_TYPES, Subscription
from interactor.workers import relay, steps, webhooks
from tests.simulation import workflows
from tests.simulation.baton import Baton, Task
from tests.simulation.callers import Callers, Wish
from tests.simulation.deployment import (
    ACCOUNT,
    EXHAUSTED,
    LIFETIMES,
    MOST_RECEIVES,
    RELAY_RETRY,
    STEPS,
    TIME_LIMIT,
    VISIBILITY,
    WEBHOOKS,
    begin_process,
    deployed,
    handler,
)
from tests.simulation.faults import Faults
from tests.simulation.oracle import Oracle, Tracked
from tests.simulation.outside import HOOKS, Outside
from tests.simulation.verdict import judge
from tests.support import events
from tests.support.memory.dynamo import FakeDynamo, Key
from tests.support.memory.expressions import Item
from tests.support.memory.sqs import FakeSqs, Message
from tests.support.workers.faults import Crash, Tap

NAMESPACES = ("north", "south")
AT_ONCE = 8
RESTS_WITHIN = 30_000
"""Steps in which everything must have come to rest once the faults have ceased."""
FAULTS_CEASE = 300
"""The steps with faults while ended instances are cleaned."""
TRACED = 20_000


@dataclass
class Outcome:
    """What a run came to. ``digest`` is the same for the same seed, wherever it runs."""

    seed: int
    steps: int
    digest: str
    counted: Counter[str]
    violations: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)


def run(seed: int, length: int) -> Outcome:
    """Run one seed for ``length`` steps and to its rest."""
    with deployed(quota=random.Random(f"quota {seed}").choice(["4", "450", "0"])):  # noqa: S311 - not for secrets
        return _Simulation(seed, length).run()


class _Simulation:
    def __init__(self, seed: int, length: int) -> None:
        self._seed, self._length = seed, length
        self._chance = random.Random(f"schedule {seed}")  # noqa: S311 - a seed must give the same run again
        self._entropy = random.Random(f"entropy {seed}")  # noqa: S311 - the same
        self._clock: Millis = events.NOON
        self._steps = 0
        self._violations: list[str] = []
        self._trace: deque[str] = deque(maxlen=TRACED)
        self._digest = hashlib.sha256()
        self._counted: Counter[str] = Counter()
        self._tasks: list[Task] = []
        self._baton = Baton()
        share = self._chance.choice([0.0, 0.02, 0.04, 0.1])
        lag = self._chance.choice([0, 2, 10])
        self._duplicates = self._chance.choice([0.0, 0.05, 0.3])
        self._oracle = Oracle(self._now, self._violate, LIFETIMES, ACCOUNT, random.Random(f"oracle {seed}"))  # noqa: S311 - the same
        self._table = FakeDynamo(self._now, lambda: self._chance.randint(0, lag) if lag else 0, self._written)
        self._oracle.watch(self._table)
        self._sqs = FakeSqs(self._now)
        self._stream: list[Item] = []
        self._read = 0
        self._relaying = False
        self._last_tick: Millis = 0
        self._jumps = self._chance.randint(0, 3)
        self._faults = Faults(self._chance, self._baton, 0, self._note, self._pass_time)
        self._outside = Outside(
            self._chance, self._baton, self._now, self._pass_time, self._note, self._violate, self._oracle.delivered, 0
        )  # fmt: skip
        self._share = share
        self._start_process()
        self._callers = self._prepare()

    # Time, chance, and what is noted

    def _now(self) -> Millis:
        return self._clock

    def _look(self) -> Millis:
        self._clock += 1
        return self._clock

    def _pass_time(self, length: Millis) -> None:
        self._clock += length
        if length > SECOND:
            for task in self._tasks:
                task.hurried = True

    def _sleep(self, seconds: float) -> None:
        self._clock += round(seconds * SECOND)
        self._baton.pause()

    def _note(self, text: str) -> None:
        task = self._baton.current
        line = f"{self._steps} {self._clock - events.NOON} {task.name if task else '-'}: {text}"
        self._trace.append(line)
        self._digest.update(line.encode())

    def _violate(self, text: str) -> None:
        self._note(f"VIOLATED {text}")
        self._violations.append(text)

    def _written(self, writes: list[tuple[Key, Item | None, Item | None]]) -> None:
        self._stream += [
            after
            for (_, sk), before, after in writes
            if before is None and after is not None and sk.startswith(HISTORY)
        ]
        self._oracle.written(writes)

    # The parts

    def _start_process(self) -> None:
        world = World(self._look, self._entropy.randbytes, self._sleep)
        dynamodb, sqs = Tap(self._table, self._faults), Tap(self._sqs, self._sending)
        self._services = begin_process(world, dynamodb, sqs, self._outside)

    def _sending(self, operation: str, arguments: dict[str, Any], call: Callable[[], Any]) -> Any:
        if arguments["QueueUrl"] == STEPS:
            bodies = [arguments["MessageBody"]] if operation == "send_message" else []
            for text in bodies:
                self._oracle.hinted(json.loads(text))
        return self._faults(operation, arguments, call)

    def _prepare(self) -> Callers:
        """Workflows and subscriptions, before anything goes wrong."""
        names = []
        for number in range(self._chance.randint(1, 3)):
            definition = workflows.make(self._chance, f"flow{number}")
            self._oracle.definitions[definition["name"]] = definition
            name = definition["name"]
            made = self._answered("create_workflow", "POST", "/workflows", {}, definition)["data"]
            at = {"name": name, "version_id": made["version_id"]}
            self._answered(
                "publish_version", "POST", f"/workflows/{name}/versions/{made['version_id']}/publish", at, None
            )
            names.append(name)
        for number, kinds in enumerate(
            self._chance.choice([(EVENT_TYPES,), (EVENT_TYPES[2:5],), (EVENT_TYPES[:2], EVENT_TYPES[3:])])
        ):
            url = f"{HOOKS}{number}"
            made = Subscription(f"whsub_{number}", ACCOUNT, url, kinds, "whsec_c2VjcmV0", ALL, self._clock)
            self._services.webhooks.subscription_store.add(made, number, f"subscription {number}")
            self._oracle.subscribers[url] = frozenset(kinds)
        return Callers(self._chance, self._now, names, NAMESPACES)

    def _answered(self, folder: str, method: str, path: str, parameters: dict[str, str], body: Any) -> Any:
        event = self._request(method, path, parameters, body, {})
        answer = handler(folder)(event, SimpleNamespace())
        assert answer["statusCode"] < 300, answer
        return json.loads(answer["body"])

    def _request(self, method: str, path: str, parameters: dict[str, str], body: Any, headers: dict[str, str]) -> Any:
        text = None if body is None else json.dumps(body)
        return events.http(
            method, f"/api/v1{path}", parameters=parameters, headers=headers, body=text, at=self._clock
        )  # fmt: skip

    # The run

    def run(self) -> Outcome:
        """All of it."""
        self._faults.share = self._share
        self._outside.share = self._share
        while self._steps < self._length and not self._violations:
            self._step()
        self._faults.share = self._outside.share = 0.0
        if not self._violations:
            self._rest()
        for task in self._tasks:
            self._baton.kill(task)
        self._counted["commits"] = self._oracle.commits
        self._counted["instances"] = len(self._oracle.instances)
        self._counted["deliveries"] = sum(self._outside.posted.values())
        self._counted["calls"] = sum(len(asked) for asked in self._outside.asked.values())
        return Outcome(
            self._seed, self._steps, self._digest.hexdigest(), self._counted, self._violations, list(self._trace)
        )  # fmt: skip

    def _rest(self) -> None:
        """No faults any more: everything comes to rest, in the order in which time passes."""
        for wish in self._callers.unanswered():
            self._send(wish)
        self._faults.share = self._outside.share = 0.0
        self._settle(lambda: not any(self._running(each) for each in self._oracle.instances.values()), "the running")
        self._judge()
        if self._violations:
            return
        self._faults.share = self._outside.share = self._share
        self._settle(lambda: all(each.removed for each in self._oracle.instances.values()), "the waiting")
        self._judge()
        self._oracle.all_gone()

    def _running(self, tracked: Tracked) -> bool:
        found = tracked.head.instance
        return not tracked.removed and not found.paused and any(True for _ in found.running_threads())

    def _judge(self) -> None:
        self._oracle.at_rest()
        judge(self._oracle, self._outside, self._sqs.queues[EXHAUSTED], self._violate)
        self._callers.judge(list(self._oracle.instances.values()), self._violate)

    def _step(self) -> None:
        self._steps += 1
        self._clock += self._chance.randint(0, 30)
        if self._tasks and (len(self._tasks) >= AT_ONCE or self._chance.random() < 0.75):
            self._go_on(self._chance.choice(self._tasks), self._chance.choice([1, 1, 2, 50]))
            return
        sources = [self._ask, self._ask, self._take, self._take, self._take, self._relay, self._tick, self._jump]
        self._chance.choice(sources)()

    def _settle(self, until: Callable[[], bool], what: str) -> None:
        for step in range(RESTS_WITHIN):
            if self._violations:
                return
            if step == FAULTS_CEASE:
                self._faults.share = self._outside.share = 0.0
            self._steps += 1
            if self._tasks:
                self._go_on(self._chance.choice(self._tasks), 50)
                continue
            if self._relay() or self._take():
                continue
            wakes = [] if until() else self._wakes()
            if wakes and min(wakes) <= self._clock and self._clock >= self._last_tick + MINUTE:
                self._tick()
                continue
            moments = [each.visible_at for url in VISIBILITY for each in self._sqs.queues[url]]
            moments += [max(min(wakes), self._last_tick + MINUTE)] if wakes else []
            if not moments:
                if not until():
                    self._violate(f"{what} wait for ever")
                return
            self._clock = max(self._clock, min(moments))
        self._violate(f"{what} did not come to rest")

    def _wakes(self) -> list[Millis]:
        found = []
        for identifier in [name for name, each in self._oracle.instances.items() if not each.removed]:
            head = self._table.peek(instance(ACCOUNT, identifier), HEAD)
            if head is not None and "wake_at" in head:
                found.append(int(head["wake_at"]["N"]))
        return found

    # What may happen

    def _start(self, name: str, seconds: int, act: Callable[[], Any], finished: Callable[[Task], None]) -> Task:
        self._counted["invocations"] += 1
        task = Task(f"{name}.{self._counted['invocations']}", act, self._clock + seconds * SECOND, finished)
        self._tasks.append(task)
        return task

    def _go_on(self, task: Task, calls: int) -> None:
        """Let a task make some of its calls. Whoever is over its function's time is killed instead."""
        for _ in range(calls):
            if self._clock > task.deadline:
                self._counted["killed"] += 1
                self._baton.kill(task)
            else:
                self._baton.give(task)
            if task.done:
                break
        else:
            return
        self._tasks.remove(task)
        if isinstance(task.error, Crash):
            self._counted["crashes"] += 1
            self._start_process()
        elif task.error is not None and not self._excused(task):
            self._violate(f"{task.name} raised {task.error!r}, and nothing was wrong")
        for kind in task.faults:
            self._counted[f"fault: {kind}"] += 1
        task.finished(task)

    def _excused(self, task: Task) -> bool:
        return task.excused or task.hurried or isinstance(task.error, GuardLostError | ContendedError)

    def _ask(self) -> bool:
        wish = self._callers.next(list(self._oracle.instances.values()))
        for _ in range(2 if wish.key and self._chance.random() < 0.3 else 1):
            self._send(wish)
        return True

    def _send(self, wish: Wish) -> None:
        headers = {"idempotency-key": wish.key} if wish.key else {}
        event = self._request(wish.method, wish.path, wish.parameters, wish.body, headers)
        wish.sent += 1
        wish.under_way += 1
        wish.at_once = wish.at_once or wish.under_way > 1
        self._note(f"ask {wish.folder} {wish.tag} {wish.key}")
        self._start(
            wish.folder, 20, lambda: handler(wish.folder)(event, SimpleNamespace()), lambda t: self._answer(wish, t)
        )

    def _answer(self, wish: Wish, task: Task) -> None:
        wish.under_way -= 1
        if task.error is not None:
            wish.lost += 1
            return
        status = task.answer["statusCode"]
        self._counted[f"answers {status}"] += 1
        if status < 500:
            wish.answers.append((status, task.answer["body"]))
            return
        wish.lost += 1
        if not task.excused and not task.hurried:
            self._violate(f"{task.name} answered {status}, and nothing was wrong: {task.answer['body']}")

    def _take(self) -> bool:
        """A message is delivered: any of those that can be seen, now and then one that another worker has."""
        url = self._chance.choice(list(VISIBILITY))
        for each in [url, *VISIBILITY]:
            seen = [message for message in self._sqs.queues[each] if message.visible_at <= self._clock]
            if seen:
                self._receive(each, self._chance.choice(seen))
                return True
        return False

    def _receive(self, url: str, message: Message) -> None:
        queue = self._sqs.queues[url]
        if url == STEPS and self._faults.share and self._chance.random() < 0.02:
            self._note("the steps queue is lost")
            queue.clear()
            return
        message.received += 1
        if message.received > MOST_RECEIVES:
            queue.remove(message)
            self._sqs.queues[f"dead {url}"].append(message)
            return
        if self._chance.random() >= self._duplicates:
            message.visible_at = self._clock + VISIBILITY[url] * SECOND
        event = events.sqs(url, [message.body], at=message.sent_at, received=message.received)
        (record,) = event["Records"]
        work: dict[str, Callable[[], Any]] = {
            STEPS: lambda: steps.advance(SQSRecord(record)),
            RELAY_RETRY: lambda: relay.relay_again(SQSRecord(record)),
            WEBHOOKS: lambda: webhooks.deliver_batch(event),
        }

        hint = json.loads(message.body)
        late = url == STEPS and self._oracle.is_late(hint)

        def finished(task: Task) -> None:
            if late and task.calls > 1 and not task.faults and self._oracle.is_late(hint):
                self._violate(f"{task.name}: a late hint costs {task.calls} calls: {message.body}")
            failed = task.error is not None or (task.answer or {}).get("batchItemFailures")
            if not failed and message in queue:
                queue.remove(message)

        name = url.removesuffix("_QUEUE_URL").lower()
        self._note(f"take {name} {message.id} {message.body[:160] if name == 'steps' else ''}")
        self._start(name, TIME_LIMIT[url], work[url], finished)

    def _relay(self) -> bool:
        """The stream's next batch; now and then old ones again, as from an older checkpoint."""
        if self._relaying or self._read == len(self._stream):
            return False
        if self._faults.share and self._chance.random() < 0.05:
            self._read = max(0, self._read - self._chance.randint(1, 5))
        batch = self._stream[self._read : self._read + self._chance.randint(1, 10)]
        event = events.stream("table", batch, at=self._clock)
        self._relaying = True

        def finished(task: Task) -> None:
            self._relaying = False
            failures = [] if task.error is not None else task.answer["batchItemFailures"]
            if task.error is None and not failures:
                self._read += len(batch)

        self._start("relay", TIME_LIMIT["stream"], lambda: relay.relay_stream(event), finished)
        return True

    def _tick(self) -> bool:
        if self._clock < self._last_tick + MINUTE:
            return False
        self._last_tick = self._clock
        self._start("tick", TIME_LIMIT["clock"], lambda: handler("tick_clock")({}, SimpleNamespace()), lambda _: None)
        return True

    def _jump(self) -> bool:
        """Nothing happens for a while, whatever was under way."""
        draw = self._chance.random()
        if draw < 0.7:
            length = self._chance.randint(1, 5 * SECOND)
        elif draw < 0.95 or not self._jumps:
            length = self._chance.randint(1, 10 * MINUTE)
        else:
            self._jumps -= 1
            length = self._chance.choice([self._chance.randint(1, 12) * HOUR, self._chance.randint(1, 4) * DAY])
        self._pass_time(length)
        return True
