"""A definition's ``input_schema`` (JSON Schema 2020-12, ruling 4): whether it is valid, and whether an input matches
it.

jsonschema-rs runs a pattern in time that is linear in the text and in the size of the pattern. ``schema_weight`` limits
how often one value is checked, ``_CHECKED_WORK`` limits rules times values, and ``PATTERN_WORK`` limits patterns times
text.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from interactor.core import jsons
from interactor.core.jsons import Json, JsonObject
from interactor.definitions.rules import limits
from interactor.definitions.rules.report import ROOT, Place, Report, quoted
from interactor.definitions.rules.schema_weight import UnboundedError, Weights

# Every start of an instance imports this module, few definitions have a schema, and the library is slow to import. So
# the library is imported where it is used.
if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_REFERENCES = ("$ref", "$dynamicRef")
_EMBEDDED_DATA = ("const", "enum", "default", "examples")
_CHECKED_WORK = 1_000_000
"""Up to this number of rules times values, an input is checked.

With a pattern in each rule, that takes about a second.
"""
PATTERN_WORK = 2 * 10**10
"""Up to this product of compiled bytes of patterns and bytes of the input, an input is checked. The worst cases take
two seconds. Nothing else runs meanwhile, because the library holds the interpreter's lock.
"""
_SMALLEST_PATTERN_BYTES = 1024
_LISTED_WORK = 100_000
"""Up to this number of rules times values, all problems are listed. Building each problem, and those of every
alternative, takes some 15 microseconds, a thousand times as long as finding out that there is one.
"""


def check_schema(report: Report, place: Place, schema: Json) -> None:
    """Report what is wrong with an ``input_schema``."""
    import jsonschema_rs

    if not isinstance(schema, dict):
        report.error(place, f"input_schema must be an object, not {quoted(schema)}")
        return
    # This comes before anything that walks the schema by recursion, or measures it by writing it.
    if _deeper_than(schema, limits.INPUT_SCHEMA_DEPTH):
        report.error(place, f"input_schema is nested more than {limits.INPUT_SCHEMA_DEPTH} levels deep")
        return
    try:
        size = jsons.size(schema)
    except ValueError:
        report.error(place, "input_schema holds a text or a number that JSON cannot carry")
        return
    if size > limits.INPUT_SCHEMA_BYTES:
        report.error(place, f"input_schema has {size} bytes; at most {limits.INPUT_SCHEMA_BYTES} are allowed (64 KB)")
        return
    if schema.get("$schema", DIALECT) not in (DIALECT, DIALECT + "#"):
        report.error(place / "$schema", f"Only JSON Schema 2020-12 is understood: {DIALECT}, or leave $schema out")
        return
    clean = True
    for outside, message in _not_self_contained(schema, place):
        clean = False
        report.error(outside, message)
    if not clean:
        return
    try:
        jsonschema_rs.meta.validate(schema)
        _prepared(jsons.dumps(schema))
    except jsonschema_rs.ValidationError as error:
        _report_invalid(report, place, error)
    except (UnboundedError, ValueError) as error:
        report.error(place, str(error)[:300])


def check_input(schema: JsonObject, value: Json) -> list[dict[str, str]]:
    """Return what is wrong with an input as ``{"field", "message"}``, at most 50 problems; empty if nothing is wrong.

    All problems are listed if that is quick. For a large input of a heavy schema only the first one is, and an input
    that would take seconds is a problem itself. The field of a missing property is that property's own.
    ``check_schema`` must have found nothing in ``schema``.
    """
    validator, weight, patterns = _prepared(jsons.dumps(schema))
    count = _nodes(value)
    if weight * count > _CHECKED_WORK:
        message = f"The input has {count} values; with up to {weight} rules for each it is too large to be checked"
        return [{"field": "", "message": message}]
    if patterns and patterns * jsons.size(value) > PATTERN_WORK:
        most = PATTERN_WORK // patterns
        message = f"The input is too large for the patterns of the input_schema: at most {most:,} bytes can be checked"
        return [{"field": "", "message": message}]
    if validator.is_valid(value):
        return []
    errors = validator.iter_errors(value) if weight * count <= _LISTED_WORK else _first_error(validator, value)
    problems = (problem for error in errors for problem in _problems(error))
    return [{"field": field, "message": message[:500]} for field, message in islice(problems, limits.INPUT_PROBLEMS)]


@lru_cache(maxsize=32)
def _prepared(schema: str) -> "tuple[Draft202012Validator, int, int]":
    """Return the validator, the most rules that it applies to one value, and the work of its patterns for each byte of
    text.

    The schema is weighed before the validator is built, which is recursive. The work of patterns is the number of
    patterns that apply to one value, times the compiled size of the largest.

    Raises:
        UnboundedError: the schema would be too much work.
        ValidationError: of jsonschema-rs, for a schema that cannot be built.
    """
    import jsonschema_rs

    document = jsons.loads(schema)
    weight = Weights(document).heaviest()
    patterns = min(weight, _patterns(document))
    size = _SMALLEST_PATTERN_BYTES if patterns else limits.INPUT_PATTERN_BYTES
    while True:
        try:
            validator = jsonschema_rs.Draft202012Validator(
                document,
                pattern_options=jsonschema_rs.RegexOptions(size_limit=size),
                offline=True,
                validate_formats=True,
                # Compiling what a caller sends is work without a bound, so the format ``regex`` accepts everything.
                formats={"regex": _any},
                # An input may contain what must not be repeated in an answer or a log.
                mask="the value",
            )
            return validator, weight, patterns * size
        except jsonschema_rs.ValidationError:
            # The library does not tell how large a compiled pattern is. Its size is the first bound that accepts it.
            size *= 2
            if size > limits.INPUT_PATTERN_BYTES:
                raise


def _any(_: str) -> bool:
    return True


def _patterns(schema: Json) -> int:
    """Return how many patterns a schema has, each place counted."""
    count = 0
    stack = [schema]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            named = item.get("patternProperties")
            count += isinstance(item.get("pattern"), str) + (len(named) if isinstance(named, dict) else 0)
        if isinstance(item, (dict, list)):
            stack.extend(item.values() if isinstance(item, dict) else item)
    return count


def _first_error(validator: "Draft202012Validator", value: Json) -> "list[ValidationError]":
    from jsonschema_rs import ValidationError

    try:
        validator.validate(value)
    except ValidationError as error:
        return [error]
    return []


def _nodes(value: Json) -> int:
    count = 0
    stack = [value]
    while stack:
        item = stack.pop()
        count += 1
        if isinstance(item, (dict, list)):
            stack.extend(item.values() if isinstance(item, dict) else item)
    return count


def _problems(error: "ValidationError") -> Iterator[tuple[str, str]]:
    from jsonschema_rs import ValidationErrorKind as Kind

    place = _at(ROOT, error.instance_path)
    kind = error.kind
    if isinstance(kind, Kind.Required):
        name = str(kind.property).strip('"')
        yield str(place / name), f"{name} is required"
    elif isinstance(kind, Kind.AdditionalProperties):
        for name in kind.unexpected:
            yield str(place / name), f"{name} is not one of the properties allowed here"
    else:
        yield str(place), error.message


def _report_invalid(report: Report, place: Place, error: "ValidationError") -> None:
    where = _at(place, error.instance_path)
    if "pattern" in error.instance_path[-1:] or "patternProperties" in error.instance_path[-2:]:
        report.error(where, _PATTERN)
    else:
        report.error(where, f"Not JSON Schema 2020-12: {error.message[:200]}")


_PATTERN = (
    "The pattern cannot be run in linear time: it is no regular expression, uses lookaround or backreferences, "
    "or grows too large by its repetitions"
)


def _at(place: Place, path: list[str | int]) -> Place:
    for step in path:
        place = place / step
    return place


def _deeper_than(value: Json, limit: int) -> bool:
    stack: list[tuple[Json, int]] = [(value, 1)]
    while stack:
        item, depth = stack.pop()
        if isinstance(item, (dict, list)):
            if depth > limit:
                return True
            stack.extend((child, depth + 1) for child in (item.values() if isinstance(item, dict) else item))
    return False


def _not_self_contained(schema: JsonObject, place: Place) -> Iterator[tuple[Place, str]]:
    stack: list[tuple[Place, Json, bool]] = [(place, schema, True)]
    while stack:
        here, item, top = stack.pop()
        if isinstance(item, list):
            stack.extend((here / number, child, False) for number, child in enumerate(item))
        elif isinstance(item, dict):
            for key, child in item.items():
                if key in _REFERENCES and isinstance(child, str) and not child.startswith("#"):
                    yield here / key, f"{key} must stay inside the schema: '#/$defs/...' or '#name'"
                elif key == "$id" and isinstance(child, str) and not top:
                    yield here / key, "$id may stand at the top of the schema only"
                elif key not in _EMBEDDED_DATA:
                    stack.append((here / key, child, False))
