"""What is wrong with a definition: places, problems, and a bounded list of them."""

import json
import re
from dataclasses import dataclass

from interactor.core.jsons import Json

MAX_PROBLEMS = 100
"""Errors, or warnings, that are listed one by one. One more entry counts the rest."""

_PLAIN_STEP = re.compile(r"[A-Za-z0-9_$-]+", re.ASCII)
_MAX_STEP = 200


@dataclass(frozen=True)
class Place:
    """A place in a document. ``place / step`` leads to a property or an index; ``str()`` returns the path."""

    parent: "Place | None" = None
    step: str | int = ""

    def __truediv__(self, step: str | int) -> "Place":
        return Place(self, step)

    def __str__(self) -> str:
        steps: list[str | int] = []
        place = self
        while place.parent is not None:
            steps.append(place.step)
            place = place.parent
        path = "".join(map(_written, reversed(steps)))
        return path.removeprefix(".")


ROOT = Place()


@dataclass(frozen=True)
class Problem:
    """One error or warning: where, as in ``states.start.transitions[0].target``, and what."""

    path: str
    message: str


@dataclass(frozen=True)
class Verdict:
    """All that was found in a definition."""

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    @property
    def valid(self) -> bool:
        """Whether there are no errors. Warnings refuse nothing."""
        return not self.errors

    def strictly(self) -> "Verdict":
        """Return the verdict with warnings as errors (ruling 3)."""
        return Verdict((*self.errors, *self.warnings), ())


class Report:
    """Collects problems while a definition is read. Beyond ``MAX_PROBLEMS`` they are only counted."""

    def __init__(self) -> None:
        self._errors = _Bounded("errors")
        self._warnings = _Bounded("warnings")

    def error(self, place: Place, message: str) -> None:
        """Add a problem that makes the definition invalid."""
        self._errors.add(place, message)

    def warn(self, place: Place, message: str) -> None:
        """Add a problem that is allowed and probably a mistake."""
        self._warnings.add(place, message)

    def verdict(self) -> Verdict:
        """Return everything that was added."""
        return Verdict(self._errors.listed(), self._warnings.listed())


class _Bounded:
    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._problems: list[Problem] = []
        self._more = 0

    def add(self, place: Place, message: str) -> None:
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(Problem(str(place), message))
        else:
            self._more += 1

    def listed(self) -> tuple[Problem, ...]:
        if not self._more:
            return tuple(self._problems)
        return (*self._problems, Problem("", f"{self._more} more {self._noun} are not listed"))


def quoted(value: Json) -> str:
    """Return a value of the author for a message: short, whatever it is."""
    if isinstance(value, str):
        return f"'{_cut(value, 80)}'"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and value.bit_length() > 64:
        return "a number of that size"
    return _cut(json.dumps(value), 40)


def _written(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    step = _cut(step, _MAX_STEP)
    return f".{step}" if _PLAIN_STEP.fullmatch(step) else f"[{json.dumps(step, ensure_ascii=False)}]"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + "..."
