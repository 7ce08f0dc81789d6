"""The text of an answer: its content coding undone, its bytes read in its charset, and never a guess.

Some gateways compress whether asked to or not, so gzip and deflate are undone (RFC 9110, 8.4). Anything else that
would leave rubbish in place of the text is an error that names the coding or the charset.
"""

import codecs
import re
import zlib
from typing import Final

from interactor.outgoing.messages import OutgoingError, OutgoingResponse

_GZIP, _ZLIB, _RAW = 31, 15, -15
"""Window bits of zlib: what each way of compressing is read with."""

_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([A-Za-z0-9_.:-]{1,40})", re.ASCII | re.IGNORECASE)

# Python's other codecs are not all for text, and some take very long over what a stranger sends.
_CHARSETS = re.compile(
    r"utf-?8|utf-?16(?:le|be)?|us-ascii|iso-8859-\d{1,2}|latin-?1|windows-125\d|cp125\d|koi8-[ru]"
    r"|shift[_-]jis|euc-(?:jp|kr)|gbk|gb2312|gb18030|big5",
    re.ASCII,
)
_TEXTUAL = re.compile(r"(?:|text/.*|(?:application|image)/(?:.*[+/.-])?(?:json|xml|javascript|x-www-form-urlencoded))")
_NAME_CHARACTERS: Final = 60


class NotTextError(Exception):
    """The answer says that it is something else than text (an image, a PDF), and is."""


def text(response: OutgoingResponse, max_bytes: int, *, lenient: bool = False) -> str:
    """The body as text; a byte order mark is left out. ``lenient``: what a text holds that is none becomes U+FFFD.

    Raises:
        NotTextError: for a body that is none and does not claim to be.
        OutgoingError: ``too_large`` with more than ``max_bytes`` once decompressed; ``connection`` for a compressed
            body that is broken; ``invalid`` for a coding that cannot be undone, and for a text that is not in its
            charset (UTF-8 where it names none).
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
    """Of a charset that is not known, only what nearly all have in common is read."""
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
    """One member after the other (RFC 1952, 2.2), and no more than a byte over ``max_bytes`` of them."""
    body = b""
    while data:
        part, data = _part(data, _GZIP, max_bytes + 1 - len(body))
        body += part
        if len(body) > max_bytes:
            break
    return body


def _inflated(data: bytes, max_bytes: int) -> bytes:
    """With the header of zlib, as RFC 9110 asks, or without, as some servers send it."""
    try:
        body, rest = _part(data, _ZLIB, max_bytes + 1)
    except zlib.error:
        body, rest = _part(data, _RAW, max_bytes + 1)
    if rest and len(body) <= max_bytes:
        raise zlib.error
    return body


def _part(data: bytes, bits: int, most: int) -> tuple[bytes, bytes]:
    """At most ``most`` bytes of what was compressed, and what follows it."""
    inflating = zlib.decompressobj(bits)
    body = inflating.decompress(data, most)
    if not inflating.eof and len(body) < most:
        raise zlib.error
    return body, inflating.unused_data
