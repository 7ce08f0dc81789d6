"""What people did at a task since its halt began. It lies in the instance's head and stays small.

The words of an answer are the history's; here stands only what the next act must be judged by.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Literal, TypeAlias

from interactor.core import releases
from interactor.core.jsons import Json, JsonObject
from interactor.core.times import Millis

Side: TypeAlias = Literal["approve", "reject", "neutral"]


@dataclass(frozen=True)
class Response:
    """One response. ``slot`` is the person whose it is, ``by`` who gave it: another one where somebody stood in.

    ``event`` is the number of its history event, 0 until the commit numbers it. ``group`` is the group for which it
    counts, where each group has a count of its own.
    """

    slot: str
    by: str
    side: Side
    event: int
    hash: str
    group: str | None = None


@dataclass(frozen=True)
class Question:
    """An open question: ``id`` counts over the task, ``by`` asked it of the person ``of``."""

    id: int
    by: str
    of: str
    at: Millis


@dataclass(frozen=True)
class Progress:
    """What has come of a task so far.

    ``number`` is that of the halt's waiting event, which names the task for ever; 0 until the commit numbers it.
    ``revision`` counts the acts, so that what was computed before another act is void. ``users``, ``groups`` and
    ``electorate`` are there where they are no longer those that were asked first.
    """

    number: int = 0
    revision: int = 0
    responses: tuple[Response, ...] = ()
    users: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    electorate: tuple[str, ...] | None = None
    owner: str | None = None
    owner_until: Millis | None = None
    generations: Mapping[str, int] = field(default_factory=dict)
    """How often the link of a person was made void."""
    hops: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Through whose hands the slot of a person came, the first one first."""
    level: int = 0
    reminders: int = 0
    reminded_at: Millis | None = None
    """When somebody last reminded by hand."""
    questions: tuple[Question, ...] = ()
    asked: int = 0
    comments: int = 0
    later: Mapping[str, Json] = field(default_factory=dict)
    """What a later release keeps with it (``core.releases``)."""

    @property
    def open(self) -> bool:
        """Whether the task has its number: it was committed."""
        return self.number > 0

    def of(self, person: str) -> Response | None:
        """Return the response of a person, whether it was given for that person or by them."""
        return next((each for each in self.responses if person in (each.slot, each.by)), None)

    def moved(self, **changes: Json) -> "Progress":
        """Return it after one more act."""
        return replace(self, revision=self.revision + 1, **changes)

    def to_json(self) -> JsonObject:
        """Return it as it is stored; what is as usual is left out."""
        found: JsonObject = dict(self.later)
        for each in fields(self):
            value = getattr(self, each.name)
            # Nobody any more (empty) is something else than those who were asked first (None).
            changed = each.default is None and value is not None
            if each.name == "later" or (value in (None, 0, (), {}) and not changed):
                continue
            if each.name == "responses":
                value = [[one.slot, one.by, one.side, one.event, one.hash, one.group] for one in self.responses]
            elif each.name == "questions":
                value = [[one.id, one.by, one.of, one.at] for one in self.questions]
            elif each.name == "hops":
                value = {person: list(way) for person, way in self.hops.items()}
            elif isinstance(value, tuple):
                value = list(value)
            found[each.name] = value
        return found

    @classmethod
    def read(cls, stored: JsonObject) -> "Progress":
        """Return what ``to_json`` wrote."""
        names = {each.name for each in fields(cls)} - {"later"}
        known = {name: value for name, value in stored.items() if name in names}
        for name in ("users", "groups", "electorate"):
            if name in known:
                known[name] = tuple(known[name])
        known["responses"] = tuple(Response(*each[:6]) for each in known.get("responses", ()))
        known["questions"] = tuple(Question(*each[:4]) for each in known.get("questions", ()))
        known["hops"] = {person: tuple(way) for person, way in known.get("hops", {}).items()}
        return cls(**known, later=releases.later(stored, names))


def numbered(progress: Progress, responses: Mapping[str, int]) -> Progress:
    """Return it with the numbers of the history events of responses that have none yet, by slot."""
    found = tuple(
        replace(each, event=responses[each.slot]) if each.event == 0 and each.slot in responses else each
        for each in progress.responses
    )
    return replace(progress, responses=found)
