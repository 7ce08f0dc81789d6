"""The bodies of requests, as typed values. An error names every member that is wrong or unknown (ruling 22).

A body is a frozen dataclass whose ``MEMBERS`` say what each member may be. Both the check of requests and the schemas
of the API's description are made from them. pydantic's core makes the check. pydantic's models would add 105 ms to a
cold start (docs/dependencies.md has the figures).
"""

import keyword
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias, TypeVar

from pydantic_core import SchemaValidator, ValidationError

from interactor.api.members import ANY_WHOLE, OBJECT, OPTIONAL_TEXT, TEXT_CHARACTERS, Member, one_of, text, whole
from interactor.api.request import Request
from interactor.api.shapes import TEXT, TIME, list_of, maybe, ref, shape
from interactor.core import jsons, limits
from interactor.core.errors import InvalidRequestError, PayloadTooLargeError
from interactor.core.jsons import Json, JsonObject
from interactor.core.near import nearest

if TYPE_CHECKING:
    from pydantic_core.core_schema import TypedDictField

RAW_INPUT_BYTES = 512 * limits.KILOBYTE
"""Bound of the body as sent: escapes and white space do not count against the input's own 64 KB."""

_WRONG_MEMBERS = 20
"""One refusal names so many members of a body."""
_NAME_CHARACTERS = 80

Members: TypeAlias = Mapping[str, Member]

_HALT_ID = Member(
    {"type": "string", "pattern": "^halt_[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}$"},
    "must be the halt_id of an answer or webhook: 'halt_' and 26 letters and digits",
)
_EVENT = ref("EventType")
_EVENTS = Member({**list_of(_EVENT), "minItems": 1, "maxItems": 50}, "must be a list of at most 50 event types")
_NAMESPACE = Member(maybe(TEXT))
_RATE = (
    whole(1, limits.RATE_PER_MINUTE_MAXIMUM)
    .or_null()
    .about(f"Attempts in a minute, at most. The rest waits. Null: the default, {limits.RATE_PER_MINUTE_DEFAULT:,}.")
)
_SECRET = text(256).or_null().about("If it is left out, one is generated and shown once.")
_TIME = Member({**TIME, "maxLength": TEXT_CHARACTERS}, text().message)
_URL = text(limits.BODY_BYTES)


@dataclass(frozen=True, repr=False, eq=False)
class Body:
    """The base of all bodies. A member without a default is required. One whose name is a keyword of
    Python has ``_`` behind it here.

    Nobody compares bodies, and no log shows one. So the methods that dataclasses would generate for that are left out,
    which saves 1 ms of a cold start.
    """

    MEMBERS: ClassVar[Members] = {}
    DESCRIPTION: ClassVar[str] = ""
    """The API's description of the whole body."""
    ELSEWHERE: ClassVar[str] = ""
    """A hint for callers who put a member at the top level that belongs elsewhere: where the body takes it."""

    @classmethod
    def required(cls) -> set[str]:
        """Return the members that must be sent."""
        missing = [each for each in fields(cls) if each.default is MISSING and each.default_factory is MISSING]
        return {each.name.removesuffix("_") for each in missing}

    @classmethod
    @cache
    def judge(cls) -> SchemaValidator:
        """Return the validator of a document. It raises ``ValidationError`` for wrong members."""
        required = cls.required()
        members: dict[str, TypedDictField] = {
            name: {"type": "typed-dict-field", "schema": member.judge(), "required": name in required}
            for name, member in cls.MEMBERS.items()
        }
        return SchemaValidator({"type": "typed-dict", "fields": members, "extra_behavior": "forbid"})

    @classmethod
    def schema(cls) -> JsonObject:
        """Return the body's schema for the API's description, under the name of the class."""
        required = cls.required()
        members = {name if name in required else f"{name}?": each.described() for name, each in cls.MEMBERS.items()}
        return shape(members, cls.DESCRIPTION)


Made = TypeVar("Made", bound=Body)


@dataclass(frozen=True, repr=False, eq=False)
class CreateInstance(Body):
    """``POST /workflows/{name}/instances``."""

    MEMBERS: ClassVar[Members] = {
        "namespace": _NAMESPACE.about("A token with one namespace may leave it out."),
        "input": OBJECT.about("At most 64 KB as JSON."),
    }
    ELSEWHERE = "what the workflow is to have belongs in input"
    namespace: Json = None
    input: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, repr=False, eq=False)
class Resume(Body):
    """``POST .../resume``. The choice may be beside the input or in it."""

    MEMBERS: ClassVar[Members] = {
        "input": OBJECT.about(
            "What was answered. A form needs it, and takes no keys but its fields, unless the state says "
            "additional_input. A boolean field that is left out, null or empty is false."
        ),
        "selected_option": OPTIONAL_TEXT,
        "choice": OPTIONAL_TEXT,
        "expected_state": OPTIONAL_TEXT.about("The resume is refused with 409 if the state is a different one."),
        "halt_id": _HALT_ID.or_null().about(
            "The halt that was shown to whoever decides. Send it always: where that halt is over, the answer is "
            "409 and says what became of it, so that a second click decides nothing else. It names the thread too."
        ),
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
        """The chosen option, if it is beside the input."""
        return self.selected_option if self.selected_option is not None else self.choice


@dataclass(frozen=True, repr=False, eq=False)
class CreateFile(Body):
    """``POST .../files``. ``thread_id`` is needed if several threads are halted; ``size`` is in bytes."""

    MEMBERS: ClassVar[Members] = {
        "field": text().about("A file field of the form that the instance waits with."),
        "name": text(limits.BODY_BYTES).about("At most 255 bytes as UTF-8."),
        "content_type": text(),
        "size": ANY_WHOLE.about("Bytes: at most the field's maxSize, and 10 MB."),
        "thread_id": OPTIONAL_TEXT.about("Required if several threads are halted."),
        "replaces": OPTIONAL_TEXT.about("The id of a file of the same field that this one replaces."),
    }
    field: str
    name: str
    content_type: str
    size: int
    thread_id: str | None = None
    replaces: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class CreateSubscription(Body):
    """``POST /webhooks/subscriptions``."""

    MEMBERS: ClassVar[Members] = {
        "url": _URL,
        "events": _EVENTS,
        "secret": _SECRET,
        "namespace_filter": _NAMESPACE,
        "rate_per_minute": _RATE,
    }
    url: str
    events: Sequence[str]
    secret: str | None = None
    namespace_filter: Json = None
    rate_per_minute: int | None = None


@dataclass(frozen=True, repr=False, eq=False)
class ChangeSubscription(Body):
    """``PATCH /webhooks/subscriptions/{id}``. What is not given stays; null removes the filter or the rate."""

    DESCRIPTION = "What is left out stays."
    MEMBERS: ClassVar[Members] = {
        "url": _URL,
        "events": _EVENTS,
        "namespace_filter": _NAMESPACE,
        "rate_per_minute": _RATE,
        "status": one_of("active", "disabled"),
    }
    url: str = ""
    events: Sequence[str] = ()
    namespace_filter: Json = None
    rate_per_minute: int | None = None
    status: Literal["active", "disabled"] = "active"
    given: frozenset[str] = frozenset()
    """The members that the caller sent."""


@dataclass(frozen=True, repr=False, eq=False)
class RotateSecret(Body):
    """``POST /webhooks/subscriptions/{id}/rotate-secret``."""

    MEMBERS: ClassVar[Members] = {"secret": _SECRET}
    secret: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class TestSubscription(Body):
    """``POST /webhooks/subscriptions/{id}/test``."""

    MEMBERS: ClassVar[Members] = {"event": Member(_EVENT, text().message).or_null()}
    event: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class ReplayDeliveries(Body):
    """``POST /webhooks/subscriptions/{id}/replay``."""

    MEMBERS: ClassVar[Members] = {"since": _TIME, "until": _TIME.or_null(), "status": OPTIONAL_TEXT}
    since: str
    until: str | None = None
    status: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class PutGroup(Body):
    """``PUT /groups/{group_id}``."""

    MEMBERS: ClassVar[Members] = {
        "name": text().or_null(),
        "email": text().or_null().about("Where the group gets mail."),
        "members": Member(list_of(TEXT), "must be a list of ids, which are texts").about(
            "Ids of people, at most 1,000. One that is there twice counts once."
        ),
    }
    members: Sequence[str]
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class PutPerson(Body):
    """``PUT /people/{person_id}``."""

    MEMBERS: ClassVar[Members] = {
        "name": text().or_null(),
        "email": text().or_null().about("Where the person gets mail."),
        "locale": text().or_null().about("A language tag, such as de or en-GB."),
    }
    name: str | None = None
    email: str | None = None
    locale: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class PutAway(Body):
    """``PUT /people/{person_id}/away``."""

    MEMBERS: ClassVar[Members] = {
        "from": _TIME.about("The first moment of the absence."),
        "until": _TIME.about("The first moment after it."),
        "substitute": text().about("The id of somebody else."),
    }
    from_: str
    until: str
    substitute: str


_ANSWER: Final[Members] = {
    "input": OBJECT.about("What is answered: the fields of the form, and no other key.").or_null(),
    "selected_option": OPTIONAL_TEXT,
    "choice": OPTIONAL_TEXT.about("The same as selected_option."),
}
_REMARK = text(limits.TASK_COMMENT_CHARACTERS)


@dataclass(frozen=True)
class RespondToTask(Body):
    """``POST /tasks/{task_id}/respond``; the choice may stand beside the input or in it."""

    MEMBERS: ClassVar[Members] = {
        **_ANSWER,
        "comment": _REMARK.or_null().about("Why. The task says whether one is needed."),
        "seen": text(64)
        .or_null()
        .about("`shown` of the task as it was read; refused where it shows something else now."),
    }
    ELSEWHERE = 'answers belong in input, as {"input": {"approved": true}}'
    input: JsonObject | None = None
    selected_option: str | None = None
    choice: str | None = None
    comment: str | None = None
    seen: str | None = None


@dataclass(frozen=True)
class RespondToTasks(Body):
    """``POST /tasks/respond``: one answer to several tasks."""

    MEMBERS: ClassVar[Members] = {
        "tasks": Member(
            {"type": "array", "items": {"type": "string", "maxLength": 64}, "minItems": 1, "maxItems": 25},
            "must be a list of at most 25 ids of tasks",
        ),
        **_ANSWER,
        "comment": _REMARK.or_null(),
    }
    tasks: Sequence[str]
    input: JsonObject | None = None
    selected_option: str | None = None
    choice: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class ReassignTask(Body):
    """``POST /tasks/{task_id}/reassign``."""

    MEMBERS: ClassVar[Members] = {
        "to": text().about("Who is asked instead."),
        "from": OPTIONAL_TEXT.about(
            "Whose slot it is; the caller's own where it is left out. Another's: managers only."
        ),
        "comment": _REMARK.or_null(),
    }
    to: str
    from_: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class AskAboutTask(Body):
    """``POST /tasks/{task_id}/ask``."""

    MEMBERS: ClassVar[Members] = {
        "question": _REMARK,
        "of": OPTIONAL_TEXT.about("Whom; the task's contact where it is left out, else who started the instance."),
    }
    question: str
    of: str | None = None


@dataclass(frozen=True)
class AnswerAboutTask(Body):
    """``POST /tasks/{task_id}/answer``."""

    MEMBERS: ClassVar[Members] = {
        "question": whole(1, limits.TASK_QUESTIONS).about("The question's id."),
        "answer": _REMARK,
    }
    question: int
    answer: str


@dataclass(frozen=True)
class CommentOnTask(Body):
    """``POST /tasks/{task_id}/comment``."""

    MEMBERS: ClassVar[Members] = {
        "text": _REMARK,
    }
    text: str


@dataclass(frozen=True)
class OverrideTask(Body):
    """``POST /tasks/{task_id}/override``."""

    MEMBERS: ClassVar[Members] = {**_ANSWER, "reason": _REMARK.about("Why the task is decided in others' place.")}
    reason: str
    input: JsonObject | None = None
    selected_option: str | None = None
    choice: str | None = None


def read(kind: type[Made], request: Request, most: int = limits.BODY_BYTES) -> Made:
    """Return the body as one of the values above.

    Raises:
        PayloadTooLargeError: the body, or its ``input``, is over its limit.
        InvalidRequestError: it is no JSON object, or members are wrong or unknown.
    """
    document = request.object(most)
    try:
        given: JsonObject = kind.judge().validate_python(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise _refused([_wrong(kind, each) for each in found[:_WRONG_MEMBERS]]) from None
    told: dict[str, Any] = {"given": frozenset(given)} if "given" in kind.__dataclass_fields__ else {}
    named = {f"{name}_" if keyword.iskeyword(name) else name: value for name, value in given.items()}
    body = kind(**named, **told)
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
