"""What lies outside: answers every outgoing request from a script, and remembers what was asked."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from interactor.outgoing import OutgoingError, OutgoingRequest, OutgoingResponse

Answerer = Callable[[OutgoingRequest], OutgoingResponse]


def answer(status: int = 200, body: Any = None, **headers: str) -> OutgoingResponse:
    """An answer; a body that is no bytes goes as JSON."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    kind = {"content-type": "application/json"} if body is not None and not isinstance(body, bytes) else {}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return OutgoingResponse(status, {**kind, **named}, raw, duration_ms=7)


@dataclass
class Outside:
    """Stands where the outgoing client does. What is not scripted is answered ``{"ok": true}``.

    ``script`` holds, by URL, answers (or errors) for the next requests to it, the last one staying.
    """

    requests: list[OutgoingRequest] = field(default_factory=list)
    script: dict[str, list[OutgoingResponse | OutgoingError | Answerer]] = field(default_factory=dict)

    def will(self, url: str, *answers: OutgoingResponse | OutgoingError | Answerer) -> None:
        """What the next requests to a URL are answered."""
        self.script[url] = list(answers)

    def send(self, request: OutgoingRequest, *, truncate: bool = False) -> OutgoingResponse:
        """As ``OutgoingClient.send``."""
        self.requests.append(request)
        planned = self.script.get(request.url)
        if not planned:
            return answer(200, {"ok": True})
        first = planned.pop(0) if len(planned) > 1 else planned[0]
        if isinstance(first, OutgoingError):
            raise first
        return first if isinstance(first, OutgoingResponse) else first(request)

    def to(self, url: str) -> list[OutgoingRequest]:
        """The requests that a URL was sent."""
        return [request for request in self.requests if request.url == url]
