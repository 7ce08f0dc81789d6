"""Tokens are signed in KMS, and anybody can check them with what the JWKS says."""

import hashlib
import json
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from interactor.access.signing import Signer, split_key_ids, thumbprint
from interactor.access.verifier import Verifier
from tests.support.access.forge import NOW, Aws, Forge


class Kms:
    """KMS for one RSA key, as strict as AWS: a raw message has at most 4,096 bytes, a digest has 32."""

    def __init__(self, forge: Forge) -> None:
        self.key = forge.key
        self.asked: list[str] = []

    def get_public_key(self, KeyId: str) -> dict[str, bytes]:  # noqa: N803  # boto3's name
        self.asked.append(KeyId)
        public = self.key.public_key()
        return {"PublicKey": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)}

    def sign(self, **request: Any) -> dict[str, bytes]:
        asked = SimpleNamespace(**request)
        assert asked.SigningAlgorithm == "RSASSA_PKCS1_V1_5_SHA_256"
        if asked.MessageType == "RAW":
            assert len(asked.Message) <= 4096
            return {"Signature": self.key.sign(asked.Message, padding.PKCS1v15(), SHA256())}
        assert len(asked.Message) == 32
        return {"Signature": self.key.sign(asked.Message, padding.PKCS1v15(), utils.Prehashed(SHA256()))}


def kms_key(aws: Aws) -> str:
    metadata = aws("kms").create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]
    return str(metadata["KeyId"])


def test_what_the_signer_signs_the_verifier_believes(aws: Aws, forge: Forge) -> None:
    signer = Signer(aws("kms"), [kms_key(aws)])
    token = signer.sign(forge.claims())
    assert Verifier(signer, "https://issuer.test", "interactor").verify(f"Bearer {token}", NOW).subject == "client_1"


def test_any_jwt_library_can_check_a_token_with_the_jwks(aws: Aws, forge: Forge) -> None:
    signer = Signer(aws("kms"), [kms_key(aws)])
    token = signer.sign({"hello": "world"})
    header = jwt.get_unverified_header(token)
    assert {"alg": "RS256", "typ": "JWT"}.items() <= header.items()
    jwks = jwt.PyJWKSet.from_dict(json.loads(json.dumps(signer.public_jwks())))
    assert jwt.decode(token, jwks[header["kid"]], algorithms=["RS256"]) == {"hello": "world"}


def test_the_jwks_holds_nothing_private(aws: Aws) -> None:
    keys = Signer(aws("kms"), [kms_key(aws)]).public_jwks()["keys"]
    assert [set(key) for key in keys] == [{"kid", "use", "alg", "kty", "n", "e"}]


def test_the_first_key_signs_and_all_verify(aws: Aws, forge: Forge) -> None:
    client, old, new = aws("kms"), kms_key(aws), kms_key(aws)
    before, after = Signer(client, [old]), Signer(client, split_key_ids(f" {new}, {old},"))
    verifier = Verifier(after, "https://issuer.test", "interactor")
    for token in (before.sign(forge.claims()), after.sign(forge.claims())):
        assert verifier.verify(f"Bearer {token}", NOW).account == "acc_1"
    kids = [key["kid"] for key in after.public_jwks()["keys"]]
    assert jwt.get_unverified_header(after.sign({}))["kid"] == kids[0]
    assert jwt.get_unverified_header(before.sign({}))["kid"] == kids[1]


def test_a_token_longer_than_kms_reads_is_signed_by_its_digest(forge: Forge) -> None:
    signer = Signer(Kms(forge), ["key"])  # type: ignore[arg-type]  # the two calls of KMS that are used
    namespaces = [f"user_{number:030}" for number in range(100)]
    for claims in (forge.claims(), forge.claims(namespaces=namespaces)):
        token = signer.sign(claims)
        verified = Verifier(signer, "https://issuer.test", "interactor").verify(f"Bearer {token}", NOW)
        assert verified.namespaces == tuple(claims["namespaces"])


def test_public_keys_are_asked_for_once(forge: Forge) -> None:
    kms = Kms(forge)
    signer = Signer(kms, ["key"])  # type: ignore[arg-type]  # the two calls of KMS that are used
    signer.sign({})
    signer.public_jwks()
    assert signer.get("unknown") is None
    assert kms.asked == ["key"]


def test_the_key_id_is_the_rfc_7638_thumbprint() -> None:
    """The example of RFC 7638, section 3.1."""
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
        "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
        "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
        "nqDKgw"
    )
    key = jwt.PyJWK({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256"}).key
    assert thumbprint(key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_a_key_that_is_no_rsa_key_is_refused(aws: Aws) -> None:
    client = aws("kms")
    metadata = client.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]
    with pytest.raises(ValueError, match="not an RSA key"):
        Signer(client, [metadata["KeyId"]]).public_jwks()


def test_a_missing_setting_says_its_name() -> None:
    with pytest.raises(ValueError, match="SIGNING_KEY_ID"):
        Signer(SimpleNamespace(), split_key_ids(" , "))  # type: ignore[arg-type]  # never reached


def test_emulated_kms_signs_raw_messages_as_aws_does(aws: Aws) -> None:
    client, key_id = aws("kms"), kms_key(aws)
    message = b"x" * 4096
    signature = client.sign(
        KeyId=key_id, Message=message, MessageType="RAW", SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256"
    )["Signature"]
    public: Any = load_der_public_key(client.get_public_key(KeyId=key_id)["PublicKey"])
    digest = hashlib.sha256(message).digest()
    public.verify(signature, digest, padding.PKCS1v15(), utils.Prehashed(SHA256()))
