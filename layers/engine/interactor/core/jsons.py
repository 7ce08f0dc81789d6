"""JSON as the engine understands it: strict reading, compact writing, and equality as ruling 8 defines it.

Whole numbers become ``int`` however they were written (``1500.0`` and ``1.5e3`` are 1500). So none is ever rounded, and
none is written with a fraction or an exponent (ruling 31). All other numbers are doubles.
"""

import json
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NoReturn, TypeAlias

Json: TypeAlias = Any
"""Any JSON value: None, bool, int, float, str, list or dict with string keys."""

JsonObject: TypeAlias = dict[str, Any]

JsonPlace: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead to a value in a document."""

MAX_DEPTH = 100
"""The deepest nesting that is accepted from outside."""

_PARTIAL = re.compile(r'"(?:[^"\\]|\\.)*+"|-?[0-9]+(?:\.[0-9]+(?:e[+-]?[0-9]+)?|e[+-]?[0-9]+)', re.DOTALL)
"""In compact JSON, a text, or a number with a fraction or an exponent."""

_REASONS = {
    "Expecting value": "a value is missing, or is none that JSON knows,",
    "Expecting property name": "a key in double quotes is missing",
    "Expecting ':'": "a ':' is missing",
    "Expecting ','": "a ',' or a closing bracket is missing",
    "Illegal trailing comma": "a ',' has nothing behind it",
    "Unexpected UTF-8 BOM": "a byte order mark stands where the document should begin,",
    "Extra data": "there is more behind the end of the document",
    "Unterminated string": "a text without a closing quote begins",
    "Invalid control character": "a text holds a line break or another control character that is not escaped",
    "Invalid \\": "a text holds a backslash that begins no escape of JSON",
}
"""The messages of the standard library's parser, and what the sender is told instead."""

_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


class JsonError(ValueError):
    """A text that is not JSON as the engine accepts it. ``str()`` of the error is a sentence for the sender.

    ``place`` has the keys and indexes that lead to the fault. It is empty if no path leads there; then the sentence has
    the line and column if the text has several lines.
    """

    def __init__(self, reason: str, place: JsonPlace = ()) -> None:
        super().__init__(reason)
        self.place = place


def loads(text: str | bytes, max_depth: int = MAX_DEPTH) -> Json:
    """Read one JSON document strictly: refuse what RFC 8259 lets each reader decide.

    It refuses duplicate keys, NaN and infinities, numbers outside the range of a double, unpaired surrogates, nesting
    deeper than ``max_depth``, and bytes that are not UTF-8.

    Raises:
        JsonError: with the reason.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=number,
            parse_int=_int,
        )
        _check(value, max_depth)
    except JsonError as error:
        raise _located(str(text), error) from None
    except UnicodeDecodeError as error:
        raise JsonError(f"the text is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise JsonError(f"{_in_words(error.msg)} at line {error.lineno}, column {error.colno}") from None
    except (_TooDeepError, RecursionError):
        raise JsonError(f"nested more than {max_depth} levels deep{_where(str(text), max_depth)}") from None
    return value


def loads_own(text: str | bytes) -> Json:
    """Read JSON that the engine itself wrote: without the checks of ``loads``, and with numbers as ``loads`` reads
    them.
    """
    return json.loads(text, parse_float=number)


def number(text: str) -> int | float:
    """Return a number that is written with a fraction or an exponent: an ``int`` if it is whole, else the nearest
    double.

    Raises:
        JsonError: if it is outside the range of a double.
    """
    value = float(text)
    if math.isinf(value):
        raise JsonError(f"the number {text[:40]} is too large")
    if not value.is_integer():
        return value
    # ``0e999999999`` is zero and must not be expanded. Any other whole number in range has at most 309 digits.
    exact = Decimal(text) if value else Decimal(0)
    whole = int(exact)
    # Beyond 2^53 a double has no fraction. The rest of the number is then taken from the shortest text that names the
    # double.
    return whole if whole == exact else int(Decimal(repr(value)))


def dumps(value: Json) -> str:
    """Return compact JSON. The order of keys is kept.

    Raises:
        ValueError: for NaN, infinities and values that are not JSON.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def encode(value: Json) -> bytes:
    """Return ``dumps`` as UTF-8 bytes."""
    return dumps(value).encode("utf-8")


def text(value: Json) -> str:
    """Return a value as text inside a longer text: JSON with numbers as a person writes them, ``0.00001`` and not
    ``1e-05``.
    """
    return _PARTIAL.sub(_written_out, dumps(value))


def size(value: Json) -> int:
    """Return the bytes of ``value`` as compact UTF-8 JSON. Every size limit uses this measure."""
    return len(encode(value))


def equal(left: Json, right: Json) -> bool:
    """Whether two JSON values are equal: ``1`` equals ``1.0``, ``true`` does not equal ``1``, ``"5"`` not ``5`` (ruling
    8).
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == right
    return type(left) is type(right) and bool(left == right)


def _object(pairs: list[tuple[str, Json]]) -> JsonObject:
    result: JsonObject = {}
    for key, value in pairs:
        if key in result:
            raise JsonError(_twice(key))
        result[key] = value
    return result


def _twice(key: str) -> str:
    return f"the key {json.dumps(key[:80])} appears twice in one object"


def _in_words(reason: str) -> str:
    """Return what the parser found, in words for a reader who does not know the parser."""
    return next((words for begin, words in _REASONS.items() if reason.startswith(begin)), "something is not JSON")


def _constant(name: str) -> NoReturn:
    raise JsonError(f"{name} is not a JSON number")


def _written_out(found: re.Match[str]) -> str:
    if found[0].startswith('"'):
        return found[0]
    number = Decimal(found[0])
    return str(int(number)) if number == int(number) else format(number, "f")


def _int(text: str) -> int:
    # Python would read a number with millions of digits, slowly.
    if len(text) < 309 or (len(text) < 311 and not math.isinf(float(text))):
        return int(text)
    raise JsonError(f"the number {text[:40]}... is too large")


class _TooDeepError(Exception):
    """A document is nested deeper than allowed."""


class _Wrong:
    """Replaces a wrong value while its place is searched for."""

    def __init__(self, reason: object) -> None:
        self.reason = str(reason)


def _located(text: str, found: JsonError) -> JsonError:
    """Return the first error in a text whose values are wrong, with its place.

    The text is read again, because few texts are wrong.
    """

    def marked(read: Callable[[str], Json]) -> Callable[[str], Json]:
        def attempt(part: str) -> Json:
            try:
                return read(part)
            except JsonError as error:
                return _Wrong(error)

        return attempt

    def members(pairs: list[tuple[str, Json]]) -> JsonObject:
        result: JsonObject = {}
        for key, value in pairs:
            try:
                _check_text(key)
                result[key] = _Wrong(_twice(key)) if key in result else value
            except JsonError as error:
                result[key.encode("ascii", "backslashreplace").decode()] = _Wrong(error)
        return result

    value = json.loads(
        text,
        object_pairs_hook=members,
        parse_constant=marked(_constant),
        parse_float=marked(number),
        parse_int=marked(_int),
    )
    stack: list[tuple[Json, Any]] = [(value, None)]
    while stack:
        item, way = stack.pop()
        try:
            if isinstance(item, str):
                _check_text(item)
        except JsonError as error:
            item = _Wrong(error)
        if isinstance(item, _Wrong):
            return JsonError(item.reason, _steps(way))
        if isinstance(item, (dict, list)):
            children = item.items() if isinstance(item, dict) else enumerate(item)
            stack.extend(reversed([(child, (way, step)) for step, child in children]))
    return found


def _steps(way: Any) -> JsonPlace:
    steps: list[str | int] = []
    while way is not None:
        way, step = way
        steps.append(step)
    return tuple(reversed(steps))


def _where(text: str, max_depth: int) -> str:
    """Return where a text is nested deeper than allowed."""
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth += 1 if found[0] in "[{" else -1 if found[0] in "]}" else 0
        if depth > max_depth:
            line = text.count("\n", 0, found.start()) + 1
            return f" at line {line}, column {found.start() - text.rfind(chr(10), 0, found.start())}"
    return ""


def _check(value: Json, max_depth: int) -> None:
    """Refuse texts that UTF-8 cannot encode, and deep nesting. There is no recursion, so depth uses no stack."""
    stack: list[tuple[Json, int]] = [(value, 1)]
    while stack:
        item, depth = stack.pop()
        if isinstance(item, str):
            _check_text(item)
        elif isinstance(item, (dict, list)):
            if depth > max_depth:
                raise _TooDeepError
            if isinstance(item, dict):
                for key in item:
                    _check_text(key)
            stack.extend((child, depth + 1) for child in (item.values() if isinstance(item, dict) else item))


def _check_text(text: str) -> None:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise JsonError("a text holds half of a surrogate pair, which is no character")


def ordered(value: Json) -> Json:
    """Return the value with the keys of all its objects sorted, so that equal documents have the same text."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value)}
    return [ordered(each) for each in value] if isinstance(value, list) else value
