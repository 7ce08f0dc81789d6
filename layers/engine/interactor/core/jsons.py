"""JSON as the engine understands it: strict reading, compact writing, and equality as ruling 8 defines it."""

import json
import math
from typing import Any, NoReturn, TypeAlias

Json: TypeAlias = Any
"""Any JSON value: None, bool, int, float, str, list or dict with string keys."""

JsonObject: TypeAlias = dict[str, Any]

MAX_DEPTH = 100
"""Nesting of a document that is read from outside."""


class JsonError(ValueError):
    """A text that is not JSON as the engine accepts it. ``str()`` of it is a sentence for the sender."""


def loads(text: str | bytes, max_depth: int = MAX_DEPTH) -> Json:
    """Read one JSON document, refusing what RFC 8259 leaves to each reader.

    RefusedError: duplicate keys, NaN and infinities, numbers outside the range of a double, lone surrogates,
    nesting over ``max_depth``, and bytes that are not UTF-8.

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
            parse_float=_float,
            parse_int=_int,
        )
    except JsonError:
        raise
    except UnicodeDecodeError as error:
        raise JsonError(f"the text is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise JsonError(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise JsonError(f"nested more than {max_depth} levels deep") from None
    _check(value, max_depth)
    return value


def dumps(value: Json) -> str:
    """Write compact JSON; key order is kept.

    Raises:
        ValueError: for NaN, infinities and values that are not JSON.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def encode(value: Json) -> bytes:
    """``dumps`` as UTF-8 bytes."""
    return dumps(value).encode("utf-8")


def size(value: Json) -> int:
    """Bytes of ``value`` as compact UTF-8 JSON: the measure of every size limit."""
    return len(encode(value))


def equal(left: Json, right: Json) -> bool:
    """Equality of JSON values: ``1`` is ``1.0``, ``true`` is not ``1``, ``"5"`` is not ``5`` (ruling 8)."""
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
            raise JsonError(f"the key {json.dumps(key[:80])} appears twice in one object")
        result[key] = value
    return result


def _constant(name: str) -> NoReturn:
    raise JsonError(f"{name} is not a JSON number")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise JsonError(f"the number {text[:40]} is too large")
    return value


def _int(text: str) -> int:
    # A double holds no integer of more than 309 digits; Python would read millions of digits, slowly.
    if len(text) > 309:
        raise JsonError(f"the number {text[:40]}... is too large")
    return int(text)


def _check(value: Json, max_depth: int) -> None:
    """Walk without recursion, so that depth costs no stack, and refuse text that UTF-8 cannot carry."""
    stack: list[tuple[Json, int]] = [(value, 1)]
    while stack:
        item, depth = stack.pop()
        if isinstance(item, str):
            _check_text(item)
        elif isinstance(item, (dict, list)):
            if depth > max_depth:
                raise JsonError(f"nested more than {max_depth} levels deep")
            if isinstance(item, dict):
                for key in item:
                    _check_text(key)
            stack.extend((child, depth + 1) for child in (item.values() if isinstance(item, dict) else item))


def _check_text(text: str) -> None:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise JsonError("a text holds half of a surrogate pair, which is no character")
