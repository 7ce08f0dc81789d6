"""The token endpoint's use case: who gets a token, for what, and who does not (ruling 25)."""

import base64
from typing import Any

import pytest

from interactor.access.issuer import Credentials, IssuedToken, Issuer, credentials_of, issue_token
from interactor.access.rules.principal import ALL, Client
from interactor.core import errors
from interactor.core.jsons import JsonObject
from tests.support.access.families import Families
from tests.support.access.forge import NOW

CLIENTS = {
    "web": Client("web", "acc_1", ("workflows:read", "webhooks:manage"), ("user_1", "user_2")),
    "desk": Client("desk", "acc_1", ("workflows:execute",), ("user_1",), acts_for_people=True),
    "service": Client("service", "acc_1", ("*",), ALL),
}


class Clients:
    def authenticate(self, client_id: str, secret: str) -> Client | None:
        return CLIENTS.get(client_id) if secret == "s3+cret%" else None

    def get(self, client_id: str) -> Client | None:
        return CLIENTS.get(client_id)


class Signing:
    def __init__(self) -> None:
        self.claims: JsonObject = {}

    def sign(self, claims: JsonObject) -> str:
        self.claims = claims
        return "signed"


def ask(authorization: str | None = None, **form: Any) -> tuple[IssuedToken, JsonObject]:
    signing = Signing()
    fields = {"grant_type": "client_credentials", **form}
    if authorization is None:
        fields = {"client_id": "web", "client_secret": "s3+cret%", **fields}
    fields = {name: value for name, value in fields.items() if value is not ...}
    issuer = Issuer("https://issuer.test", "interactor", Clients(), signing, Families())
    return issue_token(issuer, fields, authorization, NOW, bytes(range(64))), signing.claims


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_a_client_gets_a_token_for_an_hour() -> None:
    issued, claims = ask()
    assert issued.as_json() == {
        "access_token": "signed",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "rt_101112131415161718191a1b1c1d1e1f.ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8",
        "scope": "workflows:read webhooks:manage",
    }
    assert claims == {
        "iss": "https://issuer.test",
        "aud": "interactor",
        "sub": "web",
        "account_id": "acc_1",
        "namespaces": ["user_1", "user_2"],
        "scope": "workflows:read webhooks:manage",
        "iat": NOW // 1000,
        "exp": NOW // 1000 + 3600,
        "jti": "000102030405060708090a0b0c0d0e0f",
    }


def test_a_client_that_acts_for_people_says_so_in_its_token() -> None:
    assert ask(client_id="desk")[1]["acts_for_people"] is True


def test_a_service_accounts_token_says_star() -> None:
    assert ask(client_id="service")[1]["namespaces"] == ["*"]


@pytest.mark.parametrize(
    ("client_id", "wanted", "granted"),
    [
        ("web", "workflows:read", "workflows:read"),
        ("web", "workflows:read workflows:write unknown", "workflows:read"),
        ("web", "webhooks:read", "webhooks:read"),
        ("web", "*", "workflows:read webhooks:manage"),
        ("web", "", "workflows:read webhooks:manage"),
        ("web", None, "workflows:read webhooks:manage"),
        ("service", "workflows:execute", "workflows:execute"),
        ("service", "*", "*"),
    ],
)
def test_the_scope_asked_for_is_narrowed_to_the_clients(client_id: str, wanted: str | None, granted: str) -> None:
    issued, claims = ask(client_id=client_id, scope=wanted)
    assert issued.scope == claims["scope"] == granted


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"grant_type": ...}, "grant_type"),
        ({"grant_type": "password"}, "grant_type"),
        ({"grant_type": ["client_credentials"]}, "grant_type"),
        ({"client_id": ...}, "client_id"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": 7}, "client_id"),
        ({"client_id": "x" * 1025}, "client_id"),
        ({"client_secret": None}, "client_secret"),
        ({"client_secret": {}}, "client_secret"),
        ({"client_secret": "x" * 1_000_000}, "client_secret"),
        ({"scope": "workflows:write"}, "scope"),
        ({"scope": "unknown"}, "scope"),
        ({"scope": ["workflows:read"]}, "scope"),
        ({"scope": True}, "scope"),
    ],
)
def test_a_wrong_field_is_named(form: dict[str, Any], field: str) -> None:
    with pytest.raises(errors.InvalidRequestError) as refused:
        ask(**form)
    assert refused.value.code == "validation_error"
    assert [detail["field"] for detail in refused.value.details] == [field]


@pytest.mark.parametrize("form", [{"client_secret": "wrong"}, {"client_id": "nobody"}])
def test_a_wrong_client_is_nobody_and_is_not_told_which_half_was_wrong(form: dict[str, Any]) -> None:
    with pytest.raises(errors.UnauthorizedError, match="client id or the client secret"):
        ask(**form)


def test_no_scope_is_spoken_of_to_a_wrong_client() -> None:
    with pytest.raises(errors.UnauthorizedError):
        ask(client_secret="wrong", scope="unknown")


@pytest.mark.parametrize("header", [basic("web:s3%2Bcret%25"), basic("web:s3%2Bcret%25").replace("Basic", "bAsIC")])
def test_a_client_may_authenticate_by_basic(header: str) -> None:
    assert ask(header)[1]["sub"] == "web"
    assert ask(header, client_id="web")[1]["sub"] == "web"


def test_basic_is_form_encoded_as_rfc_6749_says() -> None:
    assert credentials_of({}, basic("a%3Ab:c+d:e")) == Credentials("a:b", "c d:e")


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!!", "Basic d2Vi", "Bearer abc", basic("x" * 3000 + ":"), "Basic " + "/" * 8]
)
def test_a_header_that_is_no_basic_is_nobody(header: str) -> None:
    with pytest.raises(errors.UnauthorizedError):
        ask(header)


@pytest.mark.parametrize("form", [{"client_secret": "s3+cret%"}, {"client_id": "service"}])
def test_credentials_come_in_one_way_only(form: dict[str, Any]) -> None:
    with pytest.raises(errors.InvalidRequestError):
        ask(basic("web:s3%2Bcret%25"), **form)
