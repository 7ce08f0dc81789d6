"""The workflows that are measured, and how each is driven from its start to its end."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.cloud import Cloud
from benchmarks.tally import Tally

NAMESPACE = "team_a"
HALTED, COMPLETED = "workflow.instance.halted", "workflow.instance.completed"

APPROVAL: dict[str, Any] = {
    "name": "purchase_approval",
    "initial_state": "submit",
    "states": {
        "submit": {
            "type": "action",
            "logic": {"type": "script", "code": "return { ...input, status: 'pending' }"},
            "transitions": [{"target": "approval"}],
        },
        "approval": {
            "type": "halting",
            "presentation": {
                "type": "form",
                "title": "Approval required",
                "description": "Purchase request for ${workflow_data.description} - $${workflow_data.amount}",
                "fields": [
                    {"name": "approved", "type": "boolean", "label": "Approve?", "required": True},
                    {"name": "comment", "type": "string", "label": "Comment", "multiline": True},
                ],
            },
            "transitions": [{"target": "route"}],
        },
        "route": {
            "type": "action",
            "transitions": [
                {"target": "complete", "condition": {"field": "approved", "equals": True}},
                {"target": "rejected"},
            ],
        },
        "complete": {"type": "terminal"},
        "rejected": {"type": "terminal"},
    },
}
DIRECT: dict[str, Any] = {
    "name": "direct_approval",
    "initial_state": "approval",
    "states": {name: state for name, state in APPROVAL["states"].items() if name != "submit"},
}
"""The approval without the script before it."""
REQUEST = {"requester": "john@acme.example", "description": "GPU workstations", "amount": 15000}
DECISION = {"approved": True, "comment": "Needed for Q1, go ahead"}

BRANCHES = 10
FORK: dict[str, Any] = {
    "name": "ten_reviews",
    "initial_state": "split",
    "states": {
        "split": {
            "type": "action",
            "fork": {
                "threads": {f"review_{number}": {"target": "review"} for number in range(BRANCHES)},
                "join": {"target": "done"},
            },
        },
        "review": {
            "type": "action",
            "logic": {"type": "script", "code": "return { score: input.amount / 100 }"},
            "transitions": [{"target": "reviewed"}],
        },
        "reviewed": {"type": "terminal"},
        "done": {"type": "terminal"},
    },
}


def http_action(url: str) -> dict[str, Any]:
    """A workflow of one HTTP call."""
    logic = {"type": "http", "method": "POST", "url": url, "body": {"amount": "${input.amount}"}}
    return {
        "name": "one_call",
        "initial_state": "call",
        "states": {
            "call": {"type": "action", "logic": logic, "transitions": [{"target": "done"}]},
            "done": {"type": "terminal"},
        },
    }


def create(cloud: Cloud, name: str, key: str | None = None) -> str:
    """Create an instance; answers its id. ``key``: its idempotency key."""
    headers = {} if key is None else {"idempotency-key": key}
    body = {"namespace": NAMESPACE, "input": REQUEST}
    return str(cloud.call("POST", f"/workflows/{name}/instances", body, **headers).data["id"])


def resume(cloud: Cloud, instance_id: str, key: str | None = None) -> Any:
    """Decide it; answers the instance."""
    headers = {} if key is None else {"idempotency-key": key}
    return cloud.call("POST", f"/workflows/instances/{instance_id}/resume", {"input": DECISION}, **headers).data


def key_of(number: int, step: str) -> str:
    """An idempotency key as clients make them: a UUID's length."""
    return f"{step:-<24}{number:012d}"


def subscribe(cloud: Cloud, url: str) -> None:
    """Subscribe a receiver to what the approval tells: that somebody must decide, and that it is done."""
    cloud.call("POST", "/webhooks/subscriptions", {"url": url, "events": [HALTED, COMPLETED]})


class Phases:
    """Runs ``number`` instances side by side, phase by phase, each phase counted into a tally while ``watched``."""

    def __init__(self, cloud: Cloud, number: int, batch: int, keys: bool, watched: bool = True) -> None:
        self._cloud, self._number, self._batch, self._keys = cloud, number, batch, keys
        self._watched, self._mark = watched, next(_MARKS)
        self.tallies: dict[str, Tally] = {}

    def approval(self) -> None:
        """The two-step approval with two webhooks."""
        numbers = range(self._number)
        with self._phase("create"):
            made = [create(self._cloud, "purchase_approval", self._key(number, "create")) for number in numbers]
        self._tell()
        with self._phase("resume"):
            ended = [resume(self._cloud, each, self._key(number, "resume")) for number, each in enumerate(made)]
        if any(each["status"] != "completed" for each in ended):
            raise AssertionError("an approval was not completed")
        self._tell()

    def chain(self, name: str) -> None:
        """A workflow that goes on by itself through the steps queue."""
        with self._phase("create"):
            made = [create(self._cloud, name) for _ in range(self._number)]
        with self._phase("steps"):
            self._cloud.work("advance_steps", 1)
        self._tell()
        for each in made:
            if self._cloud.call("GET", f"/workflows/instances/{each}").data["status"] != "completed":
                raise AssertionError(f"{name} was not completed")

    def _tell(self) -> None:
        with self._phase("relay"):
            self._cloud.relay(self._batch)
        with self._phase("deliver"):
            self._cloud.work("deliver_webhooks", self._batch)

    def _key(self, number: int, step: str) -> str | None:
        return key_of(number, f"{self._mark}-{step}") if self._keys else None

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        if not self._watched:
            yield
            return
        with self._cloud.counting() as tally:
            yield
        self.tallies.setdefault(name, Tally())
        self.tallies[name] += tally


_MARKS = itertools.count(1)
