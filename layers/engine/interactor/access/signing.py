"""The built-in issuer's keys: RSA keys that never leave KMS, and their public halves, which everybody may see.

There may be several key ids: the first signs, all verify. To replace a key, put the new one first, and remove the old
one an hour later, when its last token has expired.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from interactor.aws import faults
from interactor.core.jsons import JsonObject, dumps, encode

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_RAW_BYTES = 4096
"""The longest message that KMS hashes itself. Of a longer one, KMS gets the digest."""


class Signer:
    """Signs tokens with the first key and knows the public halves of all of them.

    Args:
        client: a boto3 KMS client. ``kms:GetPublicKey`` is used to verify, ``kms:Sign`` to sign.
        key_ids: ids or ARNs of RSA keys for signing, as in the setting ``SIGNING_KEY_ID`` (`split_key_ids`).
    """

    def __init__(self, client: "KMSClient", key_ids: Sequence[str]) -> None:
        if not key_ids:
            raise ValueError("no signing key is configured; SIGNING_KEY_ID names one or several, separated by commas")
        self._client = client
        self._key_ids = tuple(key_ids)

    def sign(self, claims: JsonObject) -> str:
        """Return a compact RS256 JWT (RFC 7515, RFC 7519) of ``claims``.

        Raises:
            StoreBusyError: KMS does not answer now.
        """
        kid = next(iter(self._keys))
        header = {"alg": "RS256", "typ": "JWT", "kid": kid}
        signed = f"{_base64url(encode(header))}.{_base64url(encode(claims))}".encode("ascii")
        short = len(signed) <= _RAW_BYTES
        with faults.passing():
            answer = self._client.sign(
                KeyId=self._key_ids[0],
                Message=signed if short else hashlib.sha256(signed).digest(),
                MessageType="RAW" if short else "DIGEST",
                SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256",
            )
        return f"{signed.decode('ascii')}.{_base64url(answer['Signature'])}"

    def get(self, kid: str) -> RSAPublicKey | None:
        """Return the public key with that id, or None. This makes a signer a key source of the verifier."""
        return self._keys.get(kid)

    def public_jwks(self) -> JsonObject:
        """Return the JWK set (RFC 7517) of ``GET /oauth/jwks``."""
        return {
            "keys": [
                {"kid": kid, "use": "sig", "alg": "RS256", **_public_members(key)} for kid, key in self._keys.items()
            ]
        }

    @cached_property
    def _keys(self) -> dict[str, RSAPublicKey]:
        """The public keys by ``kid``, in the order of the setting, read once per process."""
        keys = {}
        for key_id in self._key_ids:
            with faults.passing():
                answer = self._client.get_public_key(KeyId=key_id)
            key = load_der_public_key(answer["PublicKey"])
            if not isinstance(key, RSAPublicKey):
                raise ValueError(f"the signing key {key_id} is not an RSA key; tokens are signed with RS256")
            keys[thumbprint(key)] = key
        return keys


def split_key_ids(setting: str) -> tuple[str, ...]:
    """Return the key ids of the setting ``SIGNING_KEY_ID``: one, or several separated by commas."""
    return tuple(part.strip() for part in setting.split(",") if part.strip())


def thumbprint(key: RSAPublicKey) -> str:
    """Return the RFC 7638 thumbprint of a key, which is its ``kid``: anyone who has the key can compute it."""
    canonical = dumps(dict(sorted(_public_members(key).items())))
    return _base64url(hashlib.sha256(canonical.encode("ascii")).digest())


def _public_members(key: RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {"kty": "RSA", "n": _base64url(_unsigned(numbers.n)), "e": _base64url(_unsigned(numbers.e))}


def _unsigned(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
