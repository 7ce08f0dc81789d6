"""Pages: ``limit`` and ``cursor`` (ruling 22). A cursor is a position, and holds for its account and query only."""

import base64
import binascii
import hashlib
import re

from interactor.api.request import Request
from interactor.core import limits
from interactor.core.errors import InvalidCursorError, InvalidRequestError
from interactor.core.principal import Principal

_MARK_BYTES = 9
_LONGEST = 300
_POSITION = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)
NUMBERS = re.compile(r"[0-9]{1,9}", re.ASCII)
"""Positions of lists that are numbered."""


class Paging:
    """Where a page begins and how long it is.

    ``prefix`` is what the positions of the list begin with, ``positions`` what follows: whoever reads the code can
    compute the mark of a cursor, so a position is judged before it is used.
    """

    def __init__(
        self,
        request: Request,
        principal: Principal,
        default: int = limits.PAGE_DEFAULT,
        most: int = limits.PAGE_MAXIMUM,
        prefix: str = "",
        positions: re.Pattern[str] = _POSITION,
    ) -> None:
        self._prefix = prefix
        self._positions = positions
        self.limit = _limit(request.query.get("limit"), default, most)
        asked = sorted((name, value) for name, value in request.query.items() if name not in ("cursor", "limit"))
        self._bound_to = repr((principal.account, request.path, asked)).encode()
        cursor = request.query.get("cursor")
        self.position = None if cursor is None else self._read(cursor)

    def cursor(self, position: str | None) -> str | None:
        """The cursor of the page that begins after a position."""
        if position is None:
            return None
        return base64.urlsafe_b64encode(self._mark(position) + position.encode()).decode().rstrip("=")

    def _read(self, cursor: str) -> str:
        if len(cursor) > _LONGEST:
            cursor = ""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            mark, position = raw[:_MARK_BYTES], raw[_MARK_BYTES:].decode("ascii")
        except (binascii.Error, ValueError):
            mark, position = b"", ""
        known = position.startswith(self._prefix) and self._positions.fullmatch(position.removeprefix(self._prefix))
        if not known or mark != self._mark(position):
            raise InvalidCursorError("The cursor is not one that this list gave; leave it out to begin anew")
        return position

    def _mark(self, position: str) -> bytes:
        return hashlib.sha256(self._bound_to + b"\0" + position.encode()).digest()[:_MARK_BYTES]


def _limit(given: str | None, default: int, most: int) -> int:
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 10) or int(given) < 1:
        message = f"must be a whole number from 1 to {most}"
        raise InvalidRequestError("The limit is wrong", [{"field": "limit", "message": message}])
    return min(int(given), most)
