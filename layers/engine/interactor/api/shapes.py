"""JSON Schemas written short: an object lists its members, ``?`` after a name makes it optional, no other is there."""

from collections.abc import Mapping
from typing import Any

from interactor.core.jsons import JsonObject

TEXT: JsonObject = {"type": "string"}
WHOLE: JsonObject = {"type": "integer"}
FLAG: JsonObject = {"type": "boolean"}
TIME: JsonObject = {"type": "string", "format": "date-time"}
ANYTHING: JsonObject = {}
FREE: JsonObject = {"type": "object"}


def shape(members: Mapping[str, JsonObject], description: str = "", more: bool = False) -> JsonObject:
    """An object; with ``more`` other members may stand beside these."""
    found: JsonObject = {"type": "object"}
    if description:
        found["description"] = description
    found["required"] = [name for name in members if not name.endswith("?")]
    found["properties"] = {name.removesuffix("?"): member for name, member in members.items()}
    if not more:
        found["additionalProperties"] = False
    return found


def texts(*values: str, description: str = "") -> JsonObject:
    """One of some texts."""
    return {"type": "string", "enum": list(values)} | ({"description": description} if description else {})


def list_of(item: JsonObject) -> JsonObject:
    """A list."""
    return {"type": "array", "items": item}


def map_of(value: JsonObject) -> JsonObject:
    """An object whose members all have one form."""
    return {"type": "object", "additionalProperties": value}


def maybe(schema: JsonObject) -> JsonObject:
    """The same, or null."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def ref(name: str) -> JsonObject:
    """A schema of the document, by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def described(schema: JsonObject, description: str) -> JsonObject:
    """The same with a description."""
    return {**schema, "description": description}


def id_of(prefix: str) -> JsonObject:
    """An id (ruling 21)."""
    return {"type": "string", "pattern": f"^{prefix}_[a-z0-9]+$"}


def page_of(name: str, item: str, **beside: Any) -> JsonObject:
    """A page of a list (ruling 22)."""
    return shape({**beside, name: list_of(ref(item)), "pagination": ref("Pagination")})
