"""Tokens made by hand, honest and otherwise."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

NOW = 1_800_000_000_000
"""The time of every test here, in milliseconds."""


Aws: TypeAlias = Callable[[str], Any]
"""What the fixture ``aws`` gives: a client for the name of a service."""


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Forge:
    """``key`` is the issuer's, ``stranger`` somebody else's."""

    key: rsa.RSAPrivateKey
    stranger: rsa.RSAPrivateKey
    now: int = NOW
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "typ": "JWT", "kid": "k1"})

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Good claims with changes; a change to ``...`` takes the claim away."""
        seconds = self.now // 1000
        good = {
            "iss": "https://issuer.test",
            "aud": "interactor",
            "sub": "client_1",
            "account_id": "acc_1",
            "namespaces": ["user_1", "user_2"],
            "scope": "workflows:read workflows:execute",
            "exp": seconds + 3600,
            "iat": seconds,
            "jti": "t1",
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not ...}

    def token(self, claims: Any = None, header: Any = None, key: rsa.RSAPrivateKey | None = None) -> str:
        head = header if isinstance(header, bytes) else json.dumps(self.header if header is None else header).encode()
        body = claims if isinstance(claims, bytes) else json.dumps(self.claims() if claims is None else claims).encode()
        signed = f"{b64(head)}.{b64(body)}"
        signature = (key or self.key).sign(signed.encode(), padding.PKCS1v15(), SHA256())
        return f"{signed}.{b64(signature)}"

    def unsigned(self, alg: str, signature: bytes = b"") -> str:
        head = json.dumps({**self.header, "alg": alg}).encode()
        return f"{b64(head)}.{b64(json.dumps(self.claims()).encode())}.{b64(signature)}"
