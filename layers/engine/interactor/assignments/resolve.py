"""Reads an assignment as its halt begins: fills its templates once, finds the people, and settles the quorum.

What cannot be read fails the state, and never falls open to everyone. The codes are ``assignment_invalid``,
``no_assignee``, ``quorum_impossible``, ``group_unknown`` and ``assignment_too_large``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from interactor.assignments.asked import (
    COMMENT_RULES,
    DELEGATIONS,
    LINKS,
    PRIORITIES,
    Asked,
    AssignmentError,
    Level,
    OutcomeRule,
    Quorum,
)
from interactor.assignments.members import Members
from interactor.assignments.quorum import needed_of
from interactor.core.jsons import Json, JsonObject
from interactor.core.limits import TASK_ENTRIES
from interactor.core.paths import Scope
from interactor.core.templates import render
from interactor.core.times import HOUR, Millis, parse_duration, parse_iso
from interactor.forms.redaction import REDACTED
from interactor.people.rules import names

FROZEN: Final = 100
"""People whom an electorate that is written down holds at the most."""
LEVELS: Final = 5
REMINDERS: Final = 20
LABELS: Final = 10
KEY_CHARACTERS: Final = 128


def resolve(
    written: JsonObject,
    scope: Scope,
    presentation: JsonObject,
    options: JsonObject,
    deciders: Mapping[str, Sequence[str]],
    members: Members,
    now: Millis,
    shown: str,
) -> Asked:
    """Return what an assignment asks, of whom.

    ``presentation`` and ``options`` are the halt's, ``shown`` their hash; ``deciders`` says who decided each earlier
    state of the instance.

    Raises:
        AssignmentError: when it comes to nobody, or cannot be read.
        TemplateError: when a template cannot be filled.
    """
    filled = render(written, scope)
    exclude = [each for each in _flat(filled.get("exclude")) if not isinstance(each, dict)]
    excluded = list(_people(exclude, "exclude"))
    for each in _flat(written.get("exclude")):
        if isinstance(each, dict):
            excluded += [person for state in each.get("decided", ()) for person in deciders.get(state, ())]
    excluded = list(dict.fromkeys(excluded))
    users, groups, found = _assignees(filled, excluded, members)
    due_at = _due(filled.get("due"), now)
    asked = Asked(
        users=users,
        groups=groups,
        watchers=tuple(_people(_flat(filled.get("watchers")), "watchers")),
        excluded=tuple(excluded),
        outcome=_outcome(written.get("outcome"), presentation, options),
        comment=_word(filled, "comment", COMMENT_RULES, "optional"),
        delegation=_word(filled, "delegation", DELEGATIONS, "group"),
        contact=next(_people(_flat(filled.get("contact")), "contact"), None),
        claim_required=bool((filled.get("claim") or {}).get("required", False)),
        claim_for=_optional_length((filled.get("claim") or {}).get("for"), "claim.for"),
        priority=_word(filled, "priority", PRIORITIES, "normal"),
        key=_short(filled.get("key"), "key"),
        labels=_labels(filled.get("labels")),
        title=_title(presentation, options),
        due_at=due_at,
        reminders=_before(filled.get("remind"), due_at, now),
        remind_every=_every(filled.get("remind"), due_at),
        levels=tuple(_levels(filled.get("escalate"), now)),
        links=_word(filled, "links", LINKS, "none"),
        shown=shown,
    )
    asked = _with_quorum(asked, filled.get("quorum"), found)
    slots = len(asked.users) + len(asked.groups) + len(asked.watchers)
    if slots > TASK_ENTRIES:
        raise AssignmentError(
            "assignment_too_large",
            f"The task has {slots} people, groups and watchers; at most {TASK_ENTRIES} are allowed",
        )
    return asked


def _assignees(
    filled: JsonObject, excluded: Sequence[str], members: Members
) -> tuple[tuple[str, ...], tuple[str, ...], Mapping[str, Sequence[str] | None]]:
    """Return users, groups and what the directory knows of the groups: those of the assignment, or its fallback's."""
    for part, where in ((filled, ""), (filled.get("fallback") or {}, "fallback.")):
        users = tuple(each for each in _people(_flat(part.get("users")), f"{where}users") if each not in excluded)
        groups = tuple(_people(_flat(part.get("groups")), f"{where}groups"))
        found = members(groups) if groups else {}
        # An empty group may get members later; a task of empty groups only would lie where nobody looks.
        if users or any(found.get(each) is None or set(found[each] or ()) - set(excluded) for each in groups):
            return users, groups, found
    raise AssignmentError("no_assignee", "Nobody is left who could decide: no person, and no group with members")


def _with_quorum(asked: Asked, written: Json, found: Mapping[str, Sequence[str] | None]) -> Asked:
    """Settle the quorum, and write the electorate down where it needs one."""
    if written is None or written == "first":
        return asked
    if written == "all":
        written = {"approve": "all"}
    if not isinstance(written, dict):
        raise _invalid("quorum", "must be first, all or an object")
    counted: Json = written.get("responses", written.get("approve"))
    share = counted if isinstance(counted, str) and (counted == "majority" or counted.endswith("%")) else None
    everyone = counted == "all"
    quorum = Quorum(
        kind="responses" if "responses" in written else "approve",
        needed=0 if share or everyone else _count(counted, "quorum"),
        reject=None if written.get("reject") is None else _count(written["reject"], "quorum.reject"),
        per_group=written.get("per_group") is True,
        wait=written.get("wait") is True,
        everyone=everyone,
        share=share,
    )
    if quorum.per_group and quorum.reject is None:
        quorum = replace(quorum, reject=1)
    if everyone and quorum.kind == "approve" and quorum.reject is None:
        quorum = replace(quorum, reject=1)
    if share is not None or everyone:
        asked = replace(asked, electorate=_frozen(asked, found))
    elif asked.outcome is None and quorum.kind == "approve":
        raise _invalid("quorum", "counts approvals, and the form has no outcome that approves")
    electorate = _largest(asked, found)
    if everyone:
        quorum = replace(quorum, needed=len(asked.electorate or ()))
    elif share is not None:
        quorum = replace(quorum, needed=_share(share, len(asked.electorate or ())))
    _require_possible(asked, quorum, found, electorate)
    return replace(asked, quorum=quorum)


def _require_possible(
    asked: Asked, quorum: Quorum, found: Mapping[str, Sequence[str] | None], electorate: int | None
) -> None:
    """Refuse a quorum that cannot be reached: it is never lowered."""
    told = None
    if quorum.per_group:
        if not asked.groups:
            raise _invalid("quorum.per_group", "needs groups")
        sizes = {
            each: len(set(found[each] or ()) - set(asked.excluded))
            for each in asked.groups
            if found.get(each) is not None
        }
        small = [each for each, size in sizes.items() if size < quorum.needed]
        told = f"group '{small[0]}' has {sizes[small[0]]} members" if small else None
    elif electorate is not None and quorum.needed > electorate:
        told = f"{electorate} may respond"
    if told is not None:
        raise AssignmentError("quorum_impossible", f"{quorum.needed} are needed, and {told}")


def _largest(asked: Asked, found: Mapping[str, Sequence[str] | None]) -> int | None:
    """Return how many may respond at this moment; None where a group is not in the directory."""
    if asked.electorate is not None:
        return len(asked.electorate)
    if any(found.get(each) is None for each in asked.groups):
        return None
    people = {*asked.users, *(person for each in asked.groups for person in found[each] or ())}
    return len(people - set(asked.excluded))


def _frozen(asked: Asked, found: Mapping[str, Sequence[str] | None]) -> tuple[str, ...]:
    unknown = [each for each in asked.groups if found.get(each) is None]
    if unknown:
        raise AssignmentError(
            "group_unknown",
            f"Group '{unknown[0]}' is not in the directory: its members cannot be counted",
        )
    people = dict.fromkeys((*asked.users, *(person for each in asked.groups for person in found[each] or ())))
    electorate = tuple(each for each in people if each not in asked.excluded)
    if len(electorate) > FROZEN:
        raise AssignmentError(
            "assignment_too_large",
            f"{len(electorate)} people may respond; all, shares and majorities count at most {FROZEN}",
        )
    return electorate


def _share(share: str, electorate: int) -> int:
    try:
        return needed_of(share, electorate)
    except ValueError:
        raise _invalid("quorum.approve", f"{share[:20]!r} is no share such as 60%") from None


def _outcome(written: JsonObject | None, presentation: JsonObject, options: JsonObject) -> OutcomeRule | None:
    """Return which values approve and which reject: as written, else by the names that people use."""
    if written is not None:
        return OutcomeRule(written["field"], tuple(written.get("approve", ())), tuple(written.get("reject", ())))
    for each in presentation.get("fields") or ():
        if each.get("name") == "approved" and each.get("type") == "boolean" and each.get("required"):
            return OutcomeRule("approved", (True,), (False,))
    offered = {each.get("key") for each in options.get("choices") or () if isinstance(each, dict)}
    if {"approve", "reject"} <= offered:
        return OutcomeRule("choice", ("approve",), ("reject",))
    return None


def _title(presentation: JsonObject, options: JsonObject) -> str | None:
    title = options.get("title") or presentation.get("title")
    return title if isinstance(title, str) else None


def _due(written: Json, now: Millis) -> Millis | None:
    if not isinstance(written, dict):
        return None
    if written.get("after") is not None:
        return now + _length(written["after"], "due.after")
    at = written.get("at")
    if at in (None, ""):
        return None
    try:
        return parse_iso(at) if isinstance(at, str) else int(at)
    except (ValueError, TypeError, OverflowError):
        raise _invalid("due.at", "is no date or time") from None


def _before(written: Json, due_at: Millis | None, now: Millis) -> tuple[Millis, ...]:
    if not isinstance(written, dict) or due_at is None:
        return ()
    moments = {due_at - _length(each, "remind.before_due") for each in _flat(written.get("before_due"))}
    return tuple(sorted(each for each in moments if each > now))[:REMINDERS]


def _every(written: Json, due_at: Millis | None) -> Millis | None:
    if not isinstance(written, dict) or written.get("every") is None or due_at is None:
        return None
    return max(HOUR, _length(written["every"], "remind.every"))


def _levels(written: Json, now: Millis) -> Iterator[Level]:
    before = 0
    for number, each in enumerate(_flat(written)):
        if not isinstance(each, dict):
            raise _invalid(f"escalate[{number}]", "must be an object")
        if number == LEVELS:
            raise _invalid("escalate", f"has more than {LEVELS} levels")
        after = _length(each.get("after"), f"escalate[{number}].after")
        if after <= before:
            raise _invalid(f"escalate[{number}].after", "must be longer than that of the level before")
        before = after
        told, to = each.get("notify") or {}, each.get("to") or {}
        yield Level(
            now + after,
            tuple(_people(_flat(told.get("users")), f"escalate[{number}].notify.users")),
            tuple(_people(_flat(told.get("groups")), f"escalate[{number}].notify.groups")),
            tuple(_people(_flat(to.get("users")), f"escalate[{number}].to.users")),
            tuple(_people(_flat(to.get("groups")), f"escalate[{number}].to.groups")),
            each.get("keep") is True,
            each.get("target"),
        )


def _labels(written: Json) -> dict[str, str]:
    if not isinstance(written, dict):
        return {}
    if len(written) > LABELS:
        raise _invalid("labels", f"has more than {LABELS} labels")
    found = {name: _short(value, f"labels.{name}") for name, value in written.items()}
    return {name: value for name, value in found.items() if value is not None}


def _short(value: Json, where: str) -> str | None:
    if value in (None, ""):
        return None
    if isinstance(value, (dict, list, bool)):
        raise _invalid(where, "must be a text")
    text = str(value)
    if len(text) > KEY_CHARACTERS:
        raise _invalid(where, f"is longer than {KEY_CHARACTERS} characters")
    return text


def _word(filled: JsonObject, name: str, allowed: Sequence[str], usual: str) -> Any:
    value = filled.get(name)
    if value in (None, ""):
        return usual
    if value not in allowed:
        raise _invalid(name, f"must be one of {', '.join(allowed)}")
    return value


def _count(value: Json, where: str) -> int:
    try:
        number = int(value) if not isinstance(value, bool) else 0
    except (TypeError, ValueError, OverflowError):
        number = 0
    if number < 1 or (isinstance(value, float) and value != number):
        raise _invalid(where, "must be a whole number over 0")
    return number


def _length(value: Json, where: str) -> Millis:
    try:
        return parse_duration(value) if isinstance(value, str) else parse_duration("")
    except ValueError as error:
        raise _invalid(where, str(error)) from None


def _optional_length(value: Json, where: str) -> Millis | None:
    return None if value in (None, "") else _length(value, where)


def _flat(value: Json) -> list[Any]:
    """A list, however deep it is nested, without nulls and empty texts; one value is a list of one."""
    if isinstance(value, list):
        return [each for part in value for each in _flat(part)]
    return [] if value in (None, "") else [value]


def _people(values: Sequence[Json], where: str) -> Iterator[str]:
    """Return ids of people or groups, each once, in Unicode's form NFC."""
    seen: set[str] = set()
    for value in values:
        name = names.normal(value)
        if name is None or name == REDACTED:
            raise _invalid(where, f"has {str(value)[:40]!r}, which is no id of a person or group: it {names.PROBLEM}")
        if name not in seen:
            seen.add(name)
            yield name


def _invalid(where: str, problem: str) -> AssignmentError:
    return AssignmentError("assignment_invalid", f"assignment.{where} {problem}")
