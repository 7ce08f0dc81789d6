"""Warnings of conditions on fields that nothing can have written (ruling 3). Usually a name is misspelt there.

Such a field is always null, so the condition decides the same whatever anybody answers. What a state writes is read
from the definition. Some sources may have written any key: an input without a schema, a script that returns a variable,
a message that accepts any answer. After such a source there is no warning.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from interactor.core.jsons import Json, JsonObject
from interactor.core.near import nearest
from interactor.core.paths import Path, split
from interactor.definitions.rules.graph import Graph
from interactor.definitions.rules.report import MAX_PROBLEMS, Place, Report, quoted
from interactor.definitions.rules.script_keys import returned_keys

_DATA, _INPUT = "workflow_data", "input"
_KNOWABLE: Final = frozenset(
    {
        "$comment", "$defs", "$id", "$schema", "default", "deprecated", "description", "examples", "maxProperties",
        "minProperties", "properties", "readOnly", "required", "title", "type", "writeOnly",
    }
)  # fmt: skip
"""Keywords of an ``input_schema``. If it has no others, its ``properties`` say what the author expects."""


@dataclass(frozen=True)
class Compared:
    """A field that a condition compares: in which state, where it is written, and its path."""

    state: str
    place: Place
    field: str


class _Sources:
    """Paths that may have been written, with everything below them. ``unknown``: there may be any others."""

    def __init__(self, paths: Iterable[Path] = (), *, unknown: bool = False) -> None:
        self.paths = frozenset(paths)
        self.unknown = unknown
        self._above = frozenset(path[:length] for path in self.paths for length in range(1, len(path)))
        self._longest = max(map(len, self.paths), default=0)

    def may_hold(self, path: Path) -> bool:
        return (
            self.unknown
            or path in self._above
            or any(path[:length] in self.paths for length in range(1, min(len(path), self._longest) + 1))
        )

    @staticmethod
    def together(parts: "Iterable[_Sources]") -> "_Sources":
        listed = list(parts)
        return _Sources((path for part in listed for path in part.paths), unknown=any(part.unknown for part in listed))


_ANYTHING: Final = _Sources(unknown=True)


def warn_of_unwritten(report: Report, document: JsonObject, graph: Graph, compared: Iterable[Compared]) -> None:
    """Warn of every condition on a field that is null whenever the condition is judged.

    Args:
        document: whatever is well formed in it is read; the rest may have written anything.
        graph: the states of the document, whose initial state is one of them.
        compared: what the conditions of its states compare.
    """
    readers = _Readers(document, graph)
    told = 0
    for each in compared:
        reader = readers.of(each.state)
        if reader is None:
            continue
        path = split(each.field)
        if reader.may_be_there(path):
            continue
        told += 1
        # Only so many are listed, and searching for near names takes time.
        near = reader.nearest(path) if told <= MAX_PROBLEMS else None
        meant = f"; did you mean '{near}'?" if near is not None else ""
        report.warn(
            each.place,
            f"Nothing before can have written {quoted(each.field)}, so it is always null here: no form field, result "
            f"or property of input_schema has this name{meant}",
        )


@dataclass(frozen=True)
class _Reader:
    """What the conditions of one state can find."""

    data: _Sources
    input: _Sources

    def may_be_there(self, path: Path) -> bool:
        root, rest = path[0], path[1:]
        if root == "context" or path in ((_DATA,), (_INPUT,)):
            return True
        if root in (_DATA, _INPUT):
            return (self.data if root == _DATA else self.input).may_hold(rest)
        return self.data.may_hold(path) or self.input.may_hold(path)

    def nearest(self, path: Path) -> str | None:
        """Return the path that may have been meant, written in the same way: with the same first word that says where
        to look.
        """
        places = {_DATA: self.data, _INPUT: self.input}
        root, rest = (path[0], path[1:]) if path[0] in places else (None, path)
        for name, sources in places.items():
            if root is not None and name != root and sources.may_hold(rest):
                return ".".join((name, *rest))
        names = [
            ".".join(known) for name, each in places.items() if root in (None, name) for known in sorted(each.paths)
        ]
        near = nearest(".".join(rest)[:200], names)
        return near if root is None or near is None else f"{root}.{near}"


class _Readers:
    def __init__(self, document: JsonObject, graph: Graph) -> None:
        states: JsonObject = document["states"]
        self._created = _of_schema(document["input_schema"]) if "input_schema" in document else _ANYTHING
        self._states = {name: states[name] for name in graph.names}
        self._written = {name: _Sources.together(_writes(name, state)) for name, state in self._states.items()}
        self._answers = {name: _of_answer(state) for name, state in self._states.items()}
        self._before = graph.before()
        self._inputs: Mapping[str, set[str | None]] = graph.inputs(document["initial_state"])
        self._known: dict[str, _Reader] = {}

    def of(self, name: str) -> _Reader | None:
        """Return what conditions of the state see, or None for a state that no instance reaches."""
        if not self._inputs[name]:
            return None
        if name not in self._known:
            own = self._answers[name]
            halting = self._states[name].get("type") == "halting"
            data = _Sources.together(self._written[each] for each in {*self._before[name], name})
            inputs = [self._created if each is None else self._answers[each] for each in self._inputs[name]]
            self._known[name] = _Reader(data, own if halting else _Sources.together(inputs))
        return self._known[name]


def _writes(name: str, state: JsonObject) -> Iterator[_Sources]:
    """Yield what a state may write into the data."""
    kind = state.get("type")
    if kind == "halting":
        yield _of_answer(state)
        if "assignment" in state:
            yield _Sources([("decisions", name)])
    elif kind == "action" and "logic" in state:
        yield _of_logic(name, state)
    elif kind not in ("action", "terminal"):
        yield _ANYTHING
    if "on_error" in state:
        yield _Sources([("error",)])
    fork = state.get("fork")
    threads = fork.get("threads") if isinstance(fork, dict) else None
    if isinstance(threads, dict):
        yield _Sources(("threads", thread) for thread in threads)


def _of_answer(state: JsonObject) -> _Sources:
    """Return what a resume of a halting state may send: the fields of its form, else anything (ruling 16)."""
    presentation = state.get("presentation")
    form = isinstance(presentation, dict) and presentation.get("type") == "form"
    if not form or state.get("additional_input", False) is not False:
        return _ANYTHING
    fields = state["presentation"].get("fields")
    names = [field.get("name") if isinstance(field, dict) else None for field in _listed(fields)]
    known = [(name,) for name in names if isinstance(name, str)]
    if not known or len(known) != len(names):
        return _ANYTHING
    return _Sources([*known, *([("choice",)] if state.get("transition_mode") == "selection" else [])])


def _of_logic(name: str, state: JsonObject) -> _Sources:
    logic = state["logic"]
    kind = logic.get("type") if isinstance(logic, dict) else None
    if kind == "script" and isinstance(logic.get("code"), str):
        keys = returned_keys(logic["code"])
        return _ANYTHING if keys is None else _Sources((key,) for key in keys)
    return _of_http(name, state) if kind == "http" else _ANYTHING


def _of_http(name: str, state: JsonObject) -> _Sources:
    """Return where a result goes (ruling 7): its place, or ``results`` if that is taken.

    A body may contain anything.
    """
    output: Json = state.get("output", {})
    if isinstance(output, str):
        output = {"path": output}
    path = output.get("path", name) if isinstance(output, dict) else None
    extract = output.get("extract", {"status": "", "body": ""}) if isinstance(output, dict) else None
    if not isinstance(path, str) or not isinstance(extract, dict):
        return _ANYTHING
    places = [split(path)] if "output" in state else [(name,), ("results", name)]
    return _Sources((*place, *split(key)) for place in places for key in extract)


def _of_schema(schema: Json) -> _Sources:
    """Return the properties that the schema names. An input may have others, but nothing says that it does."""
    if not isinstance(schema, dict):
        return _ANYTHING
    properties, required = schema.get("properties"), schema.get("required", [])
    closed = schema.get("additionalProperties", False) is False
    known = isinstance(properties, dict) and isinstance(required, list) and bool(properties)
    if not known or not closed or not schema.keys() <= {*_KNOWABLE, "additionalProperties"}:
        return _ANYTHING
    return _Sources((key,) for key in (*schema["properties"], *required) if isinstance(key, str))


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
