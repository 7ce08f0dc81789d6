"""An outside issuer's keys: fetched once, again for an unknown key, and never more often than a bound."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from interactor.access.jwks import REFETCH_AFTER, STALE_AFTER, KeysUnavailableError, OutsideKeys
from interactor.outgoing import OutgoingError
from tests.support.access.forge import NOW, Forge
from tests.support.outside import Outside, answer

URL = "https://issuer.test/keys"


class Clock:
    now = NOW

    def __call__(self) -> int:
        return self.now


def jwk(key: rsa.RSAPrivateKey, kid: Any, **changes: Any) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()

    def text(number: int) -> str:
        return base64.urlsafe_b64encode(number.to_bytes(-(-number.bit_length() // 8), "big")).decode().rstrip("=")

    return {"kty": "RSA", "kid": kid, "n": text(numbers.n), "e": text(numbers.e)} | changes


def keys(outside: Outside, clock: Clock) -> OutsideKeys:
    return OutsideKeys(outside, URL, clock)  # type: ignore[arg-type]  # it answers what the client is asked


def test_a_set_is_fetched_once(forge: Forge) -> None:
    outside = Outside()
    outside.will(URL, answer(200, {"keys": [jwk(forge.key, "k1"), jwk(forge.stranger, "k2")]}))
    known = keys(outside, Clock())
    found = known.get("k1")
    assert found is not None
    assert found.public_numbers() == forge.key.public_key().public_numbers()
    assert known.get("k2") is not None
    assert len(outside.requests) == 1


def test_an_unknown_key_has_it_fetched_again_but_not_more_often_than_the_bound(forge: Forge) -> None:
    outside, clock = Outside(), Clock()
    outside.will(URL, answer(200, {"keys": [jwk(forge.key, "k1")]}), answer(200, {"keys": [jwk(forge.stranger, "k2")]}))
    known = keys(outside, clock)
    for _ in range(100):
        assert known.get("k2") is None
    assert len(outside.requests) == 1
    clock.now += REFETCH_AFTER
    assert known.get("k2") is not None
    for kid in ("k1", "k3", "../k2", "' OR 1=1"):
        assert known.get(kid) is None
    assert len(outside.requests) == 2


def test_a_key_that_the_issuer_withdrew_stops_counting(forge: Forge) -> None:
    outside, clock = Outside(), Clock()
    outside.will(URL, answer(200, {"keys": [jwk(forge.key, "k1")]}), answer(200, {"keys": []}))
    known = keys(outside, clock)
    assert known.get("k1") is not None
    clock.now += STALE_AFTER
    assert known.get("k1") is None


def test_known_keys_stay_good_while_the_issuer_is_away(forge: Forge) -> None:
    outside, clock = Outside(), Clock()
    outside.will(URL, answer(200, {"keys": [jwk(forge.key, "k1")]}), OutgoingError("connection", "It is away"))
    known = keys(outside, clock)
    assert known.get("k1") is not None
    clock.now += STALE_AFTER
    assert known.get("k1") is not None


@pytest.mark.parametrize("given", [answer(500, {"keys": []}), answer(200, b"<html>"), OutgoingError("timeout", "Late")])
def test_an_issuer_that_never_answered_is_no_fault_of_the_token(given: Any) -> None:
    outside = Outside()
    outside.will(URL, given)
    known = keys(outside, Clock())
    for _ in range(3):
        with pytest.raises(KeysUnavailableError):
            known.get("k1")
    assert len(outside.requests) == 1


@pytest.mark.parametrize(
    "changes",
    [{"kty": "oct", "k": "c2VjcmV0"}, {"use": "enc"}, {"alg": "HS256"}, {"alg": "RS512"}, {"n": 7}, {"n": "AQAB"},
     {"e": "!"}, {"e": "AA"}],
)  # fmt: skip
def test_other_keys_of_a_set_are_left_out(forge: Forge, changes: dict[str, Any]) -> None:
    outside = Outside()
    outside.will(
        URL,
        answer(
            200, {"keys": ["k", None, jwk(forge.key, "k1", **changes), jwk(forge.key, 7), jwk(forge.stranger, "k2")]}
        ),
    )
    known = keys(outside, Clock())
    assert known.get("k1") is None
    assert known.get("k2") is not None


def test_a_set_that_is_none_has_no_keys() -> None:
    outside = Outside()
    outside.will(URL, answer(200, json.dumps([1]).encode()))
    assert keys(outside, Clock()).get("k1") is None
