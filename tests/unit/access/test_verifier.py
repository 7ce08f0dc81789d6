"""Good tokens become principals; hostile ones, every one of them, become 401 (ruling 25)."""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm

from interactor.access.rules.principal import ALL
from interactor.access.verifier import Verifier, bearer_token
from interactor.core.errors import UnauthorizedError
from tests.support.access.forge import NOW, Forge, b64


class Keys:
    """The keys of the issuer: one, called ``k1``."""

    def __init__(self, key: RSAPublicKey) -> None:
        self.known = {"k1": key}

    def get(self, kid: str) -> RSAPublicKey | None:
        return self.known.get(kid)


@pytest.fixture(scope="session")
def verifier(forge: Forge) -> Verifier:
    return Verifier(Keys(forge.key.public_key()), "https://issuer.test", "interactor")


def public_jwk(key: RSAPublicKey) -> dict[str, Any]:
    jwk: dict[str, Any] = RSAAlgorithm.to_jwk(key, as_dict=True)
    return jwk


def by_hmac(forge: Forge, secret: bytes) -> str:
    """The classic confusion: HS256 with the public key as its secret."""
    signed = forge.unsigned("HS256").rpartition(".")[0]
    return f"{signed}.{b64(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def pem(forge: Forge) -> bytes:
    return forge.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def der(forge: Forge) -> bytes:
    return forge.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def with_header(**changes: Any) -> Callable[[Forge], str]:
    return lambda forge: forge.token(header={k: v for k, v in {**forge.header, **changes}.items() if v is not ...})


def strange_header(forge: Forge, **members: Any) -> str:
    """Signed by a stranger, who names the way to his own key."""
    return forge.token(header={**forge.header, **members}, key=forge.stranger)


def with_claims(**changes: Any) -> Callable[[Forge], str]:
    return lambda forge: forge.token(forge.claims(**changes))


def without_signature(alg: str, signature: bytes = b"") -> Callable[[Forge], str]:
    return lambda forge: forge.unsigned(alg, signature)


def cut(forge: Forge, part: int, text: str) -> str:
    parts = forge.token().split(".")
    parts[part] = text
    return ".".join(parts)


SECONDS = NOW // 1000

HOSTILE: dict[str, Callable[[Forge], str]] = {
    **{f"alg {alg!r} unsigned": without_signature(alg) for alg in ("none", "None", "NONE", "nOnE", "")},
    **{f"alg {alg!r} with a byte": without_signature(alg, b"x") for alg in ("none", "NONE", "")},
    "HS256 with the public PEM": lambda f: by_hmac(f, pem(f)),
    "HS256 with the public PEM, stripped": lambda f: by_hmac(f, pem(f).strip()),
    "HS256 with the public DER": lambda f: by_hmac(f, der(f)),
    "alg RS384 over an RS256 signature": with_header(alg="RS384"),
    "alg PS256": with_header(alg="PS256"),
    "alg rs256": with_header(alg="rs256"),
    "alg missing": with_header(alg=...),
    "alg a list": with_header(alg=["RS256"]),
    "alg null": with_header(alg=None),
    "signed by a stranger": lambda f: f.token(key=f.stranger),
    "an embedded jwk": lambda f: strange_header(f, jwk=public_jwk(f.stranger.public_key())),
    "an embedded jwk, no kid": lambda f: f.token(
        header={"alg": "RS256", "jwk": public_jwk(f.stranger.public_key())}, key=f.stranger
    ),
    "a jku": lambda f: strange_header(f, jku="https://evil.test/jwks.json"),
    "an x5u": lambda f: strange_header(f, x5u="https://evil.test/cert.pem"),
    "an x5c": lambda f: strange_header(f, x5c=["MIIB"]),
    "kid missing": with_header(kid=...),
    "kid unknown": with_header(kid="k2"),
    "kid a path": with_header(kid="../../../../dev/null"),
    "kid an injection": with_header(kid="k1' OR '1'='1"),
    "kid a number": with_header(kid=1),
    "kid a list": with_header(kid=["k1"]),
    "kid an object": with_header(kid={"k1": 1}),
    "kid null": with_header(kid=None),
    "kid huge": with_header(kid="k" * 3000),
    "crit": with_header(crit=["exp"]),
    "crit b64": with_header(crit=["b64"], b64=False),
    "crit b64, as usual": with_header(crit=["b64"], b64=True),
    "b64 alone": with_header(b64=False),
    "header no object": lambda f: f.token(header=[1]),
    "header no JSON": lambda f: f.token(header=b"{"),
    "header no UTF-8": lambda f: f.token(header=b"\xff\xfe"),
    "header deep": lambda f: f.token(header=b'{"a":' + b"[" * 5000),
    "claims no object": lambda f: f.token(["iss"]),
    "claims no JSON": lambda f: f.token(b"nothing"),
    "claims no UTF-8": lambda f: f.token(b"\xff"),
    "claims deep": lambda f: f.token(b"[" * 3000),
    "claims with NaN": lambda f: f.token(json.dumps(f.claims(exp=float("nan"))).encode()),
    "claims with a claim twice": lambda f: f.token(json.dumps(f.claims()).encode()[:-1] + b',"account_id":"acc_2"}'),
    "claims changed": lambda f: cut(f, 1, b64(json.dumps(f.claims(account_id="acc_2")).encode())),
    "signature of another token": lambda f: cut(f, 2, f.token(f.claims(jti="t2")).split(".")[2]),
    "signature empty": lambda f: cut(f, 2, ""),
    "signature short": lambda f: cut(f, 2, "AAAA"),
    "signature of impossible length": lambda f: cut(f, 2, "A"),
    "claims of impossible length": lambda f: cut(f, 1, "A"),
    "two parts": lambda f: f.token().rpartition(".")[0],
    "four parts": lambda f: f.token() + ".AAAA",
    "five parts, encrypted": lambda f: f.token() + ".AAAA.AAAA",
    "padding": lambda f: f.token() + "==",
    "a line end inside": lambda f: f.token().replace(".", ".\n", 1),
    "a space inside": lambda f: f.token().replace(".", ". ", 1),
    "two tokens": lambda f: f"{f.token()},{f.token()}",
    "unicode": lambda f: f.token() + "\u0661",
    "huge": lambda f: f.token(f.claims(more="x" * 8192)),
    "huge rubbish": lambda f: "a" * 1_000_000,
    "iss wrong": with_claims(iss="https://issuer.test.evil"),
    "acts_for_people a text": with_claims(acts_for_people="true"),
    "acts_for_people a number": with_claims(acts_for_people=1),
    "acts_for_people null": with_claims(acts_for_people=None),
    "iss a list": with_claims(iss=["https://issuer.test"]),
    "aud wrong": with_claims(aud="other"),
    "aud a longer text": with_claims(aud="interactor-admin"),
    "aud empty": with_claims(aud=[]),
    "aud mixed": with_claims(aud=["interactor", 1]),
    "aud an object": with_claims(aud={"interactor": True}),
    "expired this very moment": with_claims(exp=SECONDS),
    "expired a second ago": with_claims(exp=SECONDS - 1),
    "expired, and exp a float": with_claims(exp=SECONDS - 0.5),
    "exp a text": with_claims(exp=str(SECONDS + 60)),
    "exp true": with_claims(exp=True),
    "exp negative": with_claims(exp=-1),
    "exp without end": with_claims(exp=10**300),
    "exp null": with_claims(exp=None),
    "iat to come": with_claims(iat=SECONDS + 31),
    "iat a text": with_claims(iat=str(SECONDS)),
    "iat true": with_claims(iat=True),
    "nbf to come": with_claims(nbf=SECONDS + 31),
    "nbf a text": with_claims(nbf="now"),
    "nbf null": with_claims(nbf=None),
    "sub empty": with_claims(sub=""),
    "sub a number": with_claims(sub=7),
    "sub long": with_claims(sub="s" * 256),
    "sub with a line end": with_claims(sub="a\nb"),
    "jti empty": with_claims(jti=""),
    "jti a number": with_claims(jti=7),
    "jti long": with_claims(jti="j" * 129),
    "account with a key separator": with_claims(account_id="acc_1#I"),
    "account empty": with_claims(account_id=""),
    "account long": with_claims(account_id="a" * 65),
    "account a number": with_claims(account_id=1),
    "account a list": with_claims(account_id=["acc_1"]),
    "account with a line end": with_claims(account_id="acc_1\n"),
    "scope a list": with_claims(scope=["*"]),
    "scope null": with_claims(scope=None),
    "namespaces a text": with_claims(namespaces="*"),
    "namespaces an object": with_claims(namespaces={"*": 1}),
    "namespaces empty": with_claims(namespaces=[]),
    "namespaces 101": with_claims(namespaces=[f"n{i}" for i in range(101)]),
    "namespaces with a star among them": with_claims(namespaces=["a", "*"]),
    "namespaces with a number": with_claims(namespaces=["a", 1]),
    "namespaces with a separator": with_claims(namespaces=["a#b"]),
    **{
        f"{claim} missing": with_claims(**{claim: ...})
        for claim in ("iss", "aud", "sub", "account_id", "namespaces", "scope", "exp", "iat", "jti")
    },
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_token_is_nobody(name: str, forge: Forge, verifier: Verifier) -> None:
    with pytest.raises(UnauthorizedError) as refused:
        verifier.verify(f"Bearer {HOSTILE[name](forge)}", NOW)
    assert len(refused.value.message) < 200


def test_a_good_token_is_its_principal(forge: Forge, verifier: Verifier) -> None:
    principal = verifier.verify(f"Bearer {forge.token()}", NOW)
    assert (principal.account, principal.subject) == ("acc_1", "client_1")
    assert principal.scopes == {"workflows:read", "workflows:execute"}
    assert principal.namespaces == ("user_1", "user_2")


GOOD: dict[str, Callable[[Forge], str]] = {
    "a lone star": with_claims(namespaces=["*"]),
    "several audiences": with_claims(aud=["other", "interactor"]),
    "a hundred namespaces": with_claims(namespaces=[f"n{i}" for i in range(100)]),
    "no scope at all": with_claims(scope=""),
    "an issuer's clock 30 s ahead": with_claims(iat=SECONDS + 30, nbf=SECONDS + 30),
    "one second left": with_claims(exp=SECONDS + 1),
    "times as floats": with_claims(exp=SECONDS + 0.5, iat=SECONDS - 0.5),
    "more claims": with_claims(azp="x", custom={"a": [1]}),
    "a jku that nobody reads": with_header(jku="https://evil.test/jwks.json"),
    "no typ": with_header(typ=...),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_token_holds(name: str, forge: Forge, verifier: Verifier) -> None:
    assert verifier.verify(f"Bearer {GOOD[name](forge)}", NOW).account == "acc_1"


def test_a_lone_star_is_a_service_account(forge: Forge, verifier: Verifier) -> None:
    principal = verifier.verify(f"Bearer {forge.token(forge.claims(namespaces=['*']))}", NOW)
    assert principal.namespaces is ALL


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "  Bearer ", "Bearer  "])
def test_the_scheme_may_be_written_as_one_likes(scheme: str, forge: Forge, verifier: Verifier) -> None:
    assert verifier.verify(f"{scheme} {forge.token()} ", NOW).subject == "client_1"


@pytest.mark.parametrize(
    "header", [None, "", " ", "Bearer", "Bearer ", "Basic YTpi", "Token x", "Bearer\tx.y.z", "x.y.z"]
)
def test_no_token_is_nobody(header: str | None) -> None:
    with pytest.raises(UnauthorizedError):
        bearer_token(header)


def test_the_time_is_the_one_handed_in(forge: Forge, verifier: Verifier) -> None:
    header = f"Bearer {forge.token()}"
    verifier.verify(header, NOW + 3_599_999)
    with pytest.raises(UnauthorizedError, match="expired"):
        verifier.verify(header, NOW + 3_600_000)


def test_a_claim_is_spoken_of_only_once_the_signature_held(forge: Forge, verifier: Verifier) -> None:
    with pytest.raises(UnauthorizedError, match="signature"):
        verifier.verify(f"Bearer {forge.token(forge.claims(iss='other'), key=forge.stranger)}", NOW)


def test_a_failure_to_get_our_own_keys_is_not_the_callers(forge: Forge) -> None:
    class Broken:
        def get(self, kid: str) -> RSAPublicKey | None:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        Verifier(Broken(), "https://issuer.test", "interactor").verify(f"Bearer {forge.token()}", NOW)


@pytest.mark.parametrize("name", ["alg 'none' unsigned", "HS256 with the public PEM", "alg PS256", "crit", "crit b64"])
def test_a_header_that_cannot_hold_is_refused_before_any_key_is_looked_up(name: str, forge: Forge) -> None:
    class Unasked:
        def get(self, kid: str) -> RSAPublicKey | None:
            raise AssertionError(kid)

    with pytest.raises(UnauthorizedError):
        Verifier(Unasked(), "https://issuer.test", "interactor").verify(f"Bearer {HOSTILE[name](forge)}", NOW)


@given(header=st.text(max_size=200))
def test_no_text_gets_through_or_breaks_anything(header: str, verifier: Verifier) -> None:
    for text in (header, f"Bearer {header}", f"Bearer {b64(header.encode('utf-8', 'replace'))}.e30.AAAA"):
        with pytest.raises(UnauthorizedError):
            verifier.verify(text, NOW)


def test_a_token_that_held_before_does_not_hold_once_its_key_is_gone_or_another(forge: Forge) -> None:
    keys = Keys(forge.key.public_key())
    verifier = Verifier(keys, "https://issuer.test", "interactor")
    header = f"Bearer {forge.token()}"
    assert verifier.verify(header, NOW) == verifier.verify(header, NOW)
    keys.known = {"k1": forge.stranger.public_key()}
    with pytest.raises(UnauthorizedError):
        verifier.verify(header, NOW)
    keys.known = {}
    with pytest.raises(UnauthorizedError):
        verifier.verify(header, NOW)


def test_a_token_that_held_before_expires_at_its_time(forge: Forge) -> None:
    verifier = Verifier(Keys(forge.key.public_key()), "https://issuer.test", "interactor")
    header = f"Bearer {forge.token()}"
    verifier.verify(header, NOW)
    with pytest.raises(UnauthorizedError):
        verifier.verify(header, NOW + 3_600_000)


def test_of_a_great_many_tokens_not_all_are_remembered(forge: Forge) -> None:
    verifier = Verifier(Keys(forge.key.public_key()), "https://issuer.test", "interactor")
    verifier._signed.update({bytes([number, high]): None for number in range(250) for high in range(4)})  # type: ignore[misc]  # only counted
    verifier.verify(f"Bearer {forge.token()}", NOW)
    assert len(verifier._signed) == 1
