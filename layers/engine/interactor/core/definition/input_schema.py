"""A definition's ``input_schema`` (JSON Schema 2020-12, ruling 4): whether it is one, and an input against it.

jsonschema-rs runs patterns in linear time. What it does not bound is how often one value is judged: references
can double the work at each step, and lists of rules multiply with lists of values. So a schema is also weighed:
all rules that may apply to one value at the same time, with references followed, are at most 1,000; and a schema
that contains itself may come back to itself only once for each value.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote

from interactor.core import jsons
from interactor.core.definition import limits
from interactor.core.definition.report import ROOT, Place, Report, quoted
from interactor.core.jsons import Json, JsonObject

# Every start of an instance comes by here, few definitions have a schema, and the library is slow to import: so
# it is imported where it is used.
if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_HERE_ONE = ("not", "if", "then", "else")
_HERE_MANY = ("allOf", "anyOf", "oneOf")
_BELOW_NAMED = ("properties", "patternProperties")
_BELOW_REST = ("additionalProperties", "unevaluatedProperties")
_BELOW_ITEMS = ("items", "contains", "unevaluatedItems")
_REFERENCES = ("$ref", "$dynamicRef")
_EMBEDDED_DATA = ("const", "enum", "default", "examples")
_ENUM_SHARE = 20
"""Values of an ``enum`` that weigh as much as one rule."""
_MAX_CHAIN = 200


class _UnboundedError(Exception):
    """The schema cannot be used; ``str()`` says why."""


def check_schema(report: Report, place: Place, schema: Json) -> None:
    """Report what is wrong with an ``input_schema``."""
    import jsonschema_rs

    if not isinstance(schema, dict):
        report.error(place, f"input_schema must be an object, not {quoted(schema)}")
        return
    # Before anything that walks it by recursion, or measures it by writing it.
    if _deeper_than(schema, limits.INPUT_SCHEMA_DEPTH):
        report.error(place, f"input_schema is nested more than {limits.INPUT_SCHEMA_DEPTH} levels deep")
        return
    if jsons.size(schema) > limits.INPUT_SCHEMA_BYTES:
        report.error(place, f"input_schema has more than {limits.INPUT_SCHEMA_BYTES} bytes (64 KB)")
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
        _Weights(schema).check()
        _validator(jsons.dumps(schema))
    except jsonschema_rs.ValidationError as error:
        _report_invalid(report, place, error)
    except (_UnboundedError, ValueError) as error:
        report.error(place, str(error)[:300])


def check_input(schema: JsonObject, value: Json) -> list[dict[str, str]]:
    """What is wrong with an input, as ``{"field", "message"}``, at most 50 of them; empty where nothing is.

    A missing property's field is that property's own. ``schema`` is one that ``check_schema`` found nothing in.
    """
    validator = _validator(jsons.dumps(schema))
    # Collecting errors costs far more than knowing that there are none.
    if validator.is_valid(value):
        return []
    problems = (problem for error in validator.iter_errors(value) for problem in _problems(error))
    return [{"field": field, "message": message[:500]} for field, message in islice(problems, limits.INPUT_PROBLEMS)]


@lru_cache(maxsize=32)
def _validator(schema: str) -> "Draft202012Validator":
    """Raises ``jsonschema_rs.ValidationError`` for what is no schema."""
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(
        jsons.loads(schema),
        pattern_options=jsonschema_rs.RegexOptions(size_limit=limits.INPUT_PATTERN_BYTES),
        offline=True,
        # An input may hold what should not be written down again in an answer or a log.
        mask="the value",
    )


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


class _Weights:
    """Follows every reference of a valid schema that refers to nothing outside itself.

    A property that is merely *called* ``$ref`` or ``$id`` is taken for the keyword by the walk above; such a
    schema is refused with a sentence that says so, which is safe.
    """

    def __init__(self, schema: JsonObject) -> None:
        self._schema = schema
        self._anchors = dict(_anchors(schema))
        self._weights: dict[int, int] = {}
        self._open: set[int] = set()
        self._below: dict[int, list[list[JsonObject]]] = {}

    def check(self) -> None:
        """Raises ``_UnboundedError`` for a schema whose work has no bound worth the name."""
        seen: dict[int, JsonObject] = {id(self._schema): self._schema}
        queue = [self._schema]
        for schema in queue:
            if self._weigh(schema) > limits.INPUT_SCHEMA_WEIGHT:
                raise _UnboundedError(
                    f"input_schema applies more than {limits.INPUT_SCHEMA_WEIGHT} rules to one value; simplify it"
                )
            for group in self._groups(schema):
                fresh = {id(child): child for child in group if id(child) not in seen}
                seen |= fresh
                queue.extend(fresh.values())
        self._check_recursion(seen)

    def _weigh(self, schema: JsonObject) -> int:
        """Rules that apply to the very value that this schema is applied to."""
        known = self._weights.get(id(schema))
        if known is not None:
            return known
        if id(schema) in self._open:
            raise _UnboundedError("input_schema refers to itself without going into a property or an item")
        if len(self._open) > _MAX_CHAIN:
            raise _UnboundedError(f"input_schema chains more than {_MAX_CHAIN} rules or references for one value")
        self._open.add(id(schema))
        enum = schema.get("enum")
        weight = 1 + (len(enum) // _ENUM_SHARE if isinstance(enum, list) else 0)
        weight += sum(len(schema[key]) for key in ("patternProperties",) if isinstance(schema.get(key), dict))
        for child in self._here(schema):
            # Doubling must not build numbers of a million digits.
            weight = min(weight + self._weigh(child), limits.INPUT_SCHEMA_WEIGHT + 1)
        self._open.discard(id(schema))
        self._weights[id(schema)] = weight
        return weight

    def _here(self, schema: JsonObject) -> Iterator[JsonObject]:
        """The schemas that a schema applies to its own value."""
        for key in _REFERENCES:
            if isinstance(schema.get(key), str):
                target = self._resolve(schema[key])
                if isinstance(target, dict):
                    yield target
        for key in _HERE_ONE:
            yield from _schemas([schema.get(key)])
        for key in _HERE_MANY:
            yield from _schemas(schema.get(key))
        yield from _schemas(_values(schema.get("dependentSchemas")))

    def _groups(self, schema: JsonObject) -> list[list[JsonObject]]:
        """For a schema, with all that it applies to the same value: what is applied to one value inside it.

        One group for each property that is named, one for the others, one for the items of a list.
        """
        known = self._below.get(id(schema))
        if known is not None:
            return known
        named: dict[str, list[JsonObject]] = {}
        rest: list[JsonObject] = []
        items: list[JsonObject] = []
        names: list[JsonObject] = []
        reached: list[JsonObject] = [schema]
        for part in reached:
            if len(reached) > limits.INPUT_SCHEMA_WEIGHT:
                break
            for name, child in (part.get("properties") or {}).items():
                named.setdefault(name, []).extend(_schemas([child]))
            rest.extend(_schemas(_values(part.get("patternProperties"))))
            rest.extend(_schemas([part.get(key) for key in _BELOW_REST]))
            items.extend(_schemas(part.get("prefixItems")))
            items.extend(_schemas([part.get(key) for key in _BELOW_ITEMS]))
            names.extend(_schemas([part.get("propertyNames")]))
            reached.extend(self._here(part))
        groups = [[*children, *rest] for children in named.values()]
        groups += [rest, items, names]
        self._below[id(schema)] = groups
        return groups

    def _check_recursion(self, schemas: dict[int, JsonObject]) -> None:
        edges = {
            key: {id(child) for group in self._groups(schema) for child in group} for key, schema in schemas.items()
        }
        recursive = _leading_into_cycles(edges)
        for key in recursive:
            for group in self._groups(schemas[key]):
                if sum(id(child) in recursive for child in group) > 1:
                    raise _UnboundedError(
                        "input_schema contains itself more than once for the same value, so that checking an input "
                        "could take for ever; refer to it once"
                    )

    def _resolve(self, reference: str) -> Json:
        fragment = reference[1:]
        if fragment and not fragment.startswith("/"):
            return self._anchors.get(fragment)
        value: Json = self._schema
        for step in _pointer(fragment):
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
                value = value[int(step)]
            else:
                return None
        return value


def _pointer(fragment: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in unquote(fragment).split("/")[1:]]


def _anchors(schema: Json) -> Iterator[tuple[str, JsonObject]]:
    stack = [schema]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, dict):
            for key in ("$anchor", "$dynamicAnchor"):
                if isinstance(item.get(key), str):
                    yield item[key], item
            stack.extend(item.values())


def _values(value: Json) -> list[Json]:
    return list(value.values()) if isinstance(value, dict) else []


def _schemas(value: Json) -> list[JsonObject]:
    """The objects of a list; ``true`` and ``false``, schemas as well, cost nothing."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _leading_into_cycles(edges: dict[int, set[int]]) -> set[int]:
    """The nodes from which one can go on for ever: what is left when ends are taken off, again and again."""
    before: dict[int, list[int]] = {node: [] for node in edges}
    for node, following in edges.items():
        for other in following:
            before[other].append(node)
    open_ways = {node: len(following) for node, following in edges.items()}
    ends = [node for node, count in open_ways.items() if not count]
    alive = set(edges) - set(ends)
    while ends:
        for node in before[ends.pop()]:
            open_ways[node] -= 1
            if not open_ways[node]:
                alive.discard(node)
                ends.append(node)
    return alive
