"""The compiled form of a definition: what the engine reads, whatever spelling was posted.

It is stored as JSON with the version of the compiler that wrote it. ``load`` refuses any other version. Then the posted
document, which is kept as posted, is compiled again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from interactor.core import releases
from interactor.core.jsons import Json, JsonObject
from interactor.core.times import Millis

COMPILER_VERSION = 3
"""Written where a definition needs it: version 1 knows no template in ``timeout.after``, and would end such a halt at
once; version 2 knows no ``assignment``, and would let anybody decide. What an earlier version understands is written
as that, so that the release before can read it.
"""
READABLE = (1, 2, 3)
"""What is older is compiled again. What is newer needs what this release does not know, and is left alone."""

StateType: TypeAlias = Literal["action", "halting", "terminal"]


DECISIONS = "decisions"
"""The key of the data under which the decisions of tasks stand, by state. Nothing else may write it (ruling 37)."""


class OtherCompilerError(ValueError):
    """The stored form was written by another compiler version; compile the posted document again."""


@dataclass(frozen=True)
class ScriptLogic:
    """JavaScript, the body of a function."""

    code: str


@dataclass(frozen=True)
class HttpLogic:
    """One outgoing request. ``url``, ``headers`` and ``body`` are templates (ruling 13).

    ``has_body`` distinguishes a null body from no body.
    """

    method: str
    url: str
    headers: JsonObject
    body: Json
    has_body: bool
    timeout_ms: Millis = 30_000
    attempts: int = 1
    backoff: Literal["exponential", "linear"] = "exponential"


Logic: TypeAlias = ScriptLogic | HttpLogic


@dataclass(frozen=True)
class Output:
    """Where an HTTP result goes (ruling 7). A ``path`` of None means its usual place."""

    path: str | None
    mode: Literal["replace", "merge"]
    extract: Mapping[str, str] | None


@dataclass(frozen=True)
class Transition:
    """A way out of a state. ``condition`` is the posted document, which ``interactor.core.conditions`` evaluates."""

    target: str
    key: str | None
    description: str | None
    condition: JsonObject | None


@dataclass(frozen=True)
class Instructions:
    """What a halt tells its reader.

    The texts are templates. The ``kind`` ``ai`` has a ``prompt``, the others have a ``message``.
    """

    kind: Literal["message", "ai"]
    title: str | None
    message: str | None
    prompt: str | None
    model: str | None
    include_data: tuple[str, ...]


Work: TypeAlias = Logic | Instructions
"""What a step may have to do besides following the rules."""


@dataclass(frozen=True)
class Timeout:
    """After ``after_ms`` milliseconds, a halt goes to ``target``.

    ``after`` is a template for that time, if the definition has one.
    """

    after_ms: Millis
    target: str
    after: str | None = None


@dataclass(frozen=True)
class ForkThread:
    """One thread of a fork, and the state at which it starts."""

    name: str
    target: str


@dataclass(frozen=True)
class Fork:
    """Threads in the order of the definition, and the join: ``policy_count`` of them must complete (ruling 19)."""

    threads: tuple[ForkThread, ...]
    join_target: str
    policy_count: int


@dataclass(frozen=True)
class State:
    """One state. ``presentation`` is the posted document, with its templates. With ``additional_input``, a resume may
    send keys that are no fields of the form.
    """

    name: str
    type: StateType
    logic: Logic | None
    on_enter: Logic | None
    transitions: tuple[Transition, ...]
    presentation: JsonObject | None
    instructions: Instructions | None
    transition_mode: Literal["selection", "condition"]
    on_error: str | None
    timeout: Timeout | None
    fork: Fork | None
    output: Output | None
    additional_input: bool = False
    assignment: JsonObject | None = None
    """Who decides, as it was posted, with its templates; they are filled as the halt begins (``assignments``)."""


@dataclass(frozen=True)
class Definition:
    """A definition, compiled."""

    name: str
    initial_state: str
    states: Mapping[str, State]
    input_schema: JsonObject | None

    @property
    def asks_people(self) -> bool:
        """Whether a state has an assignment: then ``decisions`` is the key of what tasks decided."""
        return any(state.assignment is not None for state in self.states.values())

    def to_json(self) -> JsonObject:
        """Return the form that is stored."""
        return {
            "compiler": max((_version(each) for each in self.states.values()), default=1),
            "name": self.name,
            "initial_state": self.initial_state,
            "states": {name: _state_to_json(state) for name, state in self.states.items()},
            "input_schema": self.input_schema,
        }

    @classmethod
    def load(cls, stored: JsonObject) -> "Definition":
        """Read what ``to_json`` wrote.

        Raises:
            LaterReleaseError: a later version of the compiler wrote it.
            OtherCompilerError: an earlier version wrote it.
        """
        releases.require_readable({"schema": stored.get("compiler", 0)}, COMPILER_VERSION, "the compiled definition")
        if stored.get("compiler") not in READABLE:
            raise OtherCompilerError(f"compiled by version {stored.get('compiler')}, not {COMPILER_VERSION}")
        states = {name: _state_from_json(name, state) for name, state in stored["states"].items()}
        return cls(stored["name"], stored["initial_state"], states, stored["input_schema"])


def _version(state: State) -> int:
    """The earliest version of the compiler that understands a state."""
    if state.assignment is not None:
        return COMPILER_VERSION
    return 2 if state.timeout is not None and state.timeout.after is not None else 1


def _state_to_json(state: State) -> JsonObject:
    """Return a state for storage, without what is None or empty: a definition of a hundred states has mostly that."""
    fork, output = state.fork, state.output
    full: JsonObject = {
        "type": state.type,
        "logic": _logic_to_json(state.logic),
        "on_enter": _logic_to_json(state.on_enter),
        "transitions": [_bare(vars(transition)) for transition in state.transitions],
        "presentation": state.presentation,
        "instructions": None if state.instructions is None else {**vars(state.instructions)},
        "transition_mode": None if state.transition_mode == "condition" else state.transition_mode,
        "on_error": state.on_error,
        "timeout": None if state.timeout is None else _bare(vars(state.timeout)),
        "fork": None
        if fork is None
        else {**vars(fork), "threads": [[thread.name, thread.target] for thread in fork.threads]},
        "output": None if output is None else {**vars(output)},
        "additional_input": state.additional_input or None,
        "assignment": state.assignment,
    }
    if state.instructions is not None:
        full["instructions"]["include_data"] = list(state.instructions.include_data)
    if output is not None and output.extract is not None:
        full["output"]["extract"] = dict(output.extract)
    return {key: value for key, value in full.items() if value is not None and value != []}


def _state_from_json(name: str, stored: JsonObject) -> State:
    instructions, timeout, fork, output = (stored.get(key) for key in ("instructions", "timeout", "fork", "output"))
    return State(
        name=name,
        type=stored["type"],
        logic=_logic_from_json(stored.get("logic")),
        on_enter=_logic_from_json(stored.get("on_enter")),
        transitions=tuple(
            Transition(item["target"], item.get("key"), item.get("description"), item.get("condition"))
            for item in stored.get("transitions", ())
        ),
        presentation=stored.get("presentation"),
        instructions=None
        if instructions is None
        else Instructions(**{**instructions, "include_data": tuple(instructions["include_data"])}),
        transition_mode=stored.get("transition_mode", "condition"),
        on_error=stored.get("on_error"),
        timeout=None if timeout is None else Timeout(**timeout),
        fork=None
        if fork is None
        else Fork(
            tuple(ForkThread(thread, target) for thread, target in fork["threads"]),
            fork["join_target"],
            fork["policy_count"],
        ),
        output=None if output is None else Output(**output),
        additional_input=stored.get("additional_input", False),
        assignment=stored.get("assignment"),
    )


def _logic_to_json(logic: Logic | None) -> JsonObject | None:
    if logic is None:
        return None
    return {"type": "script" if isinstance(logic, ScriptLogic) else "http", **vars(logic)}


def _logic_from_json(stored: JsonObject | None) -> Logic | None:
    if stored is None:
        return None
    fields = {key: value for key, value in stored.items() if key != "type"}
    return ScriptLogic(**fields) if stored["type"] == "script" else HttpLogic(**fields)


def _bare(fields: Mapping[str, Json]) -> JsonObject:
    return {key: value for key, value in fields.items() if value is not None}
