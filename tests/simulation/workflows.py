"""Random workflows: valid ones, of all kinds of states, whose scripts the stand-in of the sandbox reads.

A thread goes forward through its own states, and back only under a counter or past a person, so that it ends; now
and then one is made that cannot, since the engine's bounds must end that.
"""

import random
from collections.abc import Iterator
from itertools import count
from typing import Any

from interactor.definitions.rules.check import check

HOST = "https://service.example"
MOST_STATES = 60
ROUNDS = 3
"""How often a loop goes round."""

Definition = dict[str, Any]


def make(chance: random.Random, name: str) -> Definition:
    """One valid definition."""
    while True:
        made = _Maker(chance).definition(name)
        verdict = check(made, lambda _: None)
        if len(made["states"]) <= MOST_STATES and not verdict.errors:
            return made


class _Maker:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._names = count(1)
        self._states: dict[str, Any] = {}

    def definition(self, name: str) -> Definition:
        return {"name": name, "initial_state": self._region(0, self._chance.randint(2, 5)), "states": self._states}

    def _likely(self, share: float) -> bool:
        return self._chance.random() < share

    def _region(self, depth: int, length: int) -> str:
        """The states of one thread, in a row to a terminal one; answers the first."""
        names = [self._name("s") for _ in range(length)]
        last = self._name("end")
        self._states[last] = {"type": "terminal"} | self._on_enter(0.25)
        rest = [*names, last]
        for place, name in enumerate(names):
            ahead = rest[place + 1 : place + 3]
            kinds = ["action", "script", "script", "http", "http", "halting", "halting", *["fork", "fork"][depth:]]
            getattr(self, f"_{self._chance.choice(kinds)}")(name, ahead, names[: place + 1], depth)
        return names[0]

    def _name(self, kind: str) -> str:
        return f"{kind}{next(self._names)}"

    def _onwards(self, ahead: list[str], behind: list[str]) -> list[Any]:
        """Transitions: back while a counter is low, sideways under a condition, and forward."""
        made: list[Any] = []
        if self._likely(0.15):
            low = {"field": "count", "operator": "less_than", "value": self._chance.randint(1, ROUNDS)}
            made.append({"target": self._chance.choice(behind), "condition": low})
        if len(ahead) > 1 and self._likely(0.4):
            made.append({"target": ahead[1], "condition": {"field": "flag", "operator": "equals", "value": True}})
        if self._likely(0.03):
            made.append({"target": ahead[0], "condition": {"field": "never", "operator": "equals", "value": 1}})
            return made
        return [*made, {"target": ahead[0]}]

    def _common(self, name: str, ahead: list[str]) -> dict[str, Any]:
        made = self._on_enter(0.12)
        if self._likely(0.3):
            made["on_error"] = {"target": ahead[-1]}
        return made

    def _on_enter(self, share: float) -> dict[str, Any]:
        if not self._likely(share):
            return {}
        return {"on_enter": self._call() if self._likely(0.5) else {"type": "script", "code": "note"}}

    def _action(self, name: str, ahead: list[str], behind: list[str], depth: int) -> None:
        transitions = self._onwards(ahead, []) if not behind else self._onwards(ahead, behind)
        if self._likely(0.04):
            transitions = [{"target": name}]
        # A plain action that goes back would not count its rounds.
        kept = [each for each in transitions if each["target"] not in behind or each["target"] == name]
        self._states[name] = {"type": "action", "transitions": kept or [{"target": ahead[0]}]} | self._common(
            name, ahead
        )

    def _script(self, name: str, ahead: list[str], behind: list[str], depth: int) -> None:
        code = self._chance.choices(
            ["count", f"set {name}", "count flag", "big 3000", "big 30000", "huge", "flaky", "wrong", "nothing"],
            [20, 10, 10, 6, 2, 0.5, 3, 1, 3],
        )[0]
        # Whatever goes back counts its rounds.
        onwards = self._onwards(ahead, behind)
        if any(each["target"] in behind for each in onwards):
            code = "count flag"
        self._states[name] = {
            "type": "action",
            "logic": {"type": "script", "code": code},
            "transitions": onwards,
        } | self._common(name, ahead)

    def _call(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            "type": "http",
            "method": self._chance.choice(["POST", "GET"]),
            "url": HOST + "/${context.instance_id}/${context.thread_id}/${context.state_name}",
        }
        if self._likely(0.6):
            backoff = self._chance.choice(["linear", "exponential"])
            made["retry"] = {"attempts": self._chance.randint(2, 4), "backoff": backoff}
        if self._likely(0.3):
            made["timeout"] = 5000
        return made

    def _http(self, name: str, ahead: list[str], behind: list[str], depth: int) -> None:
        self._states[name] = {
            "type": "action",
            "logic": self._call(),
            "transitions": [{"target": ahead[0]}],
        } | self._common(name, ahead)
        if self._likely(0.3):
            self._states[name]["output"] = {"path": "answers", "mode": "merge", "extract": {name: "body.n"}}

    def _halting(self, name: str, ahead: list[str], behind: list[str], depth: int) -> None:
        state: dict[str, Any] = {"type": "halting"} | self._on_enter(0.08)
        kind = self._chance.choice(["form", "keys", "plain"])
        back = [{"to": self._chance.choice(behind), "key": "back"}] if self._likely(0.4) else []
        if kind == "form":
            state["presentation"] = {
                "type": "form",
                "title": "Decide, ${context.thread_id}",
                "fields": [
                    {"name": "approved", "type": "boolean", "label": "Approved", "required": True},
                    {"name": "tag", "type": "string", "label": "Tag"},
                ],
            }
            yes = {"field": "approved", "operator": "equals", "value": True}
            no = {"field": "approved", "operator": "equals", "value": False}
            state["transitions"] = [{"target": ahead[0], "condition": yes}]
            state["transitions"] += [{"target": ahead[-1], "condition": no}] if self._likely(0.7) else []
        elif kind == "keys":
            state["transition_mode"] = "selection"
            state["transitions"] = [{"to": ahead[0], "key": "go"}, {"to": ahead[-1], "key": "skip"}, *back]
        else:
            state["transitions"] = [{"target": ahead[0]}]
        if self._likely(0.25):
            state["halting_instructions"] = {"instruction": "Ask.", "include_data": ["count", "tag"]}
        if self._likely(0.4):
            state["timeout"] = {"after": self._chance.choice(["30s", "10m", "6h"]), "target": ahead[-1]}
        self._states[name] = state

    def _fork(self, name: str, ahead: list[str], behind: list[str], depth: int) -> None:
        most = 3 if depth == 0 else 2
        threads = {
            self._name("t"): {"target": self._region(depth + 1, self._chance.randint(1, 2))}
            for _ in range(self._chance.randint(2, most))
        }
        policies: list[Any] = ["all", "any", {"count": self._chance.randint(1, len(threads))}]
        join = {"target": ahead[0], "policy": self._chance.choice(policies)}
        self._states[name] = {"type": "action", "fork": {"threads": threads, "join": join}}
        if self._likely(0.4):
            self._states[name]["on_error"] = {"target": ahead[-1]}


def targets(state: dict[str, Any]) -> Iterator[str]:
    """The states that a thread may go to from a state, its join included."""
    for transition in state.get("transitions", []):
        yield transition.get("target", transition.get("to"))
    for place in (state.get("on_error"), state.get("timeout"), state.get("fork", {}).get("join")):
        if place:
            yield place["target"]
