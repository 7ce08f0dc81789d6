"""Sends requests with a token, and sends them again if that is safe and likely to help."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

import requests

from interactor_client.errors import ApiError, ConnectionLostError

RENEW_BEFORE_SECONDS: Final = 60
LONGEST_WAIT_SECONDS: Final = 60
PASSING: Final = frozenset({429, 500, 502, 503, 504})
"""Statuses that may be temporary."""
_FULL: Final = frozenset({"namespace_quota_exceeded", "workflow_quota_exceeded", "version_quota_exceeded"})
"""Quota errors have the status 429 too, but waiting does not help."""
_PLAIN: Final = "".join(chr(code) for code in range(32, 127) if chr(code) not in "%,")
"""Characters that a name in a header keeps. All others are percent-encoded UTF-8, which nothing on the way changes."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Transport:
    """One client id at one API. The arguments are those of ``Client``, which passes all of them."""

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        *,
        scope: str | None,
        retries: int,
        timeout: float,
        session: requests.Session | None,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self.url = url.rstrip("/")
        self._client_id, self._client_secret, self._scope = client_id, client_secret, scope
        self._retries, self._timeout = retries, timeout
        self._sleep, self._clock, self._chance = sleep, clock, chance
        self._session = requests.Session() if session is None else session
        if session is None and urlsplit(url).hostname in _LOOPBACK:
            # A proxy from the environment is for other hosts, not for this machine.
            self._session.trust_env = False
        self._access_token: str | None = None
        self._refresh_token: str | None = None
        self._good_until = 0.0
        self.lifetime_seconds = 0
        """For how many seconds the latest access token was valid when it was issued."""

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        actor: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return ``data`` of the answer, or None if there is none. The rest is as for ``send``."""
        answer = self.send(method, path, body, query, idempotency_key=idempotency_key, actor=actor, headers=headers)
        return answer.json()["data"] if answer.ok and answer.content else None

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        actor: str | None = None,
        headers: Mapping[str, str] | None = None,
        public: bool = False,
    ) -> requests.Response:
        """Send a request and return its answer, which is no error.

        A POST without a key gets one, so that it can be sent again without a second effect. If the answer to a DELETE
        was lost, it may have had its effect; then 404 at the next attempt counts as success. ``public``: the request is
        sent without a token.

        Raises:
            ApiError: the API refused, also the last time.
            ConnectionLostError: the API did not answer, also the last time.
        """
        sent = dict(headers or {})
        if actor is not None:
            sent["X-Interactor-Actor"] = quote(actor, safe=_PLAIN)
        if method == "POST":
            sent["Idempotency-Key"] = idempotency_key or str(uuid.uuid4())
        parameters = {name: value for name, value in (query or {}).items() if value is not None}
        renewed = unsure = False
        for attempt in range(self._retries + 1):
            last = attempt == self._retries
            try:
                if not public:
                    sent["Authorization"] = f"Bearer {self.token()}"
                answer = self._send(method, path, json=body, params=parameters, headers=sent)
            except ConnectionLostError:
                if last:
                    raise
                unsure = True
                self._wait(attempt, None)
                continue
            if answer.status_code == 401 and not renewed and not public:
                renewed, self._access_token = True, None
            elif answer.ok or (method == "DELETE" and unsure and answer.status_code == 404):
                return answer
            elif last or answer.status_code not in PASSING or _error(answer).code in _FULL:
                raise _error(answer)
            else:
                unsure = unsure or answer.status_code >= 500
                self._wait(attempt, answer.headers.get("Retry-After"))
        raise _error(answer)

    def exchange(self, method: str, url: str, **rest: Any) -> bytes:
        """Send a request that carries its own authority to another host, without a token. Return the body of the
        answer.

        Raises:
            ApiError: it was refused, also the last time.
            ConnectionLostError: there was no answer, also the last time.
        """
        for attempt in range(self._retries + 1):
            last = attempt == self._retries
            try:
                answer = self._request(method, url, **rest)
            except ConnectionLostError:
                if last:
                    raise
            else:
                if answer.ok:
                    return answer.content
                if last or answer.status_code not in PASSING:
                    raise _error(answer)
            self._wait(attempt, None)
        raise AssertionError("unreachable")

    def token(self) -> str:
        """Return an access token that is valid for at least a minute: the present one, a refreshed one, or a new one.

        Raises:
            ApiError: the API gives none to this client.
            ConnectionLostError: the API did not answer.
        """
        if self._access_token is not None and self._clock() < self._good_until:
            return self._access_token
        if self._refresh_token is not None:
            grant = {"grant_type": "refresh_token", "refresh_token": self._refresh_token, "client_id": self._client_id}
            self._refresh_token = None  # good for one use, whatever comes of it
            answer = self._send("POST", "/oauth/token", json=grant)
            if answer.ok:
                return self._keep(answer.json()["data"])
        grant = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret,
        } | ({} if self._scope is None else {"scope": self._scope})
        answer = self._send("POST", "/oauth/token", json=grant)
        if not answer.ok:
            raise _error(answer)
        return self._keep(answer.json()["data"])

    def revoke(self) -> None:
        """Revoke the tokens that this client has. They are refused everywhere within 30 seconds.

        Raises:
            ApiError: the API refused.
            ConnectionLostError: the API did not answer.
        """
        held = [self._refresh_token, self._access_token]
        self._access_token = self._refresh_token = None
        for token in held:
            if token is not None:
                answer = self._send("POST", "/oauth/revoke", json={"token": token})
                if not answer.ok:
                    raise _error(answer)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()

    def _keep(self, granted: Mapping[str, Any]) -> str:
        self._access_token, self._refresh_token = granted["access_token"], granted.get("refresh_token")
        self.lifetime_seconds = int(granted["expires_in"])
        self._good_until = self._clock() + self.lifetime_seconds - RENEW_BEFORE_SECONDS
        return str(self._access_token)

    def _send(self, method: str, path: str, **rest: Any) -> requests.Response:
        return self._request(method, self.url + path, **rest)

    def _request(self, method: str, url: str, **rest: Any) -> requests.Response:
        try:
            return self._session.request(method, url, timeout=self._timeout, allow_redirects=False, **rest)
        except requests.RequestException as error:
            where = urlsplit(url)._replace(query="").geturl()
            raise ConnectionLostError(f"{method} {where} was not answered: {error}") from error

    def _wait(self, attempt: int, asked: str | None) -> None:
        """Wait as long as the API asks; else 0.5 s, 1 s, 2 s ..., each up to half longer, so that callers separate."""
        seconds = float(asked) if asked and asked.isdigit() else 0.5 * 2**attempt * (1 + self._chance() / 2)
        self._sleep(min(seconds, LONGEST_WAIT_SECONDS))


def _error(answer: requests.Response) -> ApiError:
    """Return the error of an answer. Something between client and API may have written the answer."""
    request_id = answer.headers.get("X-Request-Id")
    try:
        error = answer.json()["error"]
        return ApiError(answer.status_code, error["code"], error["message"], error.get("details"), request_id)
    except (ValueError, KeyError, TypeError):
        return ApiError(answer.status_code, "unknown", answer.text[:500] or answer.reason, None, request_id)
