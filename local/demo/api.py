"""The HTTP API as any client would call it."""

from typing import Any

import requests

from local.demo.plan import JsonObject

_TIMEOUT_SECONDS = 25


class RefusedError(Exception):
    """The API answered with an error, or not at all; the message names the call and the answer."""


class Api:
    """One client of the API at ``url`` (which ends in ``/api/v1``). Raises ``RefusedError`` for any other than 2xx."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        # A proxy named in the environment is for the world, not for loopback.
        self._session.trust_env = False

    def sign_in(self, client_id: str, client_secret: str) -> JsonObject:
        """Get a token by client credentials and use it from now on."""
        grant = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        token = self.post("/oauth/token", grant)
        self._session.headers["Authorization"] = f"Bearer {token['access_token']}"
        return token

    def get(self, path: str) -> JsonObject:
        """``data`` of the answer."""
        return self._call("GET", path)

    def post(self, path: str, body: JsonObject | None = None, *, actor: str | None = None) -> JsonObject:
        """``data`` of the answer. ``actor`` is the person on whose behalf the client calls (ruling 27)."""
        return self._call("POST", path, json=body, headers={"X-Interactor-Actor": actor} if actor else None)

    def _call(self, method: str, path: str, **request: Any) -> JsonObject:
        try:
            answer = self._session.request(method, self.url + path, timeout=_TIMEOUT_SECONDS, **request)
        except requests.RequestException as error:
            raise RefusedError(f"{method} {path} was not answered: {error}") from None
        if not answer.ok:
            raise RefusedError(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")
        try:
            data: JsonObject = answer.json()["data"]
        except (ValueError, KeyError, TypeError):
            raise RefusedError(f"{method} {path} answered without data: {answer.text[:500]}") from None
        return data
