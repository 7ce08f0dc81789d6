"""Walks a state machine as Step Functions would and counts its transitions.

A transition is a state that is entered ("Step Functions counts a state transition each time a step of your workflow
is executed"). Nothing is executed: a task's result is given, a choice is decided by it.
"""

from collections.abc import Mapping
from typing import Any


def transitions(machine: Mapping[str, Any], results: Mapping[str, Any]) -> list[str]:
    """The names of the states that are entered, in order; ``results`` are what tasks put at their ``ResultPath``."""
    entered: list[str] = []
    data: dict[str, Any] = {}
    name: str | None = machine["StartAt"]
    while name is not None:
        state = machine["States"][name]
        entered.append(name)
        match state["Type"]:
            case "Choice":
                name = next((rule["Next"] for rule in state["Choices"] if _holds(rule, data)), state.get("Default"))
                continue
            case "Parallel":
                for branch in state["Branches"]:
                    entered += transitions(branch, results)
            case "Task" if name in results:
                data[state["ResultPath"].removeprefix("$.")] = results[name]
            case "Succeed" | "Fail":
                return entered
        name = None if state.get("End") else state["Next"]
    return entered


def _holds(rule: Mapping[str, Any], data: Any) -> bool:
    for part in rule["Variable"].removeprefix("$.").split("."):
        data = data[part]
    return bool(data is rule["BooleanEquals"])
