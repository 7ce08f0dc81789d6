"""An external issuer's keys: its JWK set (RFC 7517), fetched when first needed and cached."""

import base64
import binascii
import threading
from collections.abc import Callable
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from interactor.core import jsons
from interactor.core.times import HOUR, MINUTE, SECOND, Millis
from interactor.outgoing import OutgoingClient, OutgoingError, OutgoingRequest

TIMEOUT: Final[Millis] = 5 * SECOND
SET_BYTES: Final = 256 * 1024
KEYS_READ: Final = 100
REFETCH_AFTER: Final[Millis] = MINUTE
"""The shortest time between two fetches of the set because of an unknown ``kid``."""
STALE_AFTER: Final[Millis] = HOUR
"""A set of this age is fetched again at the next token, so that a withdrawn key becomes invalid."""
MODULUS_BITS: Final = range(2048, 8193)


class KeysUnavailableError(Exception):
    """There are no keys of the issuer: its URL has never answered with a JWK set."""


class OutsideKeys:
    """The RSA keys at a URL, by ``kid``. Safe to share between OS threads."""

    def __init__(self, client: OutgoingClient, url: str, now: Callable[[], Millis]) -> None:
        self._client = client
        self._url = url
        self._now = now
        self._keys: dict[str, RSAPublicKey] | None = None
        self._tried_at: Millis | None = None
        self._fetched_at: Millis = 0
        self._lock = threading.Lock()

    def get(self, kid: str) -> RSAPublicKey | None:
        """Return the key with that id, or None if the issuer has no such key.

        Raises:
            KeysUnavailableError: there never was an answer with keys.
        """
        now = self._now()
        with self._lock:
            known = self._keys is not None and kid in self._keys and now - self._fetched_at < STALE_AFTER
            if not known and (self._tried_at is None or now - self._tried_at >= REFETCH_AFTER):
                self._tried_at = now
                self._fetch(now)
            if self._keys is None:
                raise KeysUnavailableError("the outside issuer's keys could not be fetched; see IssuerJwksUrl")
            return self._keys.get(kid)

    def _fetch(self, now: Millis) -> None:
        request = OutgoingRequest("GET", self._url, {"accept": "application/json"}, None, TIMEOUT, SET_BYTES)
        try:
            answer = self._client.send(request)
            if answer.status == 200:
                self._keys, self._fetched_at = _read(jsons.loads(answer.body)), now
        except (OutgoingError, jsons.JsonError):
            # The known keys stay valid while the issuer cannot be reached.
            return


def _read(document: Any) -> dict[str, RSAPublicKey]:
    listed = document.get("keys") if isinstance(document, dict) else None
    found = {}
    for each in (listed if isinstance(listed, list) else [])[:KEYS_READ]:
        key = _key(each) if isinstance(each, dict) else None
        if key is not None and isinstance(each.get("kid"), str):
            found[each["kid"]] = key
    return found


def _key(jwk: dict[str, Any]) -> RSAPublicKey | None:
    """Return an RSA key that verifies RS256; None for any other key."""
    if jwk.get("kty") != "RSA" or jwk.get("use", "sig") != "sig" or jwk.get("alg", "RS256") != "RS256":
        return None
    try:
        modulus, exponent = _unsigned(jwk["n"]), _unsigned(jwk["e"])
        if modulus.bit_length() not in MODULUS_BITS:
            return None
        return RSAPublicNumbers(exponent, modulus).public_key()
    except (KeyError, TypeError, ValueError, binascii.Error):
        return None


def _unsigned(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")
