"""What the deployment sets, read from the environment by name; ``template.yaml`` declares every one of them.

Each function declares only what it uses, so each value is read when it is first needed.
"""

import os

from interactor.core.times import DAY, SECOND, Millis, parse_duration

FOR_EVER: Millis = 36_500 * DAY
NO_BUDGET: Millis = 10 * 60 * SECOND


def text(name: str) -> str:
    """A variable that must be there.

    Raises:
        KeyError: naming it.
    """
    return os.environ[name]


def flag(name: str) -> bool:
    """``true`` or anything else."""
    return text(name).strip().lower() == "true"


def lifetime(name: str) -> Millis:
    """A duration such as ``30d``; ``0`` is no limit."""
    value = text(name).strip()
    return FOR_EVER if value == "0" else parse_duration(value)


def limit(name: str) -> int | None:
    """A number; ``0`` is no limit."""
    return int(text(name)) or None


def number(name: str) -> int:
    """A number."""
    return int(text(name))


def budget(name: str) -> Millis:
    """Milliseconds; ``0`` is no limit."""
    return int(text(name)) or NO_BUDGET


def words(name: str) -> tuple[str, ...]:
    """Words separated by commas."""
    return tuple(part.strip() for part in text(name).split(",") if part.strip())


def names(name: str) -> dict[str, str]:
    """``name=value`` pairs separated by commas."""
    pairs = (part.partition("=") for part in text(name).split(",") if part.strip())
    return {key.strip(): value.strip() for key, _, value in pairs}


def delays(name: str) -> tuple[Millis, ...]:
    """Seconds separated by commas, as milliseconds."""
    return tuple(round(float(part) * SECOND) for part in text(name).split(","))
