"""One field of a form: how what was sent is read, and what makes it wrong (spec section Field Types, ruling 16)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, TypeAlias

from interactor.core import ids, jsons
from interactor.core.jsons import Json, JsonObject
from interactor.core.paths import MISSING, Missing

MAX_FILES: Final = 5

_BOOLEANS = {"true": True, "on": True, "false": False}
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?", re.ASCII)
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_NUMBER_CHARACTERS = 309
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_QUOTED_CHARACTERS = 40
_LISTED_OPTIONS = 20


@dataclass(frozen=True)
class Wrong:
    """Why a value does not do: what follows the field's name in a sentence (``must be ...``)."""

    message: str


Rule: TypeAlias = Callable[[JsonObject, Json], Wrong | None]


def read(field: JsonObject, sent: Json | Missing) -> Json | Missing | Wrong:
    """The value that the form takes for a field, ``MISSING`` where the key is to stay untouched, or what is wrong.

    ``sent`` is the value as it came, ``MISSING`` where the key was not sent. A field that is absent takes its
    default; one without, sent as null or ``""``, becomes null. A default is held to the rules of its field.
    """
    required = field.get("required") is True
    # An empty text is an answer to a required text field, and to nothing else.
    empty = (sent is None or sent == "") and not (required and field.get("type") == "string")
    if sent is not MISSING and not empty:
        return _judged(field, _coerced(field, sent))
    if required:
        return Wrong(f"is required: send {_wanted(field)}")
    if "default" in field:
        return _default(field)
    return MISSING if sent is MISSING else None


def listed(values: list[Json]) -> str:
    """Values for a sentence: ``"low", "medium", "high"``."""
    shown = ", ".join(_quoted(value) for value in values[:_LISTED_OPTIONS])
    return f"{shown}, ..." if len(values) > _LISTED_OPTIONS else shown


def _default(field: JsonObject) -> Json | Wrong:
    default = _coerced(field, field["default"])
    if default is None or default == "":
        return default if field.get("type") == "string" else None
    result = _judged(field, default)
    if isinstance(result, Wrong):
        return Wrong(f"{result.message}; its default, {_quoted(default)}, is not: send a value")
    return result


def _coerced(field: JsonObject, value: Json) -> Json:
    """Browser forms send every value as text."""
    if not isinstance(value, str):
        return value
    if field.get("type") == "boolean":
        return _BOOLEANS.get(value, value)
    if field.get("type") == "number":
        return _number(value)
    return value


def _number(text: str) -> Json:
    trimmed = text.strip() if len(text) <= 2 * _NUMBER_CHARACTERS else text
    if len(trimmed) > _NUMBER_CHARACTERS or _NUMBER.fullmatch(trimmed) is None:
        return text
    if _INTEGER.fullmatch(trimmed) is not None:
        return int(trimmed)
    try:
        return jsons.number(trimmed)
    except jsons.JsonError:
        return text


def _judged(field: JsonObject, value: Json) -> Json | Wrong:
    rule = RULES.get(str(field.get("type")))
    wrong = None if rule is None else rule(field, value)
    return value if wrong is None else wrong


def _wanted(field: JsonObject) -> str:
    return {
        "string": "a text",
        "number": "a number",
        "boolean": "true or false",
        "select": "one of its options",
        "date": "a date such as 2026-01-31",
        "file": "the id of an uploaded file",
    }.get(str(field.get("type")), "a value")


def _string(field: JsonObject, value: Json) -> Wrong | None:
    if not isinstance(value, str):
        return Wrong(f"must be a text, not {_quoted(value)}")
    longest = field.get("maxLength")
    if isinstance(longest, int) and not isinstance(longest, bool) and len(value) > longest:
        return Wrong(f"must be at most {longest} characters long, and has {len(value)}")
    return None


def _numeric(field: JsonObject, value: Json) -> Wrong | None:
    if not _is_number(value):
        return Wrong(f"must be a number, not {_quoted(value)}")
    least, most, step = (_bound(field, key) for key in ("min", "max", "step"))
    if least is not None and value < least:
        return Wrong(f"must be at least {_quoted(least)}")
    if most is not None and value > most:
        return Wrong(f"must be at most {_quoted(most)}")
    base = 0 if least is None else least
    if step is not None and step > 0 and not _on_step(value, base, step):
        return Wrong(f"must be {_quoted(base)} or a number of steps of {_quoted(step)} from it")
    return None


def _bound(field: JsonObject, key: str) -> float | None:
    bound = field.get(key)
    return bound if _is_number(bound) else None


def _on_step(value: float, base: float, step: float) -> bool:
    """Whether ``value`` is ``base`` and a whole number of steps, for people who write decimals.

    Steps count from ``min``, as in HTML. No double is exactly 0.1, and 0.1 + 0.2 is not the double 0.3: within
    what doubles can tell apart, a number is on the step.
    """
    steps = (Fraction(value) - Fraction(base)) / Fraction(step)
    indistinct = max(Fraction(1, 10**9), abs(steps) / 2**51)
    return abs(steps - round(steps)) <= indistinct


def _boolean(field: JsonObject, value: Json) -> Wrong | None:
    return None if isinstance(value, bool) else Wrong(f"must be true or false, not {_quoted(value)}")


def _select(field: JsonObject, value: Json) -> Wrong | None:
    options = field.get("options")
    if not isinstance(options, list):
        return _string({}, value)
    values = [option["value"] for option in options if isinstance(option, dict) and "value" in option]
    if any(jsons.equal(value, option) for option in values):
        return None
    return Wrong(f"must be one of {listed(values)}, not {_quoted(value)}")


def _date(field: JsonObject, value: Json) -> Wrong | None:
    day = _day(value)
    if day is None:
        return Wrong(f"must be a date of the calendar written YYYY-MM-DD, not {_quoted(value)}")
    first, last = (_limit(field.get(key)) for key in ("minDate", "maxDate"))
    if first is not None and day < first:
        return Wrong(f"must be {first.isoformat()} or later")
    if last is not None and day > last:
        return Wrong(f"must be {last.isoformat()} or earlier")
    return None


def _day(value: Json) -> date | None:
    # fromisoformat also reads 20260131 and 2026-W05-6.
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _limit(value: Json) -> date | None:
    """A bound may be filled from the data, where a moment is as likely as a day."""
    return _day(value.partition("T")[0]) if isinstance(value, str) else None


def _file(field: JsonObject, value: Json) -> Wrong | None:
    files = value if isinstance(value, list) else [value]
    if len(files) > MAX_FILES:
        return Wrong(f"must be at most {MAX_FILES} files, and has {len(files)}")
    if not files and field.get("required") is True:
        return Wrong(f"is required: send {_wanted(field)}")
    for file in files:
        if not isinstance(file, str) or not ids.is_id(file, "file"):
            return Wrong(f"must be the id of an uploaded file (file_...) or a list of them, not {_quoted(file)}")
    return None


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _quoted(value: Json) -> str:
    """A value as JSON, cut where it is long."""
    if isinstance(value, (dict, list)):
        return "a list" if isinstance(value, list) else "an object"
    text = jsons.dumps(value[: _QUOTED_CHARACTERS + 1] if isinstance(value, str) else value)
    return text if len(text) <= _QUOTED_CHARACTERS else f"{text[:_QUOTED_CHARACTERS]}..."


RULES: Final[dict[str, Rule]] = {
    "string": _string,
    "number": _numeric,
    "boolean": _boolean,
    "select": _select,
    "date": _date,
    "file": _file,
}
"""What each type of field asks of a value. A type without a rule takes anything."""
