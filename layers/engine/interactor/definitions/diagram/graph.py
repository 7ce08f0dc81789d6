"""The graph behind a diagram: states, the ways between them, and which of them an instance took."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from interactor.core import jsons
from interactor.core.jsons import Json, JsonObject
from interactor.definitions.rules.model import Definition, State, Transition

_LONGEST_LABEL = 40
_SIGNS = {"gt": ">", "gte": "≥", "lt": "<", "lte": "≤", "equals": "=", "not_equals": "≠"}


@dataclass(frozen=True)
class Edge:
    """A way from one state to another. ``kind`` says what leads there."""

    source: str
    target: str
    label: str
    kind: str
    """``transition``, ``error``, ``timeout``, ``fork`` or ``join``."""


@dataclass(frozen=True)
class Taken:
    """Where an instance went: the ways it took, the states it entered, and where it is."""

    ways: frozenset[tuple[str, str]] = frozenset()
    entered: frozenset[str] = frozenset()
    standing: Mapping[str, str] = field(default_factory=dict)
    """State to ``running``, ``halted``, ``completed``, ``failed`` or ``cancelled``."""


@dataclass(frozen=True)
class Graph:
    """A definition as nodes and edges, in the order in which it was written."""

    initial: str
    states: Mapping[str, State]
    edges: tuple[Edge, ...]


def graph_of(definition: Definition) -> Graph:
    """Return the graph of a definition."""
    edges = [edge for state in definition.states.values() for edge in _edges(state)]
    return Graph(definition.initial_state, definition.states, tuple(dict.fromkeys(edges)))


def taken(events: Iterable[JsonObject], standing: Mapping[str, str]) -> Taken:
    """Return the way of an instance, from its events."""
    ways: set[tuple[str, str]] = set()
    entered: set[str] = set()
    for event in events:
        if (event["type"], event["subtype"]) == ("lifecycle", "created"):
            entered.add(event["initial_state"])
        elif (event["type"], event["subtype"]) == ("transition", "state_change"):
            entered.add(event["to_state"])
            ways.add((event["from_state"], event["to_state"]))
    return Taken(frozenset(ways), frozenset(entered | set(standing)), standing)


def _edges(state: State) -> list[Edge]:
    found = [Edge(state.name, each.target, _label(each), "transition") for each in state.transitions]
    if state.on_error is not None:
        found.append(Edge(state.name, state.on_error, "on error", "error"))
    if state.timeout is not None:
        found.append(Edge(state.name, state.timeout.target, "timeout", "timeout"))
    if state.fork is not None:
        found += [Edge(state.name, each.target, each.name, "fork") for each in state.fork.threads]
        label = f"join {state.fork.policy_count} of {len(state.fork.threads)}"
        found.append(Edge(state.name, state.fork.join_target, label, "join"))
    return found


def _label(transition: Transition) -> str:
    if transition.key is not None:
        return transition.key
    text = "" if transition.condition is None else _condition(transition.condition)
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


def _condition(condition: JsonObject) -> str:
    for word in ("and", "or"):
        if word in condition:
            return f" {word} ".join(_condition(each) for each in condition[word]) or word
    for name, sign in (("equals", "="), ("not_equals", "≠")):
        if name in condition:
            return f"{condition['field']} {sign} {_value(condition[name])}"
    operator = str(condition["operator"])
    return f"{condition['field']} {_SIGNS.get(operator, operator)} {_value(condition['value'])}"


def _value(value: Json) -> str:
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    return value if isinstance(value, str) else jsons.text(value)
