"""What the areas of the client share: calls, pages, and paths that an id cannot break out of."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from interactor_client.transport import Transport


class Calls:
    """One area of the API; ``transport`` sends its requests."""

    transport: Transport

    def _get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        return self.transport.call("GET", path, query=query)

    def _text(self, path: str, query: Mapping[str, Any] | None = None) -> str:
        return self.transport.send("GET", path, query=query).text

    def _post(self, path: str, body: Any = None, key: str | None = None, actor: str | None = None) -> Any:
        return self.transport.call("POST", path, body, idempotency_key=key, actor=actor)

    def _pages(
        self, path: str, name: str, query: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Iterator[Any]:
        cursor = None
        while True:
            page = self.transport.call("GET", path, query={**query, "cursor": cursor}, headers=headers)
            yield from page[name]
            cursor = page["pagination"]["next_cursor"]
            if cursor is None:
                return


def path_of(*parts: str) -> str:
    """Return a path of these parts. No part can add another part or a query."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def given(**members: Any) -> dict[str, Any]:
    """Return the members that are not None."""
    return {name: value for name, value in members.items() if value is not None}
