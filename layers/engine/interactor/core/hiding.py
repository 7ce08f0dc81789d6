"""Replaces texts by labels, in all their encoded forms and in one pass, however many texts there are.

A pass looks at each position of a text once. Only forms that begin with the three characters at this position can be
there, and those are few.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from interactor.core.encodings import SHORTEST, forms, is_strong

_SHORTEST_PIECE: Final = 6
"""A shorter piece of a strong text at a cut says little, and may be anything."""
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2}|\\[bfnrt]|\\u[0-9A-Fa-f]{4})\Z")


class Reach(IntEnum):
    """Where a text is hidden."""

    ANYWHERE = 0
    """Also inside other text. Strong texts are always hidden in this way."""
    WORD = 1
    """Only where no letter and no digit is next to it."""
    TOLD_WORD = 2
    """As ``WORD``, but only in errors and logs."""


@dataclass(frozen=True)
class Hidden:
    """A text to hide, its label, and how far it is searched for if it is weak."""

    value: str
    label: str
    weak: Reach | None
    """None: it is not hidden if it is weak."""


class Finder:
    """Finds the forms of hidden texts. ``finder`` returns a cached one, for sets of texts that stay the same."""

    def __init__(self, hidden: Iterable[Hidden]) -> None:
        self._forms: dict[str, tuple[str, Reach]] = {}
        for each in hidden:
            reach = Reach.ANYWHERE if is_strong(each.value) else each.weak
            if reach is None or len(each.value.strip()) < SHORTEST:
                continue
            # A label maps to itself, because a text may pass here twice.
            self._forms[each.label] = (each.label, Reach.ANYWHERE)
            for form, piece in forms(each.value):
                known = self._forms.get(form)
                mine = Reach.ANYWHERE if piece else reach
                if known is None or mine < known[1]:
                    self._forms[form] = (each.label, mine)
        self._labels = {label for label, _ in self._forms.values()}
        starts: dict[str, set[int]] = {}
        for form in self._forms:
            starts.setdefault(form[:SHORTEST], set()).add(len(form))
        # One form may begin with another, so the longer one is tried first.
        self._lengths = {start: sorted(lengths, reverse=True) for start, lengths in starts.items()}
        self._torn: dict[str, list[str]] = {}
        for form, (_, reach) in self._forms.items():
            if reach is Reach.ANYWHERE and form not in self._labels:
                self._torn.setdefault(form[:SHORTEST], []).append(form)
        self._longest = max(map(len, self._forms), default=0)

    def __bool__(self) -> bool:
        return bool(self._forms)

    def replace(self, text: str, reach: Reach, cut: bool = False) -> str:
        """Return the text with labels in place of everything that is hidden within ``reach``.

        ``cut`` says that the text may have been cut. Then a piece of a form at its end is hidden too.
        """
        lengths = self._lengths
        found: list[str] = []
        done = 0
        for index in range(len(text) - SHORTEST + 1):
            if text[index : index + SHORTEST] not in lengths or index < done:
                continue
            match = self._at(text, index, reach, cut)
            if match is not None:
                end, label = match
                found += (text[done:index], label)
                done = end
        return "".join((*found, text[done:])) if found else text

    def _at(self, text: str, index: int, reach: Reach, cut: bool) -> tuple[int, str] | None:
        start = text[index : index + SHORTEST]
        for length in self._lengths[start]:
            end = index + length
            known = self._forms.get(text[index:end]) if end <= len(text) else None
            if (
                known is not None
                and known[1] <= reach
                and (known[1] is Reach.ANYWHERE or _stands_alone(text, index, end))
            ):
                return end, known[0]
        left = len(text) - index
        if cut and _SHORTEST_PIECE <= left < self._longest:
            rest = text[index:]
            for form in self._torn.get(start, ()):
                if form.startswith(rest):
                    return len(text), self._forms[form][0]
        return None


@lru_cache(maxsize=16)
def _remembered(hidden: tuple[Hidden, ...]) -> Finder:
    return Finder(hidden)


def finder(hidden: Iterable[Hidden]) -> Finder:
    """Return the finder of a set of hidden texts, cached: an account's secrets are the same from step to step."""
    return _remembered(tuple(hidden))


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether the text at this position is not a part of a longer word or number."""
    before, after = text[max(0, start - 6) : start], text[end : end + 2]
    if before[-1:].isalnum() and _ESCAPED.search(before) is None:
        return False
    if after[:1].isalnum():
        return False
    if text[start].isdigit() and _is_number_before(before):
        return False
    return not (text[end - 1].isdigit() and after[:1] in (".", ",") and after[1:].isdigit())


def _is_number_before(before: str) -> bool:
    last, earlier = before[-1:], before[-2:-1]
    if last in (".", ","):
        return earlier.isdigit()
    return last in ("-", "+") and not earlier.isalnum()
