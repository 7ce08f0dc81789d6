"""How much work a JSON Schema makes: the rules that it may apply to one value (ruling 4 has the other bounds).

References can double the work at each step, and lists of rules multiply with lists of values. So a schema is weighed
before it is used. At most 1,000 rules may apply to one value at the same time, with references followed. A schema that
contains itself may return to itself only once for each value.
"""

from collections.abc import Iterator
from urllib.parse import unquote

from interactor.core.jsons import Json, JsonObject
from interactor.definitions.rules import limits

_HERE_ONE = ("not", "if", "then", "else")
_HERE_MANY = ("allOf", "anyOf", "oneOf")
_BELOW_REST = ("additionalProperties", "unevaluatedProperties")
_BELOW_ITEMS = ("items", "contains", "unevaluatedItems")
_REFERENCES = ("$ref", "$dynamicRef")
_ENUM_SHARE = 20
"""This number of ``enum`` values weighs as much as one rule."""
_MAX_CHAIN = 200


class UnboundedError(Exception):
    """The schema cannot be used. ``str()`` says why."""


class Weights:
    """Follows every reference of a valid schema that refers to nothing outside itself.

    A property that is only *named* ``$ref`` or ``$id`` is taken for the keyword. Such a schema is refused, and the
    sentence says so. That is safe.
    """

    def __init__(self, schema: JsonObject) -> None:
        self._schema = schema
        self._anchors = dict(_anchors(schema))
        self._weights: dict[int, int] = {}
        self._open: set[int] = set()
        self._below: dict[int, list[list[JsonObject]]] = {}

    def heaviest(self) -> int:
        """Return the most rules that apply to one value.

        Raises:
            UnboundedError: the schema's work has no useful bound.
        """
        seen: dict[int, JsonObject] = {id(self._schema): self._schema}
        queue = [self._schema]
        for schema in queue:
            if self._weigh(schema) > limits.INPUT_SCHEMA_WEIGHT:
                raise UnboundedError(
                    f"input_schema applies more than {limits.INPUT_SCHEMA_WEIGHT} rules to one value; simplify it"
                )
            for group in self._groups(schema):
                fresh = {id(child): child for child in group if id(child) not in seen}
                seen |= fresh
                queue.extend(fresh.values())
        self._check_recursion(seen)
        return max(self._weights.values())

    def _weigh(self, schema: JsonObject) -> int:
        """Return the number of rules for exactly the value to which this schema is applied."""
        known = self._weights.get(id(schema))
        if known is not None:
            return known
        if id(schema) in self._open:
            raise UnboundedError("input_schema refers to itself without going into a property or an item")
        if len(self._open) > _MAX_CHAIN:
            raise UnboundedError(f"input_schema chains more than {_MAX_CHAIN} rules or references for one value")
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
        """Yield the schemas that a schema applies to its own value."""
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
        """Return what a schema, with all that it applies to the same value, applies to the values inside it.

        There is one group for each named property, one for all other properties, and one for the items of a list.
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
                    raise UnboundedError(
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
    """Return the objects of a list. ``true`` and ``false`` are schemas too, but cost nothing."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _leading_into_cycles(edges: dict[int, set[int]]) -> set[int]:
    """Return the nodes from which a path can go on for ever: what is left after ends are removed again and again."""
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
