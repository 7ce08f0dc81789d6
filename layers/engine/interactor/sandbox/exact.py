"""Whole numbers beyond 2^53 on their way through JavaScript, which knows doubles only (ruling 31).

Each distinct number that a script can see gets a double of its own to stand for it, as near as there is, in the same
order: so that the script can compare them, copy them and hand them on, and no two look alike. On the way out a double
that stands for a number is that number again. What a script computes is a double like any other.

Numbers also stand in texts (``JSON.parse``) and in the code. There JavaScript reads the nearest double, so that one is
kept for them; two that share it cannot be told apart, and are refused when the result holds one.

A text that a script makes of such a number would hold the digits of the double, which are another number: the result
is refused, with the key. In logs and errors, which people read, the digits are put right.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from interactor.core.jsons import Json, JsonObject, JsonPlace

_FIRST: Final = 2**53
"""From here on doubles leave out whole numbers."""

_LONG = re.compile(rb"(?<![0-9.])[0-9]{16}")
_WRITTEN = re.compile(r"(?<![0-9.])[0-9]{16,309}(?![0-9]|\.[0-9]|[eE][+-]?[0-9])")
_SPOKEN = re.compile(r"(?<![0-9.])(?:[0-9]{16,}|[0-9](?:\.[0-9]+)?e\+[0-9]+)(?![0-9])")


class CarryError(Exception):
    """Numbers that cannot be handed to a script. ``str()`` of it names one of them by its path."""


@dataclass(frozen=True)
class Carried:
    """What a script is given. Magnitudes only: signs stay where they are.

    ``table`` has a double and the digits it stands for, "" where that is more than one number.
    """

    variables: JsonObject
    table: list[tuple[float, str]] = field(default_factory=list)
    _rounded: dict[str, str] = field(default_factory=dict)

    def refusal(self, result: Json) -> str | None:
        """Why the result would hold another number than the script was given, within a text or a key."""
        if not self._rounded:
            return None
        for way, text in _texts(result):
            if any(found[0] in self._rounded for found in _SPOKEN.finditer(text)):
                where = ".".join(str(step) for step in way)[:200]
                return (
                    f"The script's result has at '{where}' a text with a rounded number: a whole number beyond 2^53 "
                    "loses digits where a script makes a text of it; use a template for that text, or an id that is a "
                    "text from the start"
                )
        return None

    def put_right(self, text: str) -> str:
        """A line of the log or an error, with the digits of the numbers that the script was given."""
        return _SPOKEN.sub(lambda found: self._rounded.get(found[0], found[0]), text) if self._rounded else text


def carry(code: str, variables: JsonObject, request: bytes) -> Carried:
    """Prepare the variables of a script; ``request`` is code and variables as JSON.

    Raises:
        CarryError: for numbers too large for a double, or too many too close to one another.
    """
    if _LONG.search(request) is None:
        return Carried(variables)
    given = dict(_numbers(variables))
    texts = [code, *(text for _, text in _texts(variables))]
    written = {int(found[0]) for text in texts for found in _WRITTEN.finditer(text)}
    written = {number for number in written if number >= _FIRST and not math.isinf(_double(number))}
    places = _places(given, written)
    table = {places[number]: str(number) for number in given}
    for number in written:
        known = table.setdefault(_double(number), str(number))
        if known != str(number):
            table[_double(number)] = ""
    moved = {number: double for number, double in places.items() if double != _double(number)}
    rounded = {}
    for double, digits in table.items():
        # What the script may have copied from a text is no rounding of ours.
        for spoken in {_spoken(double), str(int(double))} - {digits, *map(str, written)}:
            rounded[spoken] = digits or spoken
    return Carried(_replaced(variables, moved) if moved else variables, list(table.items()), rounded)


def _places(given: dict[int, JsonPlace], written: set[int]) -> dict[int, float]:
    """A double for each number: its nearest where that is free, else one that keeps all apart and in their order."""
    places = {number: _double(number) for number in written & given.keys()}
    others = sorted(given.keys() - written)
    # By the double: the least number that is written somewhere and read as it.
    least: dict[float, int] = {}
    for number in sorted(written, reverse=True):
        least[_double(number)] = number
    marks = sorted(least.values())
    start = 0
    while start < len(others):
        # What lies between two numbers that are written somewhere gets doubles between theirs.
        mark = bisect_left(marks, others[start])
        stop = bisect_left(others, marks[mark]) if mark < len(marks) else len(others)
        below = _double(marks[mark - 1]) if mark else float(_FIRST - 1)
        above = _double(marks[mark]) if mark < len(marks) else math.inf
        doubles = _between(others[start:stop], below, above)
        if doubles is None:
            where = ".".join(map(str, given[others[start]]))[:200]
            raise CarryError(
                f"A script cannot be given the number at '{where}': JavaScript cannot tell it from another one; "
                "use texts for ids beyond 2^53"
            )
        places |= zip(others[start:stop], doubles, strict=True)
        start = stop
    return places


def _between(numbers: list[int], below: float, above: float) -> list[float] | None:
    """Doubles for ``numbers``, rising, between two others and as near as that allows; None where there is no room."""
    doubles = []
    last = below
    for number in numbers:
        last = max(_double(number), math.nextafter(last, math.inf))
        doubles.append(last)
    for index in reversed(range(len(doubles))):
        if doubles[index] < above:
            break
        doubles[index] = above = math.nextafter(above, 0)
    return doubles if below < doubles[0] else None


def _double(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _spoken(double: float) -> str:
    """A double as JavaScript writes it."""
    return repr(double) if double >= 1e21 else format(Decimal(repr(double)), "f").removesuffix(".0")


def _numbers(value: Json) -> Iterator[tuple[int, JsonPlace]]:
    stack: list[tuple[Json, JsonPlace]] = [(value, ())]
    while stack:
        item, way = stack.pop()
        if isinstance(item, int) and abs(item) >= _FIRST:
            yield abs(item), way
        elif isinstance(item, (dict, list)):
            children = item.items() if isinstance(item, dict) else enumerate(item)
            stack.extend((child, (*way, step)) for step, child in children)


def _texts(value: Json) -> Iterator[tuple[JsonPlace, str]]:
    """All texts and keys, with their places."""
    stack: list[tuple[Json, JsonPlace]] = [(value, ())]
    while stack:
        item, way = stack.pop()
        if isinstance(item, str):
            yield way, item
        elif isinstance(item, (dict, list)):
            if isinstance(item, dict):
                yield from (((*way, key), key) for key in item)
            children = item.items() if isinstance(item, dict) else enumerate(item)
            stack.extend((child, (*way, step)) for step, child in children)


def _replaced(value: Json, moved: dict[int, float]) -> Json:
    if isinstance(value, dict):
        return {key: _replaced(item, moved) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, moved) for item in value]
    if isinstance(value, int) and abs(value) in moved:
        return moved[value] if value > 0 else -moved[-value]
    return value
