"""An instance as documents, and back: one with its place and progress, one with the bulk of its threads' data.

While both are small, the head stores them together. Otherwise the bulk has separate items, which a commit writes only
if the bulk changed. What a later release added is kept and written back. A document that this release must leave alone
has a higher schema number (``core.releases``).
"""

from dataclasses import fields
from typing import Final, TypeVar

from interactor.assignments.asked import Asked
from interactor.assignments.progress import Progress
from interactor.core import releases
from interactor.core.jsons import JsonObject
from interactor.instances.rules.instance import (
    Failure,
    Halt,
    Instance,
    LastResume,
    Phase,
    Thread,
)

SCHEMA: Final = 1
WITH_TASKS: Final = 2
"""Written while a task is open: a release that knows no tasks would let anybody decide it."""
READABLE: Final = 2
_BULK = ("layer", "writers", "input", "halt")
_LATER = ("later", "later_held")

T = TypeVar("T", Halt, Failure, LastResume)

_BLANK = Thread(id="", state="", phase=Phase.ENTER, sequence=0, entered_at=0)
_ALWAYS = ("id", "state", "phase", "sequence", "entered_at")
_OF_INSTANCE = {each.name for each in fields(Instance)} - {"version", "later"}
_OF_THREAD = {each.name for each in fields(Thread)} - {*_LATER}


def to_document(instance: Instance) -> JsonObject:
    """Return everything except the bulk and the version, which are stored elsewhere."""
    document = {
        each.name: getattr(instance, each.name)
        for each in fields(Instance)
        if each.name not in ("threads", "version", "failure", "later")
    }
    document["schema"] = WITH_TASKS if any(each.task is not None for each in instance.threads.values()) else SCHEMA
    document["threads"] = [_members(thread, bulk=False) for thread in instance.threads.values()]
    if instance.failure is not None:
        document["failure"] = _flat(instance.failure)
    return {**instance.later, **{name: value for name, value in document.items() if value not in (None, (), {})}}


def bulk(instance: Instance) -> JsonObject:
    """Return what each thread has written, was given and shows, by thread id."""
    return {thread.id: _members(thread, bulk=True) for thread in instance.threads.values()}


def from_documents(document: JsonObject, held: JsonObject, version: int) -> Instance:
    """Return the instance from both documents and its version.

    Raises:
        LaterReleaseError: a later release wrote it, and this one must not read it.
    """
    releases.require_readable(document, READABLE, "the instance")
    known = _OF_INSTANCE - {"threads", "failure"}
    rest = {name: value for name, value in document.items() if name in known}
    threads = [_read_thread(each, held.get(each["id"], {})) for each in document["threads"]]
    return Instance(
        **{**rest, "redacted": tuple(rest.get("redacted", ())), "deciders": _deciders(rest.get("deciders", {}))},
        threads={thread.id: thread for thread in threads},
        failure=_read(Failure, document.get("failure")),
        version=version,
        later=releases.later(document, {*_OF_INSTANCE, "schema"}),
    )


def _members(thread: Thread, bulk: bool) -> JsonObject:
    document: JsonObject = dict(thread.later_held if bulk else thread.later)
    for each in fields(Thread):
        value = getattr(thread, each.name)
        if each.name in _LATER or (each.name in _BULK) is not bulk:
            continue
        if each.name not in _ALWAYS and value == getattr(_BLANK, each.name):
            continue
        if isinstance(value, (Halt, Failure, LastResume)):
            value = _flat(value)
        elif isinstance(value, Progress):
            value = value.to_json()
        document[each.name] = value
    return document


def _flat(value: Halt | Failure | LastResume) -> JsonObject:
    """Return the members of a value, which are JSON already. ``asdict`` would copy them deeply."""
    members = {each.name: getattr(value, each.name) for each in fields(value) if each.name != "later"}
    asked = members.pop("asked", None)
    return {**value.later, **members, **({} if asked is None else {"asked": asked.to_json()})}


def _deciders(stored: JsonObject) -> dict[str, tuple[str, ...]]:
    return {state: tuple(people) for state, people in stored.items()}


def _read_thread(placed: JsonObject, held: JsonObject) -> Thread:
    document = {**placed, **held}
    known = {name: value for name, value in document.items() if name in _OF_THREAD}
    special = {
        "phase": Phase(document["phase"]),
        "forked": tuple(document.get("forked", ())),
        "halt": _read(Halt, document.get("halt")),
        "failure": _read(Failure, document.get("failure")),
        "last_resume": _read(LastResume, document.get("last_resume")),
        "task": None if document.get("task") is None else Progress.read(document["task"]),
    }
    later, later_held = releases.later(placed, _OF_THREAD), releases.later(held, _OF_THREAD)
    return Thread(**{**known, **special}, later=later, later_held=later_held)


def _read(kind: type[T], document: JsonObject | None) -> T | None:
    if document is None:
        return None
    names = {each.name for each in fields(kind)} - {"later"}
    known = {name: value for name, value in document.items() if name in names}
    if known.get("asked") is not None:
        known["asked"] = Asked.read(known["asked"])
    return kind(**known, later=releases.later(document, names))
