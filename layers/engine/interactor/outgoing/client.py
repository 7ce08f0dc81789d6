"""The client: one request, one connection, and one answer or one error."""

import http.client
import re
import socket
from collections.abc import Mapping
from typing import Final

from urllib3.exceptions import HTTPError, ReadTimeoutError

from interactor.core.addresses import Ranges
from interactor.core.urls import Target, UrlError, parse
from interactor.outgoing.connect import Resolve, open_socket
from interactor.outgoing.messages import OutgoingError, OutgoingRequest, OutgoingResponse
from interactor.outgoing.stream import BoundedStream, Deadline
from interactor.outgoing.wire import HEADER_ALLOWANCE, exchange

METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
MAX_REQUEST_HEADERS: Final = 100
MAX_REQUEST_HEADER_BYTES: Final = 32 * 1024

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

# These headers say where the message ends, which host is meant, or what happens to the connection.
_OWN_HEADERS: Final = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class OutgoingClient:
    """Sends requests to public addresses. OS threads may share it.

    ``allow_loopback`` allows this machine's own addresses and names (for the local run). ``private`` allows the private
    addresses of these ranges. ``resolve`` is called like ``socket.getaddrinfo``.
    """

    def __init__(
        self, allow_loopback: bool = False, resolve: Resolve = socket.getaddrinfo, private: Ranges = ()
    ) -> None:
        self._allow_loopback = allow_loopback
        self._private = private
        self._resolve = resolve

    def send(self, request: OutgoingRequest, *, truncate: bool = False) -> OutgoingResponse:
        """Send a request and return the answer, whatever its status. Redirects are answers like any other.

        With ``truncate``, only the status counts (webhooks): the answer is complete when status and headers are there.
        Then up to ``max_response_bytes`` of the body are read for at most two seconds, and errors in the body are
        ignored. Without ``truncate``, a body that is longer, cut short or late is an error.

        Raises:
            OutgoingError: the class describes its kinds.
        """
        deadline = Deadline(request.timeout_ms)
        try:
            status, headers, body = self._exchange(request, deadline, truncate)
        except OutgoingError as error:
            error.duration_ms = deadline.elapsed_ms()
            raise
        except (TimeoutError, ReadTimeoutError) as error:
            message = f"No complete answer within {request.timeout_ms} ms"
            raise OutgoingError("timeout", message, deadline.elapsed_ms()) from error
        except http.client.RemoteDisconnected as error:  # before OSError, which it is too
            message = "The server closed the connection without an answer"
            raise OutgoingError("connection", message, deadline.elapsed_ms()) from error
        except OSError as error:
            raise OutgoingError("connection", "The connection broke", deadline.elapsed_ms()) from error
        except (HTTPError, http.client.HTTPException, ValueError) as error:
            message = "The server's answer was cut short or is not HTTP"
            raise OutgoingError("connection", message, deadline.elapsed_ms()) from error
        return OutgoingResponse(status, headers, body, deadline.elapsed_ms())

    def _exchange(
        self, request: OutgoingRequest, deadline: Deadline, truncate: bool
    ) -> tuple[int, dict[str, str], bytes]:
        target = self._target(request)
        if request.method not in METHODS:
            raise OutgoingError("invalid", f"The method must be one of {', '.join(sorted(METHODS))}")
        headers = _headers(request.headers)
        raw = open_socket(target, self._resolve, self._allow_loopback, self._private, deadline)
        try:
            stream = BoundedStream(raw, deadline, HEADER_ALLOWANCE)
            return exchange(target, stream, request.method, headers, request.body, request.max_response_bytes, truncate)
        finally:
            raw.close()

    def _target(self, request: OutgoingRequest) -> Target:
        try:
            return parse(request.url, allow_loopback=self._allow_loopback, private=self._private)
        except UrlError as error:
            raise OutgoingError("refused_address" if error.refused else "invalid", str(error)) from None


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    """Return the request's headers in lower case, checked, and with the client's own."""
    headers = {"user-agent": "interactor-workflows"}
    for name, value in given.items():
        if not _TOKEN.fullmatch(name):
            raise OutgoingError("invalid", f"The header name {name[:40]!r} is not one; use letters, digits and hyphens")
        if _CONTROL.search(value):
            raise OutgoingError("invalid", f"The header {name[:40]} has a line break or control character in its value")
        if name.lower() not in _OWN_HEADERS:
            headers[name.lower()] = _as_utf8(name, value.strip(" \t"))
    if len(headers) > MAX_REQUEST_HEADERS:
        raise OutgoingError("invalid", f"More than {MAX_REQUEST_HEADERS} headers")
    if sum(len(name) + len(value) for name, value in headers.items()) > MAX_REQUEST_HEADER_BYTES:
        raise OutgoingError("invalid", f"The headers are longer than {MAX_REQUEST_HEADER_BYTES} bytes")
    return {**headers, "accept-encoding": "identity", "connection": "close"}


def _as_utf8(name: str, value: str) -> str:
    """Return the text whose Latin-1 form, which the library sends, is the UTF-8 form of ``value``."""
    try:
        return value.encode("utf-8").decode("latin-1")
    except UnicodeEncodeError:
        message = f"The header {name[:40]} holds half of a surrogate pair, which is no character"
        raise OutgoingError("invalid", message) from None
