"""What a member of a request's body may be: a JSON Schema, from which both the check and the description are made.

``api/bodies.py`` checks with ``judge``, in the terms of pydantic's core. The API's description shows ``described``.
"""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from interactor.api.shapes import FREE, WHOLE, maybe, texts
from interactor.core.jsons import JsonObject

if TYPE_CHECKING:
    from pydantic_core.core_schema import CoreSchema

TEXT_CHARACTERS = 1_000

_TYPES: Final = {"array": "list", "boolean": "bool", "integer": "int", "object": "dict", "string": "str"}
_BOUNDS: Final = {
    "maxItems": "max_length",
    "maxLength": "max_length",
    "maximum": "le",
    "minimum": "ge",
    "pattern": "pattern",
}
_NO_BOUNDS: Final = ("type", "items", "format", "minItems")
"""Keywords without a check here. ``format`` and ``minItems`` are for the description; the use case checks them."""


class Member(NamedTuple):
    """One member. ``message`` completes "the member ..." if its value does not match the schema.

    Without a message, only the use case checks the value. A ``$ref`` in the schema means a text from a list, which the
    use case checks too.
    """

    schema: JsonObject
    message: str = ""
    null: bool = False
    description: str = ""

    def about(self, description: str) -> "Member":
        """Return the same member with a description."""
        return self._replace(description=description)

    def or_null(self) -> "Member":
        """Return the same member, which may also be null."""
        return self._replace(null=True)

    def described(self) -> JsonObject:
        """Return what the API's description says of it."""
        schema = maybe(self.schema) if self.null else self.schema
        return {**schema, "description": self.description} if self.description else schema

    def judge(self) -> "CoreSchema":
        """Return the schema with which pydantic's core checks it.

        Raises:
            KeyError: a keyword of JSON Schema is not translated here, so that none is left unchecked.
        """
        if not self.message:
            return {"type": "any"}
        told: CoreSchema = {
            "type": "custom-error",
            "schema": _core(self.schema),
            "custom_error_type": "wrong",
            "custom_error_message": self.message,
        }
        return {"type": "nullable", "schema": told} if self.null else told


def text(most: int = TEXT_CHARACTERS) -> Member:
    """Return a member that is a text of at most ``most`` characters."""
    return Member({"type": "string", "maxLength": most}, f"must be a text of at most {most:,} characters")


def one_of(first: str, second: str) -> Member:
    """Return a member that is one of two texts."""
    return Member(texts(first, second), f"must be {first} or {second}")


def whole(least: int, most: int) -> Member:
    """Return a member that is a whole number within bounds."""
    schema = {**WHOLE, "minimum": least, "maximum": most}
    return Member(schema, f"must be a whole number from {least:,} to {most:,}")


OBJECT: Final = Member(FREE, "must be a JSON object")
ANY_WHOLE: Final = Member(WHOLE, "must be a whole number")
OPTIONAL_TEXT: Final = text().or_null()


def _core(schema: JsonObject) -> Any:
    if "$ref" in schema:
        return _core(text().schema)
    if "enum" in schema:
        return {"type": "literal", "expected": schema["enum"]}
    bounds = {_BOUNDS[keyword]: bound for keyword, bound in schema.items() if keyword not in _NO_BOUNDS}
    items = {"items_schema": _core(schema["items"])} if "items" in schema else {}
    return {"type": _TYPES[schema["type"]], "strict": True, **bounds, **items}
