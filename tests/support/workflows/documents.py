"""Definitions to begin from: the documentation's own, small ones, and ways to change one place of them."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent / "examples"
REMOVED = object()


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))


def small(**states: Any) -> dict[str, Any]:
    """Start, ask, end; with states added or replaced."""
    document = {
        "name": "small",
        "initial_state": "start",
        "states": {
            "start": {
                "type": "action",
                "logic": {"type": "script", "code": "return {}"},
                "transitions": [{"target": "ask"}],
            },
            "ask": {
                "type": "halting",
                "presentation": {"type": "message", "message": "Well?"},
                "transitions": [{"target": "end"}],
            },
            "end": {"type": "terminal"},
        },
    }
    document["states"].update(states)
    return document


def forking(**fork: Any) -> dict[str, Any]:
    """Two threads that each halt and end, and a join."""
    waits = {"type": "halting", "transitions": [{"target": "signed"}]}
    return {
        "name": "review",
        "initial_state": "review",
        "states": {
            "review": {
                "type": "action",
                "fork": {
                    "threads": {"finance": {"target": "await_finance"}, "legal": {"target": "await_legal"}},
                    "join": {"target": "decide", "policy": "all"},
                    **fork,
                },
            },
            "await_finance": waits,
            "await_legal": copy.deepcopy(waits),
            "signed": {"type": "terminal"},
            "decide": {"type": "action", "transitions": [{"target": "done"}]},
            "done": {"type": "terminal"},
        },
    }


def calling(**http: Any) -> dict[str, Any]:
    """``small``, whose first state calls out."""
    logic = {"type": "http", "method": "POST", "url": "https://api.example.com/orders", **http}
    return small(start={"type": "action", "logic": logic, "transitions": [{"target": "ask"}]})


def asking(*fields: Any) -> dict[str, Any]:
    """``small``, whose halting state shows a form."""
    return small(
        ask={
            "type": "halting",
            "presentation": {"type": "form", "fields": list(fields)},
            "transitions": [{"target": "end"}],
        }
    )


def put(document: Any, path: str, value: Any) -> Any:
    """A copy with the value at ``a.b.0.c`` replaced, or removed."""
    changed = copy.deepcopy(document)
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    node = changed
    for step in steps:
        node = node[step]
    if value is REMOVED:
        del node[last]
    else:
        node[last] = value
    return changed


def placed(path: str, build: Callable[[], Any] = small) -> Callable[[Any], Any]:
    """A function that puts its value at ``path``."""
    return lambda value: put(build(), path, value)
