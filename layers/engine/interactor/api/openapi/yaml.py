"""Writes a document as YAML 1.2 in block style. This is enough for JSON's values, so no YAML library is deployed."""

import json
import re
from collections.abc import Iterator

from interactor.core.jsons import Json

_PLAIN = re.compile(r"[A-Za-z_$/][A-Za-z0-9_$./{}-]*", re.ASCII)
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"})


def dump(document: Json) -> str:
    """Return the document, one member or item per line."""
    return "\n".join(_lines(document, "")) + "\n"


def _lines(value: Json, indent: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from _entry(f"{indent}{_scalar(name)}:", each, indent + "  ")
    elif isinstance(value, list) and value:
        for each in value:
            yield from _entry(f"{indent}-", each, indent + "  ")
    else:
        yield indent + _scalar(value)


def _entry(head: str, value: Json, indent: str) -> Iterator[str]:
    if isinstance(value, (dict, list)) and value:
        yield head
        yield from _lines(value, indent)
    else:
        yield f"{head} {_scalar(value)}"


def _scalar(value: Json) -> str:
    """Return a scalar as JSON writes it, which YAML reads in the same way; a plain word has no quotes."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS and not value.endswith(":"):
        return value
    return json.dumps(value, ensure_ascii=False)
