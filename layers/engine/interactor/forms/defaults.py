"""Defaults of form fields: what a form shows as filled in, in the field's own type (ruling 16).

A template keeps the type of its value, which may differ from the field's: an order number that is a number fills a text
field. The default gets the field's type before it is shown. An optional field that is not sent becomes this default.
What is shown can be sent back, even if it breaks the field's rules: those apply to what a person enters.
"""

import re
from datetime import date
from typing import Final

from interactor.core import jsons
from interactor.core.jsons import Json, JsonObject
from interactor.core.paths import MISSING, Missing

BOOLEANS: Final = {"true": True, "on": True, "false": False}
"""Texts that browser forms send for a box."""

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?", re.ASCII)
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_NUMBER_CHARACTERS = 309
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def with_own_defaults(presentation: JsonObject) -> JsonObject:
    """Return a rendered presentation whose fields show their defaults in their own types.

    A required boolean without a default shows ``false``, so that an untouched box arrives as false (ruling 15).
    """
    fields = presentation.get("fields")
    if not isinstance(fields, list):
        return presentation
    return {**presentation, "fields": [_with_own_default(field) for field in fields]}


def shown(field: JsonObject) -> Json | Missing:
    """Return the default of a field, or ``MISSING`` if it has none.

    A halt that an earlier release stored may show a value of another type. It gets the field's type if possible, and is
    taken as it is otherwise.
    """
    default = field.get("default", MISSING)
    if default is MISSING:
        return MISSING
    own = in_type(field, default)
    return default if own is None and default != "" else own


def is_shown(field: JsonObject, sent: Json) -> bool:
    """Whether what was sent is the default that the form shows, or the value that the template made for it.

    A text may come back with the line ends of a browser's form. For a box only the shown value counts: ``1`` is not
    true.
    """
    default = shown(field)
    if default is MISSING or default is None:
        return False
    if jsons.equal(sent, default) or jsons.equal(sent, field["default"]):
        return True
    if isinstance(sent, str) and isinstance(default, str) and unix_lines(sent) == unix_lines(default):
        return True
    return field.get("type") != "boolean" and jsons.equal(in_type(field, sent), default)


def in_type(field: JsonObject, value: Json) -> Json:
    """Return a value in the type of a field, or None if that is not possible: ``4711`` for a text is ``"4711"``."""
    make = {
        "string": _text,
        "number": _numeric,
        "boolean": _boolean,
        "select": _option,
        "date": _date,
        "file": _file,
    }.get(str(field.get("type")))
    return value if make is None else make(field, value)


def number(text: str) -> int | float | None:
    """Return the number that a text has in decimal digits, or None if it is none or too long."""
    trimmed = text.strip() if len(text) <= 2 * _NUMBER_CHARACTERS else text
    if len(trimmed) > _NUMBER_CHARACTERS or _NUMBER.fullmatch(trimmed) is None:
        return None
    if _INTEGER.fullmatch(trimmed) is not None:
        return int(trimmed)
    try:
        return jsons.number(trimmed)
    except jsons.JsonError:
        return None


def day(value: Json) -> date | None:
    """Return the calendar day that a text has as YYYY-MM-DD, else None."""
    # fromisoformat also reads 20260131 and 2026-W05-6.
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def day_of(value: Json) -> date | None:
    """Return the day that a text names, alone or with a time: data has moments as often as days."""
    if not isinstance(value, str) or value[10:11] not in ("", "T", " "):
        return None
    return day(value[:10])


def unix_lines(text: str) -> str:
    """Return a text with single line feeds: browser forms send two characters for a line end."""
    return text.replace("\r\n", "\n")


def _with_own_default(field: Json) -> Json:
    if not isinstance(field, dict):
        return field
    found = {**field, "default": in_type(field, field["default"])} if "default" in field else field
    box = found.get("type") == "boolean" and found.get("required") is True
    return {**found, "default": False} if box and found.get("default") is None else found


def _text(_: JsonObject, value: Json) -> Json:
    return value if value is None or isinstance(value, str) else jsons.text(value)


def _numeric(_: JsonObject, value: Json) -> Json:
    if isinstance(value, str):
        return number(value)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _boolean(_: JsonObject, value: Json) -> Json:
    if isinstance(value, str):
        return BOOLEANS.get(value)
    if isinstance(value, (bool, int, float)):
        return bool(value) if value in (0, 1) else None
    return None


def _option(field: JsonObject, value: Json) -> Json:
    options = field.get("options")
    values = [each.get("value") for each in (options if isinstance(options, list) else []) if isinstance(each, dict)]
    if any(jsons.equal(value, each) for each in values):
        return value
    text = _text(field, value)
    return next((each for each in values if text is not None and _text(field, each) == text), None)


def _date(_: JsonObject, value: Json) -> Json:
    found = day_of(value)
    return None if found is None else found.isoformat()


def _file(_: JsonObject, value: Json) -> Json:
    listed = value if isinstance(value, list) else [value]
    files = all(isinstance(each, dict) and isinstance(each.get("id"), str) for each in listed)
    return value if files and listed else None
