"""DynamoDB's attribute values, and documents as single bytes attributes.

Each document (data, events, definitions) is one JSON text as bytes: DynamoDB's own maps refuse floats and do not
distinguish ``1`` from ``1.0``. All but the smallest documents are deflated if that makes them smaller, with a preset
dictionary of common text. The first byte says how a document was written.
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
"""A larger document is stored in several items, because one item has at most 400 KB."""


def s(value: str) -> Item:
    """Return a text attribute."""
    return {"S": value}


def n(value: int) -> Item:
    """Return a number attribute."""
    return {"N": str(value)}


def b(value: bytes) -> Item:
    """Return a bytes attribute."""
    return {"B": value}


def key(partition: str, sort: str) -> Item:
    """Return the key attributes of an item."""
    return {"pk": s(partition), "sk": s(sort)}


def number(item: Item, name: str) -> int:
    """Return a number attribute's value."""
    return int(item[name]["N"])


def text(item: Item, name: str) -> str:
    """Return a text attribute's value."""
    return str(item[name]["S"])


def pack(document: Json) -> bytes:
    """Return a document as bytes."""
    return pack_bytes(jsons.encode(document))


def unpack(stored: bytes) -> Json:
    """Return the document that ``pack`` wrote."""
    # The engine wrote it, so the strict reading of outside texts would only cost time.
    return jsons.loads_own(unpack_bytes(stored))


def cut(stored: bytes) -> list[bytes]:
    """Return packed bytes in pieces that fit into an item. There is at least one."""
    return [stored[start : start + CHUNK_BYTES] for start in range(0, len(stored), CHUNK_BYTES)]


def joined(pieces: Iterable[Item]) -> bytes:
    """Join the pieces from items, given in their order."""
    return b"".join(bytes(piece["doc"]["B"]) for piece in pieces)


def pack_bytes(raw: bytes) -> bytes:
    """Return raw bytes, compressed if that makes them smaller."""
    if len(raw) <= _COMPRESS_OVER:
        return _PLAIN + raw
    deflating = zlib.compressobj(6, zdict=PHRASES)
    return min(_PLAIN + raw, _PHRASED + deflating.compress(raw) + deflating.flush(), key=len)


def unpack_bytes(stored: bytes) -> bytes:
    """Return the bytes that ``pack_bytes`` was given."""
    written, rest = stored[:1], stored[1:]
    if written == _PHRASED:
        inflating = zlib.decompressobj(zdict=PHRASES)
        return inflating.decompress(rest) + inflating.flush()
    return bytes(rest)
