"""The bodies of requests, as typed values. Unknown members are ignored; every wrong one is named.

A body is a frozen dataclass whose members each say how they are judged. (A validation library would cost every cold
start more than the rest of the API layer together.)
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, Literal, TypeVar

from interactor.api.request import Request
from interactor.core import jsons, limits
from interactor.core.errors import InvalidRequestError, PayloadTooLargeError
from interactor.core.jsons import Json, JsonObject

RAW_INPUT_BYTES = 512 * limits.KILOBYTE
"""Of the body as sent: escapes and white space are not counted against the input's own 64 KB."""

TEXT_CHARACTERS = 1_000

Wrong = tuple[str, str]
"""Where in a member something is wrong (empty: the member itself), and what."""
Judge = Callable[[Any], Iterator[Wrong]]
Judges = Mapping[str, Judge]


def text(most: int = TEXT_CHARACTERS) -> Judge:
    """A text of at most so many characters."""

    def judge(value: Any) -> Iterator[Wrong]:
        if not isinstance(value, str):
            yield "", "must be a text"
        elif len(value) > most:
            yield "", f"must have at most {most:,} characters"

    return judge


def texts(most: int) -> Judge:
    """A list of at most so many texts."""

    def judge(value: Any) -> Iterator[Wrong]:
        if not isinstance(value, list):
            yield "", "must be a list of texts"
        elif len(value) > most:
            yield "", f"must have at most {most:,} elements"
        else:
            for number, each in enumerate(value):
                for _, message in text()(each):
                    yield str(number), message

    return judge


def whole(value: Any) -> Iterator[Wrong]:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        yield "", "must be a whole number"


def json_object(value: Any) -> Iterator[Wrong]:
    """A JSON object."""
    if not isinstance(value, dict):
        yield "", "must be a JSON object"


def anything(_: Any) -> Iterator[Wrong]:
    """Whatever it is: judged elsewhere."""
    yield from ()


def one_of(*choices: str) -> Judge:
    """One of these texts."""

    def judge(value: Any) -> Iterator[Wrong]:
        if value not in choices:
            yield "", f"must be one of {', '.join(choices)}"

    return judge


def optional(judge: Judge) -> Judge:
    """That, or null."""
    return lambda value: iter(()) if value is None else judge(value)


@dataclass(frozen=True)
class Body:
    """What all bodies are. A member without a default is required."""

    MEMBERS: ClassVar[Judges] = {}

    @classmethod
    def required(cls) -> set[str]:
        """The members that must be sent."""
        return {each.name for each in fields(cls) if each.default is MISSING and each.default_factory is MISSING}


Made = TypeVar("Made", bound=Body)


@dataclass(frozen=True)
class CreateInstance(Body):
    """``POST /workflows/{name}/instances``."""

    MEMBERS: ClassVar[Judges] = {"namespace": anything, "input": json_object}
    namespace: Json = None
    input: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class Resume(Body):
    """``POST .../resume``; the choice may stand beside the input or in it."""

    MEMBERS: ClassVar[Judges] = {
        "input": json_object,
        "selected_option": optional(text()),
        "choice": optional(text()),
        "expected_state": optional(text()),
    }
    input: JsonObject = field(default_factory=dict)
    selected_option: str | None = None
    choice: str | None = None
    expected_state: str | None = None

    def __post_init__(self) -> None:
        if None not in (self.selected_option, self.choice) and self.selected_option != self.choice:
            raise _refused([{"field": "body", "message": "selected_option and choice differ; send one of them"}])

    @property
    def option(self) -> str | None:
        """The option that was taken, where it stands beside the input."""
        return self.selected_option if self.selected_option is not None else self.choice


@dataclass(frozen=True)
class CreateFile(Body):
    """``POST .../files``; ``thread_id`` where several threads are halted, ``size`` in bytes."""

    MEMBERS: ClassVar[Judges] = {
        "field": text(),
        "name": text(limits.BODY_BYTES),
        "content_type": text(),
        "size": whole,
        "thread_id": optional(text()),
        "replaces": optional(text()),
    }
    field: str
    name: str
    content_type: str
    size: int
    thread_id: str | None = None
    replaces: str | None = None


@dataclass(frozen=True)
class CreateSubscription(Body):
    """``POST /webhooks/subscriptions``."""

    MEMBERS: ClassVar[Judges] = {
        "url": text(limits.BODY_BYTES),
        "events": texts(50),
        "secret": optional(text(256)),
        "namespace_filter": anything,
    }
    url: str
    events: Sequence[str]
    secret: str | None = None
    namespace_filter: Json = None


@dataclass(frozen=True)
class ChangeSubscription(Body):
    """``PATCH /webhooks/subscriptions/{id}``: what is not given stays; ``namespace_filter: null`` takes it away."""

    MEMBERS: ClassVar[Judges] = {
        "url": text(limits.BODY_BYTES),
        "events": texts(50),
        "namespace_filter": anything,
        "status": one_of("active", "disabled"),
    }
    url: str = ""
    events: Sequence[str] = ()
    namespace_filter: Json = None
    status: Literal["active", "disabled"] = "active"
    given: frozenset[str] = frozenset()
    """The members that the caller sent."""


@dataclass(frozen=True)
class RotateSecret(Body):
    """``POST /webhooks/subscriptions/{id}/rotate-secret``."""

    MEMBERS: ClassVar[Judges] = {"secret": optional(text(256))}
    secret: str | None = None


@dataclass(frozen=True)
class TestSubscription(Body):
    """``POST /webhooks/subscriptions/{id}/test``."""

    MEMBERS: ClassVar[Judges] = {"event": optional(text())}
    event: str | None = None


@dataclass(frozen=True)
class ReplayDeliveries(Body):
    """``POST /webhooks/subscriptions/{id}/replay``."""

    MEMBERS: ClassVar[Judges] = {"since": text(), "until": optional(text()), "status": optional(text())}
    since: str
    until: str | None = None
    status: str | None = None


def read(kind: type[Made], request: Request, most: int = limits.BODY_BYTES) -> Made:
    """The body as one of the values above.

    Raises:
        PayloadTooLargeError: when the body, or its ``input``, is over its limit.
        InvalidRequestError: when it is no JSON object, or members are wrong.
    """
    document = request.object(most)
    given = {name: document[name] for name in kind.MEMBERS if name in document}
    wrong = [{"field": name, "message": "is missing"} for name in sorted(kind.required() - given.keys())]
    for name, value in given.items():
        found = kind.MEMBERS[name](value)
        wrong += [{"field": f"{name}.{at}".rstrip("."), "message": message} for at, message in found]
    if wrong:
        raise _refused(wrong)
    told: JsonObject = {"given": frozenset(given)} if "given" in kind.__dataclass_fields__ else {}
    body = kind(**given, **told)
    sent = given.get("input")
    if sent and jsons.size(sent) > limits.INPUT_BYTES:
        message = "The input is larger than 64 KB as JSON; keep large documents elsewhere and send a reference"
        raise PayloadTooLargeError(message, [{"field": "input", "message": message}])
    return body


def _refused(wrong: list[JsonObject]) -> InvalidRequestError:
    return InvalidRequestError("The body has wrong members; details lists them", wrong)
