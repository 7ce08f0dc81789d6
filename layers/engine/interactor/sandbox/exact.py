"""Whole numbers beyond 2^53 in JavaScript, which has only doubles (ruling 31).

Each distinct number that a script can see is represented by a double of its own: the nearest one that is free, and in
the same order. So the script can compare, copy and return the numbers, and no two look equal. When the result comes
back, a double that represents a number becomes that number again. What a script computes is an ordinary double.

Numbers also occur in texts (``JSON.parse``) and in the code. There JavaScript reads the nearest double, so that double
is reserved for them. If two of them have the same nearest double, they cannot be distinguished, and a result that
contains it is refused.

A text that a script makes of such a number would have the digits of the double, which is another number. Such a result
is refused, and the error names the key. In logs and errors, which people read, the digits are corrected.
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
"""From here on, doubles skip some whole numbers."""

_LONG = re.compile(rb"(?<![0-9.])[0-9]{16}")
_WRITTEN = re.compile(r"(?<![0-9.])[0-9]{16,309}(?![0-9]|\.[0-9]|[eE][+-]?[0-9])")
_SPOKEN = re.compile(r"(?<![0-9.])(?:[0-9]{16,}|[0-9](?:\.[0-9]+)?e\+[0-9]+)(?![0-9])")


class CarryError(Exception):
    """Numbers that a script cannot be given. ``str()`` of the error names one of them by its path."""


@dataclass(frozen=True)
class Carried:
    """What a script is given. All numbers are magnitudes: signs stay where they are.

    ``table`` has a double and the digits that it represents, or "" if those are several numbers.
    """

    variables: JsonObject
    table: list[tuple[float, str]] = field(default_factory=list)
    _rounded: dict[str, str] = field(default_factory=dict)

    def refusal(self, result: Json) -> str | None:
        """Return why the result would contain another number than the script was given, in a text or a key; None if it
        would not.
        """
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
        """Return a line of the log or an error with the digits of the numbers that the script was given."""
        return _SPOKEN.sub(lambda found: self._rounded.get(found[0], found[0]), text) if self._rounded else text


def carry(code: str, variables: JsonObject, request: bytes) -> Carried:
    """Prepare the variables of a script. ``request`` is code and variables as JSON.

    Raises:
        CarryError: numbers are too large for a double, or too many are too close to one another.
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
        # If the script may have copied these digits from a text, they are not our rounding.
        for spoken in {_spoken(double), str(int(double))} - {digits, *map(str, written)}:
            rounded[spoken] = digits or spoken
    return Carried(_replaced(variables, moved) if moved else variables, list(table.items()), rounded)


def _places(given: dict[int, JsonPlace], written: set[int]) -> dict[int, float]:
    """Return a double for each number: its nearest if that is free, else one that keeps all distinct and in their
    order.
    """
    places = {number: _double(number) for number in written & given.keys()}
    others = sorted(given.keys() - written)
    # By the double: the smallest number in a text or in the code that is read as this double.
    least: dict[float, int] = {}
    for number in sorted(written, reverse=True):
        least[_double(number)] = number
    marks = sorted(least.values())
    start = 0
    while start < len(others):
        # Numbers between two that occur in texts or code get doubles between theirs.
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
    """Return rising doubles for ``numbers``, between two others and as near as possible; None if there is no room."""
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
    """Return a double as JavaScript writes it."""
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
    """Yield all texts and keys, with their places."""
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
