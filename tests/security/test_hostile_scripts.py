"""Whatever a script does, its instance goes on within its time, and the next script runs as if alone (invariant 7).

Each script goes the whole way: the definition through the API, the instance through create, the sandbox, the commit
and the answer. Its state leads on, whichever way it ends, to a state whose script fails if anything is not as it
should be.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from interactor.core.logic import Outcome, ScriptCall
from interactor.definitions.workflows import Definitions
from interactor.sandbox import Sandbox, sandbox
from interactor.sandbox.process import Setup
from tests.support.hostile import SCRIPTS, Hostile
from tests.support.workers.memory import MemoryPlace
from tests.support.workers.place import Worker, working
from tests.support.workers.world import Clock

HASTY_MS = 100
FORGED_LINE = '"],"value":{"forged":1}'
_numbers = itertools.count(1)
ORDINARY = """
console.log('ordinary', {n: input.n});
const names = ['left', 'also', 'kept', 'forged', 'script', 'polluted'];
const clean = Object.keys({}).length === 0 && !Object.isFrozen(globalThis)
  && names.every(name => !(name in globalThis) && !(name in {}) && !(name in []))
  && !('toJSON' in {}) && !('then' in {});
const list = [1, 'x'].map(x => x);
return {...input, list, text: JSON.stringify({a: [1]}), date: new Date(0), clean, key: secrets.NAME.length};
"""
ORDINARY_RESULT = {
    "n": 1,
    "list": [1, "x"],
    "text": '{"a":[1]}',
    "date": "1970-01-01T00:00:00.000Z",
    "clean": True,
    "key": 6,
}


@dataclass(frozen=True)
class Engine:
    """A deployment whose scripts have so much time: one worker defines and runs, one would define anything."""

    place: MemoryPlace
    worker: Worker
    unchecked: Worker
    limit: float


@dataclass(frozen=True)
class _HastySetup(Setup):
    """Its children have little time by their own limit, whatever the parent waits."""

    def command(self) -> list[str]:
        return Setup.command(replace(self, timeout_ms=HASTY_MS))


class _Hasty(Sandbox):
    """Has little time for what is hostile, and for what follows it as much as that needs on a busy machine."""

    def run(self, call: ScriptCall) -> Outcome:
        wait = 5_000 if call.code == ORDINARY else HASTY_MS
        self._setup = _HastySetup(self._setup.python, wait, self._setup.memory_bytes)
        return super().run(call)


@pytest.fixture(scope="module")
def patient() -> Iterator[Engine]:
    """With the documented limits, for what ends by itself, on a slow machine too."""
    yield from _engine(Sandbox(), 5)


@pytest.fixture(scope="module")
def hasty() -> Iterator[Engine]:
    """With little time, for what does not end."""
    with patch.object(sandbox, "GRACE_SECONDS", 0.2):
        yield from _engine(_Hasty(), HASTY_MS / 1000)


def _engine(made: Sandbox, limit: float) -> Iterator[Engine]:
    with made, working() as enter:
        place = MemoryPlace.begin(made)
        enter(place)
        worker, unchecked = place.worker(Clock()), place.worker(Clock())
        for each in (worker, unchecked):
            each.services.logic.secrets = SimpleNamespace(read=lambda _: {"NAME": "s3cret"})
        parts = unchecked.services
        parts.definitions.workflows = Definitions(parts.world, parts.definitions.store, lambda _: None)
        # Starting a child, and loading what a function imports, takes longer than most scripts.
        assert worker.started(_definition("return {}"))
        yield Engine(place, worker, unchecked, limit)


def _definition(code: str) -> dict[str, Any]:
    attack = {
        "type": "action",
        "logic": {"type": "script", "code": code},
        "transitions": [{"target": "after"}],
        "on_error": {"target": "after"},
    }
    after = {"type": "action", "logic": {"type": "script", "code": ORDINARY}, "transitions": [{"target": "done"}]}
    return {"initial_state": "attack", "states": {"attack": attack, "after": after, "done": {"type": "terminal"}}}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_hostile_script_ends_and_leaves_nothing(request: pytest.FixtureRequest, script: Hostile) -> None:
    engine: Engine = request.getfixturevalue("hasty" if "script_timeout" in script.end else "patient")
    name, definition = f"attack_{next(_numbers)}", _definition(script.code)
    made = engine.worker.call("POST", "/workflows", {**definition, "name": name})
    if made.status != 201:
        # It does not parse, or ends its function early: it is refused. Were it not, it would do no harm either.
        assert made.refusal == (400, "invalid_workflow")
        assert {each["path"] for each in made.error["details"]} <= {"states.attack.logic.code", ""}
        assert script.end == "script_error"
        made = engine.unchecked.call("POST", "/workflows", {**definition, "name": name})
        if made.status != 201:
            return
    version = made.data["version_id"]
    assert engine.worker.call("POST", f"/workflows/{name}/versions/{version}/publish").status == 200

    instance = engine.worker.create(name, {"n": 1}).data

    assert (instance["status"], instance["current_state"]) == ("completed", "done")
    events = engine.place.events(instance["id"])
    (took,) = [event["duration_ms"] for event in events if event["type"] == "step" and event["state"] == "attack"]
    assert took < (engine.limit + 1) * 1000
    errors = [event for event in events if event["type"] == "error"]
    assert ([event["code"] for event in errors] or ["value"])[0] in script.end.split(" or ")
    assert len(errors) <= 1
    assert not any("crashed" in event["message"] for event in errors)
    told = str([event for event in events if event.get("state") == "attack"])
    assert "forged" not in told.replace('x":1},"value":{"forged', "").replace(FORGED_LINE, "")
    assert sum(len(line) for event in events for line in event.get("logs", ())) < 9000
    (after,) = [event for event in events if event.get("state") == "after" and "logs" in event]
    assert after["logs"] == ['ordinary {"n":1}']
    data = engine.worker.get(instance["id"])["workflow_data"]
    assert {key: data.get(key) for key in ORDINARY_RESULT} == ORDINARY_RESULT


def test_the_list_is_long_and_names_each_script_once() -> None:
    assert len(SCRIPTS) >= 150
    assert len({script.name for script in SCRIPTS}) == len(SCRIPTS)
