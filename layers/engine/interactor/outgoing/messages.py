"""Requests, answers, and the ways in which a request can fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

ErrorKind: TypeAlias = Literal["timeout", "connection", "refused_address", "too_large", "invalid"]


@dataclass(frozen=True)
class OutgoingRequest:
    """One request. ``timeout_ms`` covers the whole exchange. ``max_response_bytes`` limits the body as it is sent.

    ``method`` is one of GET, POST, PUT, PATCH, DELETE. The client sets the headers that frame the message or belong to
    the connection (``Host``, ``Content-Length``, ...) and ignores them in ``headers``.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    timeout_ms: int
    max_response_bytes: int


@dataclass(frozen=True)
class OutgoingResponse:
    """An answer with any status. Header names are in lower case, and repeated headers are joined by a comma.

    ``body`` is as it was sent. ``reading`` decodes a ``content-encoding``.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    duration_ms: int


class OutgoingError(Exception):
    """There is no answer that can be used.

    timeout          the deadline passed before the answer was complete
    connection       no connection, a broken one, a failed TLS check, or an answer that is not HTTP
    refused_address  the host is, or leads to, an address that is not public; nothing was sent
    too_large        the answer is longer than allowed
    invalid          the request itself cannot be sent; nothing was sent

    ``message`` may be shown: it contains no address, and no part of the URL except the host.
    """

    def __init__(self, kind: ErrorKind, message: str, duration_ms: int = 0) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.message = message
        self.duration_ms = duration_ms
