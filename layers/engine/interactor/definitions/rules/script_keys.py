"""The keys of the object that a script returns, if its text shows them.

The script is not run. Its text is split into pieces, and every ``return`` must be followed by an object literal with
plain keys, or by nothing. Whatever is uncertain (a spread, a computed key, a variable, a regular expression where a
division could be) makes the keys unknown. That loses a warning but never gives a false one.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

MOST_KEYS: Final = 200
"""A script that names more keys is not examined."""

_PIECE = re.compile(
    r"(?P<space>\s+|//[^\n\r\u2028\u2029]*|/\*.*?\*/)"
    r"|(?P<word>[^\W\d][\w$]*|\$[\w$]*)"
    r"|(?P<text>'(?:[^'\\\n\r]|\\.)*'|\"(?:[^\"\\\n\r]|\\.)*\")"
    r"|(?P<template>`(?:[^`\\$]|\\.|\$(?!\{)|\$\{[^`{}]*\})*`)"
    r"|(?P<number>\.?\d[\w.]*)"
    r"|(?P<mark>\.\.\.|=>|/(?!\*)|[^`'\"\\\w\s/])",
    re.DOTALL,
)
_VALUE_ENDS = re.compile(r"[\w$\]]")
_BEFORE_A_VALUE = frozenset(
    {"await", "case", "delete", "do", "else", "in", "instanceof", "new", "of", "return", "throw", "typeof", "void"}
    | {"yield"}
)
_PLAIN_KEY = re.compile(r"[^\W\d][\w$]*|\$[\w$]*|0|[1-9][0-9]*")
_ENDS = (";", "}")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_NO_RESULT = ("null", "undefined")
_AFTER_KEY = (":", ",", "}")


class _UncertainError(Exception):
    """The text cannot be read with certainty."""


def returned_keys(code: str) -> frozenset[str] | None:
    """Return the top-level keys that the script may write, or None if they cannot be known."""
    try:
        pieces = list(_pieces(code))
        found: set[str] = set()
        for place, piece in enumerate(pieces):
            if piece == "return":
                found.update(_keys(pieces, place + 1))
                if len(found) > MOST_KEYS:
                    return None
    except _UncertainError:
        return None
    return frozenset(found)


def _pieces(code: str) -> Iterator[str]:
    """Yield the pieces that matter, each as it is written."""
    if "<!--" in code or "-->" in code:
        # Each may open a comment (ECMAScript, B.1.1).
        raise _UncertainError
    position, before = 0, ""
    while position < len(code):
        match = _PIECE.match(code, position)
        if match is None:
            # A template inside a template, an escape in a name, or a text that does not end.
            raise _UncertainError
        position = match.end()
        if match.lastgroup == "space":
            continue
        piece = match[0]
        # After a value, a slash divides. Elsewhere it starts a regular expression, which may contain anything.
        if piece == "/" and (before in _BEFORE_A_VALUE or _VALUE_ENDS.match(before[-1:]) is None):
            raise _UncertainError
        before = piece
        yield piece


def _keys(pieces: Sequence[str], place: int) -> set[str]:
    first = _at(pieces, place)
    if first in ("", *_ENDS):
        return set()
    if first in _NO_RESULT and _at(pieces, place + 1) in ("", *_ENDS):
        return set()
    if first != "{":
        raise _UncertainError
    keys: set[str] = set()
    place += 1
    while _at(pieces, place) != "}":
        keys.add(_key(_at(pieces, place)))
        place += 1
        if _at(pieces, place) not in _AFTER_KEY:
            raise _UncertainError
        place = _after_value(pieces, place)
    if _at(pieces, place + 1) not in ("", *_ENDS):
        raise _UncertainError
    return keys


def _key(piece: str) -> str:
    if piece[:1] in ("'", '"') and "\\" not in piece:
        return piece[1:-1]
    if _PLAIN_KEY.fullmatch(piece) is None:
        raise _UncertainError
    return piece


def _after_value(pieces: Sequence[str], place: int) -> int:
    """Return the position of the next key, or of the brace that closes the object."""
    open_brackets: list[str] = []
    while True:
        piece = _at(pieces, place)
        if not open_brackets and piece == ",":
            return place + 1
        if not open_brackets and piece == "}":
            return place
        if piece in _CLOSING:
            open_brackets.append(_CLOSING[piece])
        elif open_brackets and piece == open_brackets[-1]:
            open_brackets.pop()
        elif piece in ("", ")", "]", "}"):
            raise _UncertainError
        place += 1


def _at(pieces: Sequence[str], place: int) -> str:
    return pieces[place] if place < len(pieces) else ""
