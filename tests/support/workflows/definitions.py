"""The definitions of the API's examples, and what tests make of them."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent / "examples"


@cache
def _read(name: str) -> str:
    return (EXAMPLES / f"{name}.json").read_text()


def example(name: str) -> Any:
    """An example of the API, as it is written there."""
    return json.loads(_read(name))


def halting(**more: Any) -> dict[str, Any]:
    """A halting state that any input takes to ``done``."""
    return {
        "type": "halting",
        "presentation": {"type": "message", "message": "Waiting"},
        "transitions": [{"target": "done"}],
    } | more


def one(state: dict[str, Any], name: str = "flow", **states: Any) -> dict[str, Any]:
    """A workflow that begins with one state, beside ``done`` and whatever else is given."""
    return {
        "name": name,
        "initial_state": "begin",
        "states": copy.deepcopy({"begin": state, "done": {"type": "terminal"}, **states}),
    }


def script(code: str, *targets: Any, **more: Any) -> dict[str, Any]:
    """An action state that runs a script."""
    return {"type": "action", "logic": {"type": "script", "code": code}, "transitions": _to(targets)} | more


def http(url: str, *targets: Any, method: str = "POST", **logic: Any) -> dict[str, Any]:
    """An action state that makes a request."""
    return {
        "type": "action",
        "logic": {"type": "http", "method": method, "url": url, **logic},
        "transitions": _to(targets),
    }


def _to(targets: tuple[Any, ...]) -> list[Any]:
    return [{"target": each} if isinstance(each, str) else each for each in targets or ("done",)]
