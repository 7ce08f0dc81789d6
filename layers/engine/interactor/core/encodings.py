"""The encoded forms in which a text may come back from services, logs and errors.

Everything that hides texts uses this list.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from typing import Final
from urllib.parse import quote, quote_plus

from interactor.core import jsons

SHORTEST: Final = 3
"""Shorter forms are not searched for, because they occur by chance in ordinary texts."""
STRONG: Final = 8
"""A text with fewer characters is weak: it may occur by chance in any text."""
_SHORTEST_BASE64: Final = 10
_LONGEST_PLAIN: Final = 24
_REMEMBERED_CHARACTERS: Final = 256

_ESCAPE = re.compile(r"\\u[0-9a-f]{4}")
_PERCENT = re.compile(r"%[0-9A-F]{2}")
_NUMBER = re.compile(r"[\d.,:/ +-]+")
_SEPARATOR = re.compile(r"[ _./-]")
_CAMEL = re.compile(r"[A-Z]?[a-z]+(?:[A-Z][a-z]{2,})*")


def is_strong(value: str) -> bool:
    """Whether a text is so long and unusual that it does not occur by chance: no number, and not one or two plain
    words.

    Numbers include those with the signs of dates and phone numbers. Plain words may be joined, as in ``customer_id``.
    """
    value = value.strip()
    if len(value) < STRONG or (len(value) <= _LONGEST_PLAIN and _NUMBER.fullmatch(value)):
        return False
    words = _SEPARATOR.split(value)
    return len(value) > _LONGEST_PLAIN or len(words) > 2 or not all(map(_is_word, words))


def _is_word(text: str) -> bool:
    cased = text in (text.lower(), text.upper(), text.title()) or _CAMEL.fullmatch(text) is not None
    return text.isalpha() and cased


def forms(value: str) -> tuple[tuple[str, bool], ...]:
    """Return the encoded forms of a text. Each comes with whether it is a piece of base64, which may have letters
    around it.

    The forms are: as it is and on one line; as JSON text (once, and within another JSON text, with escaped slashes,
    with escapes of either case); as HTML text; percent-encoded; in hexadecimal; in base64, also inside the base64 of a
    longer text.
    """
    return _remembered(value) if len(value) <= _REMEMBERED_CHARACTERS else _forms(value)


def _forms(value: str) -> tuple[tuple[str, bool], ...]:
    found: dict[str, bool] = {}
    for plain in dict.fromkeys((value, value.strip(), " ".join(value.split()))):
        raw = plain.encode("utf-8", "surrogatepass")
        found |= dict.fromkeys(_written(plain, raw), False)
        found |= {form: True for form in _base64(raw) if len(form) >= _SHORTEST_BASE64}
    return tuple((form, piece) for form, piece in found.items() if len(form) >= SHORTEST)


_remembered = lru_cache(maxsize=1024)(_forms)


def _written(value: str, raw: bytes) -> Iterator[str]:
    yield from (value, escape(value), escape(value, quote=False), raw.hex(), raw.hex().upper())
    for text in (jsons.dumps(value)[1:-1], json.dumps(value)[1:-1]):
        for written in (text, text.replace("/", "\\/")):
            for each in (written, _ESCAPE.sub(lambda found: found[0].upper().replace("U", "u", 1), written)):
                yield from (each, json.dumps(each)[1:-1])
    for text in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        yield from (text, _PERCENT.sub(lambda found: found[0].lower(), text))
        if is_strong(value):
            yield text.lower()


def _base64(raw: bytes) -> Iterator[str]:
    """Yield the part of a text's base64 that does not depend on the text around it, for each of its three
    alignments.
    """
    for offset, start in enumerate((0, 2, 3)):
        whole = (offset + len(raw)) % 3 == 0
        encoded = b64encode(bytes(offset) + raw).decode().rstrip("=")[start : None if whole else -1]
        yield from (encoded, encoded.replace("/", "\\/"), quote(encoded, safe=""))
        yield encoded.translate(_FOR_URLS)


_FOR_URLS = str.maketrans("+/", "-_")
