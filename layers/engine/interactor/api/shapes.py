"""JSON Schemas in a short form.

An object lists its members, ``?`` after a name makes it optional, and no others are allowed.
"""

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
    """Return the schema of an object. With ``more``, other members are allowed too."""
    found: JsonObject = {"type": "object"}
    if description:
        found["description"] = description
    found["required"] = [name for name in members if not name.endswith("?")]
    found["properties"] = {name.removesuffix("?"): member for name, member in members.items()}
    if not more:
        found["additionalProperties"] = False
    return found


def texts(*values: str, description: str = "") -> JsonObject:
    """Return the schema of a text that is one of ``values``."""
    return {"type": "string", "enum": list(values)} | ({"description": description} if description else {})


def list_of(item: JsonObject) -> JsonObject:
    """Return the schema of a list."""
    return {"type": "array", "items": item}


def map_of(value: JsonObject) -> JsonObject:
    """Return the schema of an object whose members all have one form."""
    return {"type": "object", "additionalProperties": value}


def maybe(schema: JsonObject) -> JsonObject:
    """Return a schema that also allows null."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def ref(name: str) -> JsonObject:
    """Return a reference to a schema of the document, by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def described(schema: JsonObject, description: str) -> JsonObject:
    """Return the same schema with a description."""
    return {**schema, "description": description}


def id_of(prefix: str) -> JsonObject:
    """Return the schema of an id (ruling 21)."""
    return {"type": "string", "pattern": f"^{prefix}_[a-z0-9]+$"}


def page_of(name: str, item: str, **beside: Any) -> JsonObject:
    """Return the schema of a page of a list (ruling 22)."""
    return shape({**beside, name: list_of(ref(item)), "pagination": ref("Pagination")})
