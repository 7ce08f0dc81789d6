"""Dotted paths into JSON, and the values that a path of a condition or a template can reach (rulings 8 and 9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from interactor.core.jsons import Json, JsonObject

Path: TypeAlias = tuple[str, ...]
"""A path split at its dots: ``order.items.0.price`` is ``("order", "items", "0", "price")``."""

_INDEX_DIGITS = 9


class Missing(Enum):
    """The type of ``MISSING``, which means "no value" and is different from null."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


@dataclass(frozen=True)
class Scope:
    """The values that a path can reach.

    ``secrets`` exists only for HTTP logic, and only templates read it. ``own_form`` exists while the transitions of a
    halting state are judged: the fields of its form with the values of this resume (null if there is none). A field of
    the form is looked up only in ``own_form``. So an answer that an earlier stage left in the data cannot answer for
    this one (ruling 8).
    """

    workflow_data: JsonObject
    input: Json
    context: JsonObject
    secrets: Mapping[str, str] | None = None
    own_form: JsonObject | None = None

    def find(self, path: Sequence[str]) -> Json | Missing:
        """Return the value at ``path``, or ``MISSING``.

        A path with ``workflow_data.``, ``input.`` or ``context.`` is looked up there. Any other path is looked up in
        the workflow data, then in the input. One of the three words alone means that whole value, unless the data or
        the input has such a key.
        """
        root, rest = path[0], path[1:]
        if root == "context" and rest:
            return look_up(self.context, rest)
        if root in ("workflow_data", "input") and rest:
            if self.own_form is not None and rest[0] in self.own_form:
                return look_up(self.own_form, rest)
            return look_up(self.workflow_data if root == "workflow_data" else self.input, rest)
        if self.own_form is not None and root in self.own_form:
            return look_up(self.own_form, path)
        for source in (self.workflow_data, self.input):
            value = look_up(source, path)
            if value is not MISSING:
                return value
        return self._whole(path)

    def _whole(self, path: Sequence[str]) -> Json | Missing:
        wholes = {"workflow_data": self.workflow_data, "input": self.input, "context": self.context}
        return wholes.get(path[0], MISSING) if len(path) == 1 else MISSING


def split(path: str) -> Path:
    """Split a dotted path into its segments. There is at least one, which may be empty."""
    return tuple(path.split("."))


def look_up(value: Json, path: Sequence[str]) -> Json | Missing:
    """Follow ``path`` into ``value``: keys of objects and indexes of lists (``0`` is the first; there are no negative
    ones).

    Return ``MISSING`` if a step leads nowhere. The characters of a text cannot be reached.
    """
    for segment in path:
        if isinstance(value, dict):
            if segment not in value:
                return MISSING
            value = value[segment]
        elif isinstance(value, list):
            index = _index(segment)
            if index is None or index >= len(value):
                return MISSING
            value = value[index]
        else:
            return MISSING
    return value


def _index(segment: str) -> int | None:
    digits = segment.isascii() and segment.isdigit() and len(segment) <= _INDEX_DIGITS
    # Each position has one spelling: "01" is not "1".
    return int(segment) if digits and (segment == "0" or segment[0] != "0") else None
