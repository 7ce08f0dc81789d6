"""HTTP/1.1 over a connected stream: urllib3's connection, with stricter rules for what it reads.

There is no pool, no proxy and no retry. One connection carries one request, and the stream limits time and bytes. An
answer that is not clearly HTTP is refused.
"""

import contextlib
import http.client
import socket
from collections.abc import Iterable, Mapping
from typing import Final, cast

from urllib3.connection import HTTPConnection
from urllib3.exceptions import HeaderParsingError
from urllib3.response import BaseHTTPResponse
from urllib3.util.response import assert_header_parsing

from interactor.core.urls import Target
from interactor.outgoing.messages import OutgoingError
from interactor.outgoing.stream import BUFFER_BYTES, BoundedStream

MAX_HEADER_BYTES: Final = 64 * 1024
"""Bytes that an answer may have before its body, with interim answers (1xx). Up to one buffer more is read ahead."""

HEADER_ALLOWANCE: Final = MAX_HEADER_BYTES + BUFFER_BYTES
GLANCE_SECONDS: Final = 2.0
"""Time for the body of an answer of which only the status counts."""
_READ_BYTES: Final = 16 * 1024


class _Glance(http.client.HTTPResponse):
    """An answer whose interim answers are skipped."""

    def begin(self) -> None:
        super().begin()
        # The base class skips 100; 102 and 103 are interim too. 101 ends the exchange, because nobody asked for an
        # upgrade.
        while 101 < self.status < 200:
            self.headers = self.msg = cast(http.client.HTTPMessage, None)
            super().begin()


class _Response(_Glance):
    """As ``_Glance``, and the framing of the answer must not be ambiguous."""

    def begin(self) -> None:
        super().begin()
        try:
            assert_header_parsing(self.msg)
        except HeaderParsingError as error:
            raise http.client.HTTPException("headers that cannot be read") from error
        _check_framing(self.msg)


class WireConnection(HTTPConnection):
    """urllib3's connection over an open stream."""

    response_class: type[http.client.HTTPResponse] = _Response

    def __init__(self, target: Target, stream: BoundedStream) -> None:
        super().__init__(target.host, target.port)
        self._stream = stream

    def connect(self) -> None:
        """Use the stream, which is already connected, as the socket."""
        self.sock = cast(socket.socket, self._stream)


def exchange(
    target: Target,
    stream: BoundedStream,
    method: str,
    headers: Mapping[str, str],
    body: bytes | None,
    max_bytes: int,
    truncate: bool,
) -> tuple[int, dict[str, str], bytes]:
    """Send one request and return its answer: status, headers, body.

    Raises:
        OutgoingError: ``too_large``.
        OSError, ValueError, http.client.HTTPException, urllib3.exceptions.HTTPError: from the library.
    """
    connection = WireConnection(target, stream)
    if truncate:
        connection.response_class = _Glance
    headers = {"host": target.authority, **headers}
    # A server that stops reading may have said why (413) before it did.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.request(method, target.path, body, headers, preload_content=False, decode_content=False)
    if truncate:
        return _glance(connection, stream, max_bytes)
    response = connection.getresponse()
    # Framing may multiply a body: the smallest chunks need six bytes for each one.
    stream.grant(8 * max_bytes + HEADER_ALLOWANCE)
    return response.status, _headers(response.headers.iteritems()), _body(response, max_bytes)


def _glance(connection: WireConnection, stream: BoundedStream, max_bytes: int) -> tuple[int, dict[str, str], bytes]:
    """Return an answer of which the status counts. Its body is what arrives in time, however it is framed or ends."""
    # Not urllib3's method, which refuses an answer for the framing of its body.
    response = http.client.HTTPConnection.getresponse(connection)
    stream.grant(8 * max_bytes + HEADER_ALLOWANCE)
    stream.hurry(GLANCE_SECONDS)
    body = bytearray()
    with contextlib.suppress(OSError, ValueError, http.client.HTTPException, OutgoingError):
        while len(body) < max_bytes and (piece := response.read1(min(_READ_BYTES, max_bytes - len(body)))):
            body += piece
    return response.status, _headers(response.headers.items()), bytes(body)


def _body(response: BaseHTTPResponse, max_bytes: int) -> bytes:
    announced = response.headers.get("content-length", "")
    too_large = OutgoingError("too_large", f"The answer is longer than {max_bytes} bytes")
    if "transfer-encoding" not in response.headers and announced and int(announced) > max_bytes:
        raise too_large
    # One byte more than allowed shows that there is more.
    limit = max_bytes + 1
    body = bytearray()
    while len(body) < limit:
        piece = response.read(min(_READ_BYTES, limit - len(body)), decode_content=False)
        if not piece:
            break
        body += piece
    if len(body) > max_bytes:
        raise too_large
    return bytes(body)


def _headers(received: Iterable[tuple[str, str]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for name, value in received:
        key, text = name.lower(), " ".join(value.split("\r\n")).strip()
        merged[key] = f"{merged[key]}, {text}" if key in merged else text
    return merged


def _check_framing(headers: http.client.HTTPMessage) -> None:
    """Refuse an answer if two readers might see its end in different places (RFC 9112, section 6.3).

    Raises:
        ValueError: the framing is ambiguous.
    """
    codings = [value.strip().lower() for value in headers.get_all("transfer-encoding", [])]
    if codings not in ([], ["chunked"]):
        raise http.client.HTTPException("an unknown transfer encoding")
    lengths = {value.strip() for value in headers.get_all("content-length", [])}
    if len(lengths) > 1 or any(not (value.isascii() and value.isdigit() and len(value) < 16) for value in lengths):
        raise http.client.HTTPException("a content length that cannot be read")
