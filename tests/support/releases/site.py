"""A deployment in memory with its queues, for one use case after another."""

import random
from dataclasses import dataclass, field
from typing import Any

from interactor.core.times import MINUTE
from interactor.sandbox import Sandbox
from tests.support import events
from tests.support.outside import Outside
from tests.support.workers.cloud import SERVED, Queues
from tests.support.workers.memory import MemoryPlace
from tests.support.workers.place import Worker
from tests.support.workers.world import Clock
from tests.support.workflows.flows import end, flow, form, http, script

HOOK = "https://hooks.example/in"
ENDS = {"done": end()}
WAIT = form({"target": "done"})
DEFINITIONS: dict[str, dict[str, Any]] = {
    "approval": flow(
        request=script("return {amount: input.amount || 1}", "wait"),
        wait=form({"target": "yes", "condition": {"field": "approved", "equals": True}}, "no"),
        yes=end(),
        no=end(),
    ),
    "calling": flow(call=http("/orders", "done"), **ENDS),
    "forked": flow(
        split={
            "type": "action",
            "fork": {"threads": {"a": {"target": "wait"}, "b": {"target": "wait"}}, "join": {"target": "after"}},
        },
        wait=form({"target": "ended"}),
        ended=end(),
        after=end(),
    ),
    "failing": flow(first=script("return nothing.there", "done"), **ENDS),
    "timing": flow(wait={**WAIT, "timeout": {"after": "2h", "target": "late"}}, late=end(), **ENDS),
}
NAMES = (
    *("approval", "calling", "forked", "failing", "timing"),
    *("approval_large", "approval_paused", "approval_ended"),
)
"""What stands in the fixtures: each instance is called as its workflow, with what is special about it."""


@dataclass
class Site:
    """A deployment, the time it is there, and what it knows of its instances: name to id."""

    place: MemoryPlace
    instances: dict[str, str] = field(default_factory=dict)
    subscription: str = ""
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.queues, self.outside = Queues(self.clock), Outside()
        chance = random.Random(7)  # noqa: S311 - predictable, so that a fixture made again is the same
        self.worker: Worker = self.place.worker(self.clock, None, self.outside, chance, self.queues)

    @classmethod
    def empty(cls, sandbox: Sandbox) -> "Site":
        """With nothing in it."""
        return cls(MemoryPlace.begin(sandbox))

    def fill(self) -> None:
        """Store one of everything."""
        subscribed = self.worker.call(
            "POST", "/webhooks/subscriptions", {"url": HOOK, "events": ["workflow.instance.completed"]}
        )
        self.subscription = subscribed.data["id"]
        for name, definition in DEFINITIONS.items():
            made = self.worker.call("POST", "/workflows", {**definition, "name": name})
            assert made.status == 201, made.raw
            assert (
                self.worker.call("POST", f"/workflows/{name}/versions/{made.data['version_id']}/publish").status == 200
            )
        assert self.worker.call("POST", "/workflows/timing/versions", DEFINITIONS["timing"]).status == 201
        for name in NAMES:
            given = {"note": "x" * 6000} if name == "approval_large" else {"amount": 7}
            made = self.worker.create(name.partition("_")[0], given, key=f"key-{name}")
            assert made.status == 201, made.raw
            self.instances[name] = made.data["id"]
        assert self.ask("approval_paused", "pause").status == 200
        assert self.ask("approval_ended", "resume", {"input": {"approved": True}}).status == 200

    def ask(self, name: str, action: str, body: Any = None, **rest: Any) -> Any:
        """Post to an instance."""
        return self.worker.call("POST", f"/workflows/instances/{self.instances[name]}/{action}", body, **rest)

    def shown(self, name: str) -> Any:
        """An instance as it is answered."""
        return self.worker.get(self.instances[name])

    def run(self, ticks: int = 1) -> list[Any]:
        """Let the clock fire and the queues be served; the messages that failed."""
        failed = []
        for _ in range(ticks):
            self.worker.tick()
            for variable, folder in SERVED.items():
                waiting = self.queues.messages[self.place.environment[variable]]
                while seen := next((each for each in waiting if each.visible_at <= self.clock.now), None):
                    seen.received += 1
                    event = events.sqs(variable, [seen.body], at=self.clock.now, received=seen.received)
                    if self.worker.invoke(folder, event)["batchItemFailures"]:
                        failed.append(seen.body)
                    waiting.remove(seen)
            self.clock.advance(MINUTE)
        return failed
