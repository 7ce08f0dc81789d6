"""The bodies of requests, as typed values. Every member that is wrong or unknown is named (ruling 22).

A body is a frozen dataclass whose members each say how they are judged, in the terms of pydantic's core, which judges
them. pydantic's models would say the same, and add 105 ms to a cold start (docs/dependencies.md has the figures).
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, TypeVar

from pydantic_core import SchemaValidator, ValidationError

from interactor.api.request import Request
from interactor.core import jsons, limits
from interactor.core.errors import InvalidRequestError, PayloadTooLargeError
from interactor.core.jsons import Json, JsonObject
from interactor.core.near import nearest

if TYPE_CHECKING:
    from pydantic_core.core_schema import CoreSchema, TypedDictField

RAW_INPUT_BYTES = 512 * limits.KILOBYTE
"""Of the body as sent: escapes and white space are not counted against the input's own 64 KB."""

TEXT_CHARACTERS = 1_000

_WRONG_MEMBERS = 20
"""Of one body, that a refusal names."""
_NAME_CHARACTERS = 80

Judge: TypeAlias = "CoreSchema"
Members: TypeAlias = Mapping[str, "CoreSchema"]


def text(most: int = TEXT_CHARACTERS) -> Judge:
    """A text of at most so many characters."""
    return _told({"type": "str", "max_length": most, "strict": True}, f"must be a text of at most {most:,} characters")


def _told(judge: Judge, message: str) -> Judge:
    return {"type": "custom-error", "schema": judge, "custom_error_type": "wrong", "custom_error_message": message}


def _or_null(judge: Judge) -> Judge:
    return {"type": "nullable", "schema": judge}


ANYTHING: Judge = {"type": "any"}
"""Judged elsewhere."""
OBJECT = _told({"type": "dict", "strict": True}, "must be a JSON object")
WHOLE = _told({"type": "int", "strict": True}, "must be a whole number")
OPTIONAL_TEXT = _or_null(text())
HALT_ID = _or_null(
    _told(
        {"type": "str", "pattern": r"\Ahalt_[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}\z", "strict": True},
        "must be the halt_id of an answer or webhook: 'halt_' and 26 letters and digits",
    )
)
SECRET = _or_null(text(256))
EVENTS = _told(
    {"type": "list", "items_schema": text(), "max_length": 50, "strict": True},
    "must be a list of at most 50 event types",
)
RATE = _or_null(
    _told(
        {"type": "int", "ge": 1, "le": limits.RATE_PER_MINUTE_MAXIMUM, "strict": True},
        f"must be a whole number from 1 to {limits.RATE_PER_MINUTE_MAXIMUM:,}",
    )
)
STATUS = _told({"type": "literal", "expected": ["active", "disabled"]}, "must be active or disabled")


@dataclass(frozen=True)
class Body:
    """What all bodies are. A member without a default is required."""

    MEMBERS: ClassVar[Members] = {}
    ELSEWHERE: ClassVar[str] = ""
    """Where the body takes what has no place at its top level, for whoever put it there."""

    @classmethod
    def required(cls) -> set[str]:
        """The members that must be sent."""
        return {each.name for each in fields(cls) if each.default is MISSING and each.default_factory is MISSING}

    @classmethod
    @cache
    def judge(cls) -> SchemaValidator:
        """What reads a document as the members that were sent, and raises ``ValidationError`` for wrong ones."""
        required = cls.required()
        members: dict[str, TypedDictField] = {
            name: {"type": "typed-dict-field", "schema": judge, "required": name in required}
            for name, judge in cls.MEMBERS.items()
        }
        return SchemaValidator({"type": "typed-dict", "fields": members, "extra_behavior": "forbid"})


Made = TypeVar("Made", bound=Body)


@dataclass(frozen=True)
class CreateInstance(Body):
    """``POST /workflows/{name}/instances``."""

    MEMBERS: ClassVar[Members] = {"namespace": ANYTHING, "input": OBJECT}
    ELSEWHERE = "what the workflow is to have belongs in input"
    namespace: Json = None
    input: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class Resume(Body):
    """``POST .../resume``; the choice may stand beside the input or in it."""

    MEMBERS: ClassVar[Members] = {
        "input": OBJECT,
        "selected_option": OPTIONAL_TEXT,
        "choice": OPTIONAL_TEXT,
        "expected_state": OPTIONAL_TEXT,
        "halt_id": HALT_ID,
    }
    ELSEWHERE = 'answers belong in input, as {"input": {"approved": true}}'
    input: JsonObject | None = None
    selected_option: str | None = None
    choice: str | None = None
    expected_state: str | None = None
    halt_id: str | None = None

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

    MEMBERS: ClassVar[Members] = {
        "field": text(),
        "name": text(limits.BODY_BYTES),
        "content_type": text(),
        "size": WHOLE,
        "thread_id": OPTIONAL_TEXT,
        "replaces": OPTIONAL_TEXT,
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

    MEMBERS: ClassVar[Members] = {
        "url": text(limits.BODY_BYTES),
        "events": EVENTS,
        "secret": SECRET,
        "namespace_filter": ANYTHING,
        "rate_per_minute": RATE,
    }
    url: str
    events: Sequence[str]
    secret: str | None = None
    namespace_filter: Json = None
    rate_per_minute: int | None = None


@dataclass(frozen=True)
class ChangeSubscription(Body):
    """``PATCH /webhooks/subscriptions/{id}``: what is not given stays; null takes filter or rate away."""

    MEMBERS: ClassVar[Members] = {
        "url": text(limits.BODY_BYTES),
        "events": EVENTS,
        "namespace_filter": ANYTHING,
        "rate_per_minute": RATE,
        "status": STATUS,
    }
    url: str = ""
    events: Sequence[str] = ()
    namespace_filter: Json = None
    rate_per_minute: int | None = None
    status: Literal["active", "disabled"] = "active"
    given: frozenset[str] = frozenset()
    """The members that the caller sent."""


@dataclass(frozen=True)
class RotateSecret(Body):
    """``POST /webhooks/subscriptions/{id}/rotate-secret``."""

    MEMBERS: ClassVar[Members] = {"secret": SECRET}
    secret: str | None = None


@dataclass(frozen=True)
class TestSubscription(Body):
    """``POST /webhooks/subscriptions/{id}/test``."""

    MEMBERS: ClassVar[Members] = {"event": OPTIONAL_TEXT}
    event: str | None = None


@dataclass(frozen=True)
class ReplayDeliveries(Body):
    """``POST /webhooks/subscriptions/{id}/replay``."""

    MEMBERS: ClassVar[Members] = {"since": text(), "until": OPTIONAL_TEXT, "status": OPTIONAL_TEXT}
    since: str
    until: str | None = None
    status: str | None = None


def read(kind: type[Made], request: Request, most: int = limits.BODY_BYTES) -> Made:
    """The body as one of the values above.

    Raises:
        PayloadTooLargeError: when the body, or its ``input``, is over its limit.
        InvalidRequestError: when it is no JSON object, or members are wrong or unknown.
    """
    document = request.object(most)
    try:
        given: JsonObject = kind.judge().validate_python(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise _refused([_wrong(kind, each) for each in found[:_WRONG_MEMBERS]]) from None
    told: dict[str, Any] = {"given": frozenset(given)} if "given" in kind.__dataclass_fields__ else {}
    body = kind(**given, **told)
    sent = given.get("input")
    if sent and jsons.size(sent) > limits.INPUT_BYTES:
        message = "The input is larger than 64 KB as JSON; keep large documents elsewhere and send a reference"
        raise PayloadTooLargeError(message, [{"field": "input", "message": message}])
    return body


def _wrong(kind: type[Body], error: Any) -> JsonObject:
    name = ".".join(str(part) for part in error["loc"])[:_NAME_CHARACTERS]
    if error["type"] == "missing":
        return {"field": name, "message": "is required"}
    if error["type"] == "extra_forbidden":
        return {"field": name, "message": _unknown(kind, name)}
    return {"field": name, "message": str(error["msg"])}


def _unknown(kind: type[Body], name: str) -> str:
    near = nearest(name, kind.MEMBERS)
    hints = [f"did you mean '{near}'?"] if near is not None else []
    if kind.ELSEWHERE:
        hints.append(kind.ELSEWHERE)
    elif near is None:
        hints.append(f"it has {', '.join(kind.MEMBERS)}")
    return f"is not a member of this body: {' '.join(hints)}"


def _refused(wrong: list[JsonObject]) -> InvalidRequestError:
    first = f"{wrong[0]['field']} {wrong[0]['message']}"
    more = "" if len(wrong) == 1 else f" (and {len(wrong) - 1} more, see details)"
    return InvalidRequestError(f"The body has invalid members: {first}{more}", list(wrong))
