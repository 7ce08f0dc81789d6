"""What lies outside: the sandbox, the services that HTTP actions call, models, and the subscribers of webhooks.

The sandbox understands the few words that ``workflows`` writes. A service takes its time, and may fail, answer late
or not at all, after it did what it was asked; it holds the engine to one call at a time for each ``Idempotency-Key``.
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from interactor.core.logic import Failed, ModelCall, Outcome, ScriptCall, Succeeded
from interactor.core.times import Millis
from interactor.logic.rules import instructions
from interactor.outgoing import OutgoingError, OutgoingRequest, OutgoingResponse
from interactor.outgoing.messages import ErrorKind
from tests.simulation.baton import Baton, Task
from tests.support.workers.faults import Crash

HOOKS = "https://hooks.example/"


@dataclass(frozen=True)
class Asked:
    """One call of a service."""

    key: str
    task: Task
    url: str


@dataclass
class Outside:
    """Stands where sandbox and outgoing client do. ``share`` is how often something fails."""

    chance: random.Random
    baton: Baton
    now: Callable[[], Millis]
    pass_time: Callable[[Millis], None]
    note: Callable[[str], None]
    violate: Callable[[str], None]
    told: Callable[[str, Any], None]
    """Is shown every webhook: subscription's URL and body."""
    share: float
    asked: dict[str, list[Asked]] = field(default_factory=lambda: defaultdict(list))
    delivered: dict[tuple[str, str], list[Any]] = field(default_factory=lambda: defaultdict(list))
    """(subscription's URL, event id) to the bodies that were taken."""
    posted: Counter[str] = field(default_factory=Counter)

    # The sandbox

    def check(self, code: str) -> None:
        """Every script parses."""

    def run(self, call: ScriptCall) -> Outcome:
        """Run a script of ``workflows``."""
        self.baton.pause()
        self.pass_time(self.chance.choice([1, 5, 5, 400]))
        word, _, rest = call.code.partition(" ")
        data = call.variables["workflow_data"]
        rounds = data["count"] + 1 if isinstance(data.get("count"), int) else 1
        if self.chance.random() < self.share / 2:
            return Failed("script_timeout", "The script ran for too long", duration_ms=9)
        match word:
            case "count":
                flag = {"flag": rounds % 2 == 0} if rest == "flag" else {}
                return Succeeded({"count": rounds, **flag}, (f"round {rounds}",), 2)
            case "set":
                return Succeeded({rest: rounds, "last": rest}, (), 1)
            case "big":
                return Succeeded({"big": self.chance.randbytes(int(rest) // 2).hex()}, (), 1)
            case "huge":
                return Succeeded({"huge": "x" * 300_000}, (), 1)
            case "wrong":
                return Failed("script_error", "Error: wrong", (), 1)
            case "flaky" if self.chance.random() < 0.5:
                return Failed("script_error", "Error: not now", (), 1)
        return Succeeded(None, (), 1)

    # The models

    def write(self, call: ModelCall) -> Outcome:
        """Write an instruction, or not; it may take the worker along."""
        self.baton.pause()
        task = self.baton.current
        assert task is not None
        self.note("a model writes")
        self.pass_time(self.chance.choice([1, 900, 8_000]))
        self._perhaps_die(task)
        if self.chance.random() < 4 * self.share:
            return Failed(instructions.THROTTLED, "not now", (), 5)
        return Succeeded(f"{call.task} {sorted(call.data)}", (), 5)

    # The outgoing client

    def send(self, request: OutgoingRequest, *, truncate: bool = False) -> OutgoingResponse:
        """As ``OutgoingClient.send``."""
        self.baton.pause()
        task = self.baton.current
        assert task is not None
        if request.url.startswith(HOOKS):
            return self._hooked(request, task)
        key = next(value for name, value in request.headers.items() if name.lower() == "idempotency-key")
        for other in self.asked[key]:
            if other.task is not task and not other.task.done and self.now() <= other.task.deadline:
                self.violate(f"two calls at one time under {key}: {other.task.name} and {task.name}")
        asked = Asked(key, task, request.url)
        self.asked[key].append(asked)
        self.note(f"call {key}")
        self.pass_time(self.chance.choice([1, 50, 900]))
        self.baton.pause()
        self._perhaps_die(task)
        return self._answer(request)

    def _perhaps_die(self, task: Task) -> None:
        if self.chance.random() < self.share:
            task.faults.append("crash during a call")
            task.excused = True
            raise Crash

    def _answer(self, request: OutgoingRequest) -> OutgoingResponse:
        if self.chance.random() < 3 * self.share + 0.05 * (self.share > 0):
            status = self.chance.choice([0, 0, 0, 429, 500, 404, 302])
            if status:
                return OutgoingResponse(status, {"retry-after": "7"} if status == 429 else {}, b"no", 3)
            # It answers in the last moment, or not at all.
            kind: ErrorKind | None = self.chance.choice(["timeout", "connection", None])
            self.pass_time(request.timeout_ms - 1)
            if kind is not None:
                raise OutgoingError(kind, "no answer")
        n = self.chance.randint(1, 99)
        return OutgoingResponse(200, {"content-type": "application/json"}, json.dumps({"n": n}).encode(), 3)

    def _hooked(self, request: OutgoingRequest, task: Task) -> OutgoingResponse:
        self.pass_time(self.chance.choice([1, 30]))
        body = json.loads(request.body or b"")
        self.posted[request.url] += 1
        self.told(request.url, body)
        self._perhaps_die(task)
        if self.chance.random() < 4 * self.share:
            return OutgoingResponse(self.chance.choice([500, 302, 404]), {}, b"", 3)
        self.delivered[request.url, body["id"]].append(body)
        self._perhaps_die(task)
        if self.chance.random() < self.share:
            raise OutgoingError("timeout", "no answer")
        return OutgoingResponse(204, {}, b"", 3)
