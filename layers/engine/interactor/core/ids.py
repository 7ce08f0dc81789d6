"""Identifiers: a prefix and a lower-case ULID (ruling 21), made from a given time and given random bytes.

A ULID sorts by time, so an id alone is a position in a list. The random part of an event's id contains the event's
number, so an instance id and an event id give the key of the history record. The random part of a halt's id contains
the sequence at which its thread rests.
"""

import hashlib
import re
from typing import Literal, TypeAlias

from ulid import ULID

from interactor.core.times import Millis

Prefix: TypeAlias = Literal["inst", "wf", "v", "evt", "whsub", "del", "req", "file", "replay", "halt"]

ENTROPY_BYTES = 10
_NUMBER_BYTES = 5
_TASK = re.compile(r"task_([0-7][0-9abcdefghjkmnpqrstvwxyz]{25})_([1-9][0-9]{0,8})", re.ASCII)
_ID = re.compile(r"([a-z]+)_([0-7][0-9abcdefghjkmnpqrstvwxyz]{25})", re.ASCII)


def make(prefix: Prefix, now: Millis, entropy: bytes) -> str:
    """Return an id such as ``inst_01h...``. ``entropy`` is 10 random bytes."""
    return f"{prefix}_{_ulid(now, entropy)}"


def derive(prefix: Prefix, moment: Millis, *parts: str) -> str:
    """Return an id that is always the same for the same moment and parts, as a repeated relay of an event needs (ruling
    35).
    """
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return f"{prefix}_{_ulid(moment, digest[:ENTROPY_BYTES])}"


def event_id(number: int, moment: Millis, entropy: bytes) -> str:
    """Return an id ``evt_01h...`` that contains the event's number. ``entropy`` is at least 5 random bytes."""
    return f"evt_{_ulid(moment, number.to_bytes(_NUMBER_BYTES) + entropy[:_NUMBER_BYTES])}"


def event_number(event: str) -> int | None:
    """Return the number that ``event_id`` put into an id, or None if the text is no event id."""
    if not is_id(event, "evt"):
        return None
    return int.from_bytes(ULID.from_str(event[4:].upper()).bytes[6 : 6 + _NUMBER_BYTES])


def task_id(instance: str, number: int) -> str:
    """``task_01h..._12``: the task of an instance whose waiting event has this number."""
    return f"task_{instance.partition('_')[2]}_{number}"


def parse_task(task: str) -> tuple[str, int] | None:
    """The instance and the number in a task's id, or None for a text that is none."""
    match = _TASK.fullmatch(task)
    return None if match is None else (f"inst_{match[1]}", int(match[2]))


def halt_id(sequence: int, since: Millis, instance: str, thread: str) -> str:
    """Return the id ``halt_01h...`` of the halt in which a thread rests at this sequence
    (``instances.rules.halts``).
    """
    digest = hashlib.sha256("\0".join((instance, thread, str(sequence))).encode()).digest()
    return f"halt_{_ulid(since, sequence.to_bytes(_NUMBER_BYTES) + digest[:_NUMBER_BYTES])}"


def halt_sequence(halt: str) -> int:
    """Return the thread's sequence that ``halt_id`` put into an id. ``halt`` must have the form of a halt id."""
    return int.from_bytes(ULID.from_str(halt[5:].upper()).bytes[6 : 6 + _NUMBER_BYTES])


def is_id(text: str, prefix: Prefix) -> bool:
    """Whether ``text`` has the form of an id with this prefix."""
    match = _ID.fullmatch(text)
    return match is not None and match[1] == prefix


def moment_of(identifier: str) -> Millis:
    """Return the time at which an id was made, which the id contains."""
    return int.from_bytes(ULID.from_str(identifier.partition("_")[2].upper()).bytes[:6])


def _ulid(now: Millis, random_part: bytes) -> str:
    return str(ULID.from_bytes(now.to_bytes(6) + random_part)).lower()
