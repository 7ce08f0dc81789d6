"""What the handlers log, counted in the bytes that CloudWatch Logs bills."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

EVENT_OVERHEAD = 26
"""Bytes that CloudWatch Logs adds for each event."""

ACCESS_LINE = {
    "$context.requestTime": "22/Nov/2026:12:00:00 +0000",
    "$context.requestId": "XdLzUhZLIAMEPrQ=",
    "$context.status": "201",
    "$context.responseLatency": "48",
    "$context.integrationLatency": "46",
    "$context.error.responseType": "-",
}


class Logbook:
    """The lines that a Powertools logger wrote while ``written`` was open."""

    def __init__(self, logger: Any) -> None:
        self._handler = logger.registered_handler
        self.lines: list[str] = []

    @contextmanager
    def written(self) -> Iterator[list[str]]:
        """Take the logger's lines; they are told when the context is left."""
        stream, taken = self._handler.stream, io.StringIO()
        self._handler.stream = taken
        self.lines = []
        try:
            yield self.lines
        finally:
            self._handler.stream = stream
            self.lines += taken.getvalue().splitlines()


def billed_bytes(lines: list[str]) -> int:
    """What these lines cost, in bytes."""
    return sum(len(line.encode()) + EVENT_OVERHEAD for line in lines)


def access_line(form: str, route: str, path: str) -> str:
    """The line that the API's access log has for a request; ``form`` is the template's."""
    filled = ACCESS_LINE | {"$context.routeKey": route, "$context.path": path}
    for name in sorted(filled, key=len, reverse=True):
        form = form.replace(name, filled[name])
    return form
