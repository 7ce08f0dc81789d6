"""Pages: ``limit`` and ``cursor`` (ruling 22). A cursor is a position, and is valid only for its account and query."""

from interactor.api.call import Call
from interactor.core import limits
from interactor.core.errors import InvalidCursorError, InvalidRequestError


class Paging:
    """Where a page begins and how long it is.

    A position may be the id of something that the caller must not see, because a list skips it. So the cursor does not
    show it, and only cursors of this API are read.
    """

    def __init__(
        self,
        call: Call,
        default: int = limits.PAGE_DEFAULT,
        most: int = limits.PAGE_MAXIMUM,
    ) -> None:
        request = call.request
        self._call = call
        self.limit = _limit(request.query.get("limit"), default, most)
        asked = sorted((name, value) for name, value in request.query.items() if name not in ("cursor", "limit"))
        self._bound_to = repr((call.account, request.path, asked)).encode()
        cursor = request.query.get("cursor")
        self.position = None if cursor is None else self._read(cursor)

    def cursor(self, position: str | None) -> str | None:
        """Return the cursor of the page that begins after a position."""
        return None if position is None else self._call.services.aws.cursors.make(position, self._bound_to)

    def _read(self, cursor: str) -> str:
        position = self._call.services.aws.cursors.read(cursor, self._bound_to)
        if position is None:
            raise InvalidCursorError(
                "The cursor does not belong to this list; leave it out to start from the beginning"
            )
        return position


def _limit(given: str | None, default: int, most: int) -> int:
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 10) or int(given) < 1:
        message = f"must be a whole number from 1 to {most}"
        raise InvalidRequestError(f"'limit' {message}", [{"field": "limit", "message": message}])
    return min(int(given), most)
