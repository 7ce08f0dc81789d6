"""The text of an answer: decompressed, decoded from its charset, and never guessed.

Some gateways compress whether asked to or not, so gzip and deflate are decoded (RFC 9110, 8.4). Anything else that
would give a wrong text is an error that names the coding or the charset.
"""

import codecs
import re
import zlib
from typing import Final

from interactor.outgoing.messages import OutgoingError, OutgoingResponse

_GZIP, _ZLIB, _RAW = 31, 15, -15
"""zlib's window bits for each way of compressing."""

_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([A-Za-z0-9_.:-]{1,40})", re.ASCII | re.IGNORECASE)

# Python's other codecs are not all for text, and some are very slow for hostile input.
_CHARSETS = re.compile(
    r"utf-?8|utf-?16(?:le|be)?|us-ascii|iso-8859-\d{1,2}|latin-?1|windows-125\d|cp125\d|koi8-[ru]"
    r"|shift[_-]jis|euc-(?:jp|kr)|gbk|gb2312|gb18030|big5",
    re.ASCII,
)
_TEXTUAL = re.compile(r"(?:|text/.*|(?:application|image)/(?:.*[+/.-])?(?:json|xml|javascript|x-www-form-urlencoded))")
_NAME_CHARACTERS: Final = 60


class NotTextError(Exception):
    """The answer says that it is not text (an image, a PDF), and it is not."""


def text(response: OutgoingResponse, max_bytes: int, *, lenient: bool = False) -> str:
    """Return the body as text, without a byte order mark. With ``lenient``, invalid bytes become U+FFFD.

    Raises:
        NotTextError: the body is no text and does not claim to be text.
        OutgoingError: ``too_large`` if there are more than ``max_bytes`` after decompression; ``connection`` if the
            compressed body is broken; ``invalid`` if the coding is not supported, or the text is not in its charset
            (UTF-8 if none is named).
    """
    kind = response.headers.get("content-type", "")
    match = _CHARSET.search(kind)
    charset = match[1].lower() if match else "utf-8"
    body = _body(response, max_bytes)
    try:
        return body.decode(_codec(charset)).removeprefix("\ufeff")
    except UnicodeDecodeError:
        if match is None and _TEXTUAL.fullmatch(kind.lower().partition(";")[0].strip()) is None:
            raise NotTextError from None
    if lenient:
        return body.decode(_codec(charset), "replace")
    if match is None:
        message = "The answer's body is not UTF-8, and names no other charset"
    else:
        message = f"The answer's body cannot be read in its charset, {charset}"
    raise OutgoingError("invalid", message, response.duration_ms)


def _codec(charset: str) -> str:
    """Return a codec for a charset.

    For an unknown charset, it reads only the characters that nearly all charsets share.
    """
    try:
        return codecs.lookup(charset).name if _CHARSETS.fullmatch(charset) else "ascii"
    except LookupError:
        return "ascii"


def _body(response: OutgoingResponse, max_bytes: int) -> bytes:
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity") or not response.body:
        return response.body
    try:
        if coding in ("gzip", "x-gzip"):
            body = _gunzipped(response.body, max_bytes)
        elif coding == "deflate":
            body = _inflated(response.body, max_bytes)
        else:
            name = "".join(filter(str.isprintable, coding))[:_NAME_CHARACTERS]
            message = f"The answer's Content-Encoding, {name}, cannot be read; only gzip and deflate are"
            raise OutgoingError("invalid", message, response.duration_ms)
    except zlib.error:
        message = f"The answer's body is not the {coding} that its Content-Encoding says"
        raise OutgoingError("connection", message, response.duration_ms) from None
    if len(body) > max_bytes:
        message = f"The answer is longer than {max_bytes} bytes once decompressed"
        raise OutgoingError("too_large", message, response.duration_ms)
    return body


def _gunzipped(data: bytes, max_bytes: int) -> bytes:
    """Decompress one member after the other (RFC 1952, 2.2), to at most one byte more than ``max_bytes``."""
    body = b""
    while data:
        part, data = _part(data, _GZIP, max_bytes + 1 - len(body))
        body += part
        if len(body) > max_bytes:
            break
    return body


def _inflated(data: bytes, max_bytes: int) -> bytes:
    """Decompress with the header of zlib, as RFC 9110 asks, or without it, as some servers send it."""
    try:
        body, rest = _part(data, _ZLIB, max_bytes + 1)
    except zlib.error:
        body, rest = _part(data, _RAW, max_bytes + 1)
    if rest and len(body) <= max_bytes:
        raise zlib.error
    return body


def _part(data: bytes, bits: int, most: int) -> tuple[bytes, bytes]:
    """Return at most ``most`` decompressed bytes, and the bytes that follow the compressed part."""
    inflating = zlib.decompressobj(bits)
    body = inflating.decompress(data, most)
    if not inflating.eof and len(body) < most:
        raise zlib.error
    return body, inflating.unused_data
