"""What a task asks: the assignment of a halting state, filled and read once, as the halt begins.

It lies with the halt's presentation and changes no more; what people do since is ``Progress``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Final, Literal, TypeAlias

from interactor.core.jsons import Json, JsonObject
from interactor.core.times import Millis

Priority: TypeAlias = Literal["low", "normal", "high", "urgent"]
PRIORITIES: Final[tuple[str, ...]] = ("low", "normal", "high", "urgent")
CommentRule: TypeAlias = Literal["optional", "never", "on_reject", "always"]
COMMENT_RULES: Final[tuple[str, ...]] = ("optional", "never", "on_reject", "always")
Delegation: TypeAlias = Literal["none", "group", "anyone"]
DELEGATIONS: Final[tuple[str, ...]] = ("none", "group", "anyone")
LINKS: Final[tuple[str, ...]] = ("none", "view", "decide")

FOREVER: Final[Millis] = 9_999_999_999_999
"""The due date of what has none, where things are sorted by it."""


class AssignmentError(Exception):
    """An assignment that comes to nothing; ``code`` is the failure of the state."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Quorum:
    """How many must respond, and how.

    ``first``: one response decides. ``approve``: so many approvals approve; ``reject`` rejections reject, and so does
    it that the approvals cannot be reached any more, where that can be known. ``responses``: so many responses, of
    whatever outcome, complete it. ``everyone`` is what ``all`` asks: each of the electorate. ``share`` is the share
    or majority as it was written; it is computed anew when the electorate changes.
    """

    kind: Literal["first", "approve", "responses"] = "first"
    needed: int = 1
    reject: int | None = None
    per_group: bool = False
    wait: bool = False
    everyone: bool = False
    share: str | None = None


@dataclass(frozen=True)
class OutcomeRule:
    """Which values of which field approve and which reject. ``field`` is ``choice`` where an option is taken."""

    field: str
    approve: tuple[Json, ...]
    reject: tuple[Json, ...]


@dataclass(frozen=True)
class Level:
    """One level of an escalation: at ``at`` it tells ``notify``, hands over to ``to``, or (the last) goes to
    ``target``.
    """

    at: Millis
    notify_users: tuple[str, ...] = ()
    notify_groups: tuple[str, ...] = ()
    to_users: tuple[str, ...] = ()
    to_groups: tuple[str, ...] = ()
    keep: bool = False
    target: str | None = None


@dataclass(frozen=True)
class Asked:
    """What a task asks, and of whom."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    watchers: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    electorate: tuple[str, ...] | None = None
    """The people who may respond, where they were written down at the halt; else rights are judged at each act."""
    quorum: Quorum = field(default_factory=Quorum)
    outcome: OutcomeRule | None = None
    comment: CommentRule = "optional"
    delegation: Delegation = "group"
    contact: str | None = None
    claim_required: bool = False
    claim_for: Millis | None = None
    priority: Priority = "normal"
    key: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    title: str | None = None
    due_at: Millis | None = None
    reminders: tuple[Millis, ...] = ()
    """When to remind before the task is due."""
    remind_every: Millis | None = None
    levels: tuple[Level, ...] = ()
    links: Literal["none", "view", "decide"] = "none"
    shown: str = ""
    """SHA-256 of what was shown: the presentation and the options."""

    def to_json(self) -> JsonObject:
        """Return it as it is stored; what is as usual is left out."""
        return _bare(self)

    @classmethod
    def read(cls, stored: JsonObject) -> "Asked":
        """Return what ``to_json`` wrote; what a later release added is not looked at."""
        known = _known(cls, stored)
        for name in ("users", "groups", "watchers", "excluded", "reminders"):
            known[name] = tuple(known.get(name, ()))
        if known.get("electorate") is not None:
            known["electorate"] = tuple(known["electorate"])
        known["quorum"] = Quorum(**_known(Quorum, known.get("quorum", {})))
        if known.get("outcome") is not None:
            rule = known["outcome"]
            known["outcome"] = OutcomeRule(rule["field"], tuple(rule["approve"]), tuple(rule["reject"]))
        known["levels"] = tuple(_level(each) for each in known.get("levels", ()))
        return cls(**known)


def _level(stored: JsonObject) -> Level:
    known = _known(Level, stored)
    people = {name: tuple(known[name]) for name in known if name.endswith(("_users", "_groups"))}
    return Level(**{**known, **people})


def _known(kind: type, stored: Mapping[str, Json]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in stored.items() if name in names}


def _bare(value: Any) -> JsonObject:
    """The members of a dataclass that are not as usual, as JSON."""
    found: JsonObject = {}
    for each in fields(value):
        member = getattr(value, each.name)
        usual = each.default_factory() if each.default_factory is not MISSING else each.default
        if member != usual:
            found[each.name] = _json(member)
    return found


def _json(value: Any) -> Json:
    if isinstance(value, (Quorum, OutcomeRule, Level)):
        return _bare(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_json(each) for each in value]
    return dict(value) if isinstance(value, Mapping) else value
