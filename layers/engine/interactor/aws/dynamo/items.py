"""DynamoDB's attribute values, and documents as single bytes attributes.

Documents (data, events, definitions) are one JSON text each, as bytes: DynamoDB's own maps refuse floats and
lose ``1`` against ``1.0``. All but the smallest are deflated where that pays, with a preset dictionary of what they
have in common; the first byte says how they were written.
"""

import zlib
from collections.abc import Iterable
from typing import Any, TypeAlias

from interactor.aws.dynamo.compression_dictionary import PHRASES
from interactor.core import jsons
from interactor.core.jsons import Json

Item: TypeAlias = dict[str, Any]
"""An item in DynamoDB's own notation: attribute name to ``{"S": ...}``, ``{"N": ...}``, ..."""

_PLAIN, _PHRASED = b"\x01", b"\x03"
_COMPRESS_OVER = 128
CHUNK_BYTES = 300_000
"""A larger document is cut into several items: one holds 400 KB at the most."""


def s(value: str) -> Item:
    """A text attribute."""
    return {"S": value}


def n(value: int) -> Item:
    """A number attribute."""
    return {"N": str(value)}


def b(value: bytes) -> Item:
    """A bytes attribute."""
    return {"B": value}


def key(partition: str, sort: str) -> Item:
    """The key attributes of an item."""
    return {"pk": s(partition), "sk": s(sort)}


def number(item: Item, name: str) -> int:
    """A number attribute's value."""
    return int(item[name]["N"])


def text(item: Item, name: str) -> str:
    """A text attribute's value."""
    return str(item[name]["S"])


def pack(document: Json) -> bytes:
    """A document as bytes."""
    return pack_bytes(jsons.encode(document))


def unpack(stored: bytes) -> Json:
    """The document that ``pack`` wrote."""
    # The engine wrote it, so that the strict reading of outside texts would only cost time.
    return jsons.loads_own(unpack_bytes(stored))


def cut(stored: bytes) -> list[bytes]:
    """What was packed, in pieces that fit an item; at least one."""
    return [stored[start : start + CHUNK_BYTES] for start in range(0, len(stored), CHUNK_BYTES)]


def joined(pieces: Iterable[Item]) -> bytes:
    """The pieces of items in their order, put together again."""
    return b"".join(bytes(piece["doc"]["B"]) for piece in pieces)


def pack_bytes(raw: bytes) -> bytes:
    """Raw bytes, compressed where that pays."""
    if len(raw) <= _COMPRESS_OVER:
        return _PLAIN + raw
    deflating = zlib.compressobj(6, zdict=PHRASES)
    return min(_PLAIN + raw, _PHRASED + deflating.compress(raw) + deflating.flush(), key=len)


def unpack_bytes(stored: bytes) -> bytes:
    """The bytes that ``pack_bytes`` was given."""
    written, rest = stored[:1], stored[1:]
    if written == _PHRASED:
        inflating = zlib.decompressobj(zdict=PHRASES)
        return inflating.decompress(rest) + inflating.flush()
    return bytes(rest)
