"""Time as values: milliseconds since 1970 (UTC) inside, ISO 8601 with ``Z`` outside (ruling 21)."""

import re
from datetime import UTC, datetime
from typing import TypeAlias

Millis: TypeAlias = int
"""Milliseconds since 1970-01-01T00:00:00Z; or a duration in milliseconds, if the name says so."""

SECOND: Millis = 1_000
MINUTE: Millis = 60 * SECOND
HOUR: Millis = 60 * MINUTE
DAY: Millis = 24 * HOUR

_DURATION = re.compile(r"([1-9][0-9]{0,8})([smhd])", re.ASCII)
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
MAX_DURATION: Millis = 3650 * DAY


def iso(moment: Millis) -> str:
    """Return a moment as ``2026-01-20T12:00:00.000Z``."""
    stamp = datetime.fromtimestamp(moment / 1000, UTC)
    return f"{stamp:%Y-%m-%dT%H:%M:%S}.{moment % 1000:03d}Z"


def parse_iso(text: str) -> Millis:
    """Return the moment that an ISO 8601 text names. A text without an offset is in UTC.

    Raises:
        ValueError: the text names no such moment.
    """
    stamp = datetime.fromisoformat(text)
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=UTC)
    return round(stamp.timestamp() * 1000)


def parse_duration(text: str) -> Millis:
    """Return the milliseconds of a duration such as ``30s``, ``15m``, ``24h`` or ``7d`` (ruling 4).

    Raises:
        ValueError: for any other text, and for more than ten years.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text[:40]}' is not a duration such as 30s, 15m, 24h or 7d")
    length = int(match[1]) * _UNITS[match[2]]
    if length > MAX_DURATION:
        raise ValueError(f"'{text[:40]}' is longer than ten years")
    return length
