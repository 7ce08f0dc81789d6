"""One field of a form: how a sent value is read, and what makes it wrong (spec section Field Types, ruling 16)."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeAlias

from interactor.core import ids, jsons
from interactor.core.jsons import Json, JsonObject
from interactor.core.paths import MISSING, Missing
from interactor.forms import defaults

MAX_FILES: Final = 5

_QUOTED_CHARACTERS = 40
_LISTED_OPTIONS = 20


@dataclass(frozen=True)
class Wrong:
    """Why a value is not accepted: the part of the sentence after the field's name (``must be ...``)."""

    message: str
    value: Json | Missing = MISSING
    """The wrong value, if the sentence ends with it."""

    def told(self, sensitive: bool) -> str:
        """Return the sentence.

        It does not repeat the value of a sensitive field: errors are logged and shown (ruling 31).
        """
        return self.message if sensitive or self.value is MISSING else f"{self.message}, not {_quoted(self.value)}"


Rule: TypeAlias = Callable[[JsonObject, Json], Wrong | None]


def read(field: JsonObject, sent: Json | Missing) -> Json | Missing | Wrong:
    """Return the value that the form takes for a field, ``MISSING`` if its key is not touched, or what is wrong.

    ``sent`` is the value as it came, or ``MISSING`` if the key was not sent. A box that is not sent, or sent as null or
    ``""``, is not ticked: it is false, whatever its default and whether or not it is required. Browsers leave an
    unticked box out, and null would be a third answer, which ``not_equals: false`` takes for a yes. Any other optional
    field that is not sent takes its default; one that is sent as null or ``""`` was cleared, and is null. A required
    field must be sent, and not empty.
    """
    required = field.get("required") is True
    nothing = sent is MISSING or sent is None or (sent == "" and not _offers_empty(field))
    if nothing and field.get("type") == "boolean":
        return False
    if nothing and required:
        return _missed(field)
    if nothing:
        return defaults.shown(field) if sent is MISSING else None
    value = _coerced(field, sent)
    return defaults.shown(field) if defaults.is_shown(field, value) else _judged(field, value)


def listed(values: list[Json]) -> str:
    """Return values for a sentence: ``"low", "medium", "high"``."""
    shown = ", ".join(_quoted(value) for value in values[:_LISTED_OPTIONS])
    return f"{shown}, ..." if len(values) > _LISTED_OPTIONS else shown


def _missed(field: JsonObject) -> Wrong:
    return Wrong(f"is required: send {_wanted(field)}")


def _offers_empty(field: JsonObject) -> bool:
    options = field.get("options") if field.get("type") == "select" else None
    listed = options if isinstance(options, list) else []
    return any(isinstance(each, dict) and each.get("value") == "" for each in listed)


def _coerced(field: JsonObject, value: Json) -> Json:
    """Convert a value to the field's type: browser forms send every value as text."""
    if isinstance(value, str) and field.get("type") == "boolean":
        return defaults.BOOLEANS.get(value, value)
    if isinstance(value, str) and field.get("type") == "number":
        number = defaults.number(value)
        return value if number is None else number
    return value


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
        return Wrong("must be a text", value)
    longest = field.get("maxLength")
    # As in HTML, a line end is one character, however it is sent.
    characters = len(defaults.unix_lines(value))
    if isinstance(longest, int) and not isinstance(longest, bool) and characters > longest:
        return Wrong(f"must be at most {longest} characters long, and has {characters}")
    return None


def _numeric(field: JsonObject, value: Json) -> Wrong | None:
    if not _is_number(value):
        return Wrong("must be a number", value)
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
    """Whether ``value`` is ``base`` plus a whole number of steps, for people who write decimals.

    Steps count from ``min``, as in HTML. No double is exactly 0.1, and 0.1 + 0.2 is not the double 0.3. So a number
    counts as on the step within the precision of doubles.
    """
    steps = (Fraction(value) - Fraction(base)) / Fraction(step)
    indistinct = max(Fraction(1, 10**9), abs(steps) / 2**51)
    return abs(steps - round(steps)) <= indistinct


def _boolean(field: JsonObject, value: Json) -> Wrong | None:
    return None if isinstance(value, bool) else Wrong("must be true or false", value)


def _select(field: JsonObject, value: Json) -> Wrong | None:
    options = field.get("options")
    if not isinstance(options, list):
        return _string({}, value)
    values = [option["value"] for option in options if isinstance(option, dict) and "value" in option]
    if any(jsons.equal(value, option) for option in values):
        return None
    return Wrong(f"must be one of {listed(values)}", value)


def _date(field: JsonObject, value: Json) -> Wrong | None:
    day = defaults.day(value)
    if day is None:
        return Wrong("must be a date of the calendar written YYYY-MM-DD", value)
    first, last = (defaults.day_of(field.get(key)) for key in ("minDate", "maxDate"))
    if first is not None and day < first:
        return Wrong(f"must be {first.isoformat()} or later")
    if last is not None and day > last:
        return Wrong(f"must be {last.isoformat()} or earlier")
    return None


def _file(field: JsonObject, value: Json) -> Wrong | None:
    files = value if isinstance(value, list) else [value]
    if len(files) > MAX_FILES:
        return Wrong(f"must be at most {MAX_FILES} files, and has {len(files)}")
    if not files and field.get("required") is True:
        return Wrong(f"is required: send {_wanted(field)}")
    for file in files:
        if not isinstance(file, str) or not ids.is_id(file, "file"):
            return Wrong("must be the id of an uploaded file (file_...) or a list of them", file)
    return None


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _quoted(value: Json) -> str:
    """Return a value as JSON, cut if it is long."""
    if isinstance(value, (dict, list)):
        return "a list" if isinstance(value, list) else "an object"
    text = jsons.text(value[: _QUOTED_CHARACTERS + 1] if isinstance(value, str) else value)
    return text if len(text) <= _QUOTED_CHARACTERS else f"{text[:_QUOTED_CHARACTERS]}..."


RULES: Final[dict[str, Rule]] = {
    "string": _string,
    "number": _numeric,
    "boolean": _boolean,
    "select": _select,
    "date": _date,
    "file": _file,
}
"""The rule for each type of field. A type without a rule accepts anything."""
