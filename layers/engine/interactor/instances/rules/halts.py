"""Halts as decisions name them (rulings 16 and 17): their ids, and what happened to a halt that is over.

A halt is a thread's rest at one sequence, which is never given twice in an instance. Its id is derived from that, so
halts that an earlier release stored have one too. What happened to a halt is known from the thread if it is still
there, else from the events of the history that the caller has read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from interactor.core import ids
from interactor.core.jsons import Json, JsonObject
from interactor.core.times import Millis, iso
from interactor.instances.rules.events import Event
from interactor.instances.rules.instance import Instance, Phase, Thread
from interactor.instances.rules.stored import Record

Outcome = Literal["resumed", "timed_out", "cancelled", "failed"]
_LEFT: dict[tuple[str, str], Outcome] = {("halt", "resumed"): "resumed", ("halt", "timed_out"): "timed_out"}


@dataclass(frozen=True)
class Fate:
    """How a halt ended, who caused it (None: the engine itself, or not known), and when (None: not known).

    ``reason`` is for a cancelled one: ``join``, ``failure``, or the ``cancel_reason`` of its instance. ``state`` is for
    a decided one: where it was.
    """

    outcome: Outcome
    by: Json = None
    at: Millis | None = None
    reason: str | None = None
    state: str | None = None

    @property
    def decided(self) -> bool:
        """Whether the thread continued from the halt, through a person or its timeout."""
        return self.outcome in ("resumed", "timed_out")

    def sentence(self) -> str:
        """Return a text such as ``resumed by maya at 2026-01-20T12:00:00.000Z``."""
        names = {"timed_out": "ended by its timeout", "join": "cancelled when the join was met"}
        names |= {"failure": "cancelled when another thread failed", "expired": "cancelled as expired"}
        told = names.get(self.reason or "", names.get(self.outcome, self.outcome))
        told += f" by {_name(self.by)}" if self.by is not None else ""
        return told + (f" at {iso(self.at)}" if self.at is not None else "")


def present(instance: Instance, thread: Thread) -> str | None:
    """Return the id of the halt in which a thread is, or None if it is in none."""
    return id_of(instance, thread) if thread.phase is Phase.HALTED and thread.halt is not None else None


def id_of(instance: Instance, halted: Thread) -> str:
    """Return the id of a halt in which a thread is, or was when it was read."""
    since = halted.halt.since if halted.halt is not None else halted.entered_at
    return ids.halt_id(halted.sequence, since, instance.id, halted.id)


def all_present(instance: Instance) -> list[JsonObject]:
    """Return the halts in which an instance is, as the ``details`` of errors list them."""
    return [
        {"thread_id": each.id, "halt_id": present(instance, each), "halted_at_state": each.state}
        for each in instance.halted_threads()
    ]


def thread_of(instance: Instance, halt_id: str) -> Thread | None:
    """Return the thread whose halt this is or was, or None if it is no halt of the instance."""
    sequence, since = ids.halt_sequence(halt_id), ids.moment_of(halt_id)
    derived = ((each, ids.halt_id(sequence, since, instance.id, each.id)) for each in instance.threads.values())
    return next((thread for thread, made in derived if made == halt_id), None)


def named(event: Event, instance_id: str, before: Thread, after: Thread) -> Event:
    """Return an event of a halt with the halt's id.

    ``before`` and ``after`` are the thread as committed (its sequences).
    """
    if (event.type, event.subtype) == ("halt", "waiting") and after.halt is not None:
        thread = after
    elif (event.type, event.subtype) in _LEFT and before.halt is not None:
        thread = before
    else:
        return event
    since = thread.halt.since if thread.halt is not None else event.at
    halt_id = ids.halt_id(thread.sequence, since, instance_id, thread.id)
    return replace(event, fields={**event.fields, "halt_id": halt_id})


def fate_of(instance: Instance, records: Sequence[Record], thread: Thread, halt_id: str) -> Fate | None:
    """Return what happened to a halt in which a thread no longer is, or None if the records do not reach back to it."""
    events, since = _events(records), ids.moment_of(halt_id)
    for place, (event, _) in enumerate(events):
        named_or_old = event.get("halt_id", halt_id if _begins(event, thread.id, since) else None)
        if event["thread"] == thread.id and named_or_old == halt_id:
            # The halt's beginning, or, if the records do not reach it, its end.
            later = (i for i, (each, _) in enumerate(events) if i > place and _is_waiting(each, thread.id))
            return _first(events[place : next(later, None)], thread.id)
    if thread.last_resume is not None and thread.last_resume.sequence == ids.halt_sequence(halt_id):
        return Fate("resumed", None, thread.last_resume.at, state=thread.last_resume.state)
    if thread.outcome is not None and thread.sequence == ids.halt_sequence(halt_id):
        return latest(instance, records, thread)
    return None


def latest(instance: Instance, records: Sequence[Record], thread: Thread) -> Fate | None:
    """Return how a thread that is not halted left its last halt, or was ended by others; None if that is not known."""
    events = _events(records)
    forks = [place for place, (event, _) in enumerate(events) if thread.id in _forked(event)]
    events = events[forks[-1] :] if forks else events
    if thread.outcome == "cancelled":
        return _first(events, thread.id, "cancelled") or Fate("cancelled", reason=instance.cancel_reason)
    if thread.outcome == "failed":
        return _first(events, thread.id, "failed") or Fate("failed", at=instance.ended_at)
    return _decision(events, thread.id)


def decision(records: Sequence[Record], thread: Thread) -> Fate | None:
    """Return how a thread left its last halt that is over."""
    return _decision(_events(records), thread.id)


def told(fate: Fate | None) -> JsonObject:
    """Return a fate as the ``details`` of an error have it."""
    at = None if fate is None or fate.at is None else iso(fate.at)
    return {
        "outcome": None if fate is None else fate.outcome,
        "decided_by": None if fate is None else fate.by,
        "decided_at": at,
        "reason": None if fate is None else fate.reason,
    }


def _events(records: Iterable[Record]) -> list[tuple[JsonObject, Json]]:
    """Return events, oldest first, each with who caused its commit."""
    return [(event, record.envelope.get("by")) for record in records for event in record.events]


def _begins(event: JsonObject, thread: str, since: Millis) -> bool:
    """Whether an event from a release without halt ids is the beginning of the halt."""
    return (event["type"], event["subtype"], event["thread"], event["at"]) == ("halt", "waiting", thread, since)


def _is_waiting(event: JsonObject, thread: str) -> bool:
    return (event["type"], event["subtype"], event["thread"]) == ("halt", "waiting", thread)


def _forked(event: JsonObject) -> Sequence[str]:
    """Return the threads that begin with an event."""
    names: Sequence[str] = event["threads"] if (event["type"], event["subtype"]) == ("transition", "fork") else ()
    return names


def _decision(events: Sequence[tuple[JsonObject, Json]], thread: str) -> Fate | None:
    fates = (_fate(event, by, thread) for event, by in reversed(events))
    return next((fate for fate in fates if fate is not None and fate.decided), None)


def _first(events: Iterable[tuple[JsonObject, Json]], thread: str, outcome: Outcome | None = None) -> Fate | None:
    """Return how these events end a halt of a thread, or, with ``outcome``, how they end the thread.

    What a failure ended is there again after a retry (ruling 29), and its real end comes later.
    """
    found: Fate | None = None
    for event, by in events:
        if (event["type"], event["subtype"]) == ("lifecycle", "retried"):
            found = None
        fate = _fate(event, by, thread)
        if fate is None or found is not None or outcome not in (None, fate.outcome):
            continue
        if fate.decided:
            return fate
        found = fate
    return found


def _fate(event: JsonObject, by: Json, thread: str) -> Fate | None:
    """Return how an event took a thread out of a halt, or ended it; None if it did not."""
    kind, at = (event["type"], event["subtype"]), event["at"]
    if kind in _LEFT and event["thread"] == thread:
        return Fate(_LEFT[kind], event.get("by"), at, state=event["state"])
    if thread in event.get("cancelled", ()):
        return Fate("cancelled", by, at, "join" if kind == ("transition", "join") else "failure")
    if kind == ("lifecycle", "cancelled"):
        return Fate("cancelled", event.get("by"), at, event["cancel_reason"])
    if kind == ("error", "step_failed") and event["thread"] == thread:
        return Fate("failed", by, at)
    if kind == ("lifecycle", "failed"):
        return Fate("cancelled", by, at, "failure")
    return None


def _name(by: Json) -> str:
    return str(by["actor"]) if isinstance(by, dict) else str(by)
