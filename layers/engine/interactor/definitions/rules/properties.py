"""The properties that parts of a definition may have, and warnings for all others (ruling 3).

An unknown property is kept and has no effect. A misspelt ``timeout`` would be kept too, and its escalation would never
come. So there is a warning for each unknown property, with the nearest known name. A test compares the names below with
``workflow-definition.json``.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from interactor.core.jsons import Json, JsonObject
from interactor.core.near import nearest
from interactor.definitions.rules import limits
from interactor.definitions.rules.report import ROOT, Place, Report, quoted

PROPERTIES: Final[Mapping[str, tuple[str, ...]]] = {
    "definition": ("name", "initial_state", "ai_guidance", "input_schema", "states"),
    "state": (
        "type", "logic", "output", "presentation", "halting_instructions", "transition_mode", "transitions",
        "on_enter", "on_error", "timeout", "fork", "additional_input", "assignment",
    ),
    "assignment": (
        "users", "groups", "watchers", "exclude", "fallback", "outcome", "quorum", "comment", "delegation", "contact",
        "claim", "priority", "key", "labels", "due", "remind", "escalate", "links", "early",
    ),
    "people": ("users", "groups"),
    "decided": ("decided",),
    "outcome": ("field", "approve", "reject"),
    "quorum": ("approve", "reject", "per_group", "responses", "wait"),
    "claim": ("required", "for"),
    "due": ("after", "at"),
    "remind": ("before_due", "every"),
    "level": ("after", "notify", "to", "keep", "target"),
    "script": ("type", "code"),
    "http": ("type", "method", "url", "headers", "body", "timeout", "retry"),
    "retry": ("attempts", "backoff"),
    "output": ("path", "mode", "extract"),
    "presentation": ("type", "title", "description", "message", "show_progress"),
    "form": ("fields",),
    "choice": ("options",),
    "field": (
        "name", "type", "label", "required", "default", "placeholder", "multiline", "sensitive", "maxLength", "min",
        "max", "step", "minDate", "maxDate", "accept", "maxSize", "multiple", "options",
    ),
    "option": ("value", "label", "description"),
    "instruction": ("instruction", "include_data"),
    "halting_instructions": ("type", "config"),
    "ai": ("prompt", "model", "include_data_paths"),
    "message": ("title", "message", "include_data_paths"),
    "transition": ("target", "to", "key", "description", "condition"),
    "condition": ("field", "equals", "not_equals", "operator", "value", "and", "or"),
    "on_error": ("target",),
    "timeout": ("after", "target"),
    "fork": ("threads", "join"),
    "thread": ("target",),
    "join": ("target", "policy"),
    "policy": ("count",),
}  # fmt: skip
"""The properties of each part. A presentation has those of ``presentation`` and those of its type."""

Part = tuple[Place, JsonObject, tuple[str, ...]]
"""A part of a definition: where it is, and the names of the properties it may have."""


def warn_of_unknown(report: Report, document: JsonObject) -> None:
    """Warn of every property that a part of the definition does not have."""
    for place, part, known in _parts(document):
        for name in part:
            if name not in known:
                near = nearest(name, known)
                meant = f"; did you mean '{near}'?" if near is not None else ""
                report.warn(place / name, f"The property {quoted(name)} is unknown and does nothing{meant}")


def _parts(document: JsonObject) -> Iterator[Part]:
    """Yield every part that can have properties. Other checks report the parts that have the wrong shape."""
    yield ROOT, document, PROPERTIES["definition"]
    for name, state in _object(document.get("states")).items():
        if isinstance(state, dict):
            yield from _state(ROOT / "states" / name, state)


def _state(place: Place, state: JsonObject) -> Iterator[Part]:
    yield place, state, PROPERTIES["state"]
    for key in ("logic", "on_enter"):
        yield from _logic(place / key, _object(state.get(key)))
    for key in ("output", "on_error", "timeout"):
        yield place / key, _object(state.get(key)), PROPERTIES[key]
    yield from _presentation(place / "presentation", _object(state.get("presentation")))
    yield from _instructions(place / "halting_instructions", _object(state.get("halting_instructions")))
    for here, transition in _objects(place / "transitions", state.get("transitions")):
        yield here, transition, PROPERTIES["transition"]
        yield from _condition(here / "condition", _object(transition.get("condition")))
    yield from _fork(place / "fork", _object(state.get("fork")))


def _logic(place: Place, logic: JsonObject) -> Iterator[Part]:
    kind = logic.get("type")
    if kind in ("script", "http"):
        yield place, logic, PROPERTIES[kind]
        yield place / "retry", _object(logic.get("retry")), PROPERTIES["retry"]


def _presentation(place: Place, presentation: JsonObject) -> Iterator[Part]:
    kind = presentation.get("type")
    own = PROPERTIES[kind] if kind in ("form", "choice") else ()
    yield place, presentation, PROPERTIES["presentation"] + own
    for here, field in _objects(place / "fields", presentation.get("fields")):
        yield here, field, PROPERTIES["field"]
        for option in _objects(here / "options", field.get("options")):
            yield *option, PROPERTIES["option"]
    for option in _objects(place / "options", presentation.get("options")):
        yield *option, PROPERTIES["option"]


def _instructions(place: Place, written: JsonObject) -> Iterator[Part]:
    yield place, written, PROPERTIES["halting_instructions" if "type" in written else "instruction"]
    kind = written.get("type")
    if kind in ("ai", "message"):
        yield place / "config", _object(written.get("config")), PROPERTIES[kind]


def _condition(place: Place, condition: JsonObject) -> Iterator[Part]:
    conditions = [(place, condition, 1)]
    while conditions:
        here, found, depth = conditions.pop()
        yield here, found, PROPERTIES["condition"]
        if depth < limits.CONDITION_DEPTH:
            for form in ("and", "or"):
                conditions += [(at, part, depth + 1) for at, part in _objects(here / form, found.get(form))]


def _fork(place: Place, fork: JsonObject) -> Iterator[Part]:
    yield place, fork, PROPERTIES["fork"]
    for name, thread in _object(fork.get("threads")).items():
        yield place / "threads" / name, _object(thread), PROPERTIES["thread"]
    join = _object(fork.get("join"))
    yield place / "join", join, PROPERTIES["join"]
    yield place / "join" / "policy", _object(join.get("policy")), PROPERTIES["policy"]


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _objects(place: Place, value: Json) -> Iterator[tuple[Place, JsonObject]]:
    for number, item in enumerate(value if isinstance(value, list) else []):
        if isinstance(item, dict):
            yield place / number, item
