"""The HTTP API as any program would call it: by the client that comes with the engine."""

from typing import Any

from interactor_client import Client, ClientError
from local.demo.plan import JsonObject

_TIMEOUT_SECONDS = 25


class RefusedError(Exception):
    """The API answered with an error, or not at all; the message names the call and the answer."""


class Api:
    """One client of the API at ``url`` (which ends in ``/api/v1``). Raises ``RefusedError`` for any other than 2xx."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = Client(url, "", "")

    def sign_in(self, client_id: str, client_secret: str) -> int:
        """Get a token by client credentials and use it from now on; answers for how many seconds it is good."""
        self._client = Client(self.url, client_id, client_secret, timeout=_TIMEOUT_SECONDS, retries=0)
        try:
            self._client.transport.token()
        except ClientError as error:
            raise RefusedError(f"POST /oauth/token: {error}") from None
        return self._client.transport.lifetime_seconds

    def get(self, path: str) -> JsonObject:
        """``data`` of the answer."""
        return self._call("GET", path)

    def post(self, path: str, body: JsonObject | None = None, *, actor: str | None = None) -> JsonObject:
        """``data`` of the answer. ``actor`` is the person on whose behalf the client calls (ruling 27)."""
        return self._call("POST", path, body, actor)

    def _call(self, method: str, path: str, body: Any = None, actor: str | None = None) -> JsonObject:
        try:
            data: JsonObject = self._client.transport.call(method, path, body, actor=actor)
        except ClientError as error:
            raise RefusedError(f"{method} {path}: {error}") from None
        return data
