"""Tokens from first to last: issued, refreshed, revoked, and taken from an outside issuer (ruling 25)."""

import base64
import json
from typing import Any

import pytest

from interactor.core.times import DAY, HOUR, SECOND
from tests.support.deployed.deployment import NO_TOKEN, Answer, Deployment
from tests.support.deployed.fixtures import Aws, Deploy
from tests.support.outside import answer


@pytest.fixture
def local(deployment: Deployment) -> Deployment:
    deployment.register("local", "local-secret")
    return deployment


def ask(deployment: Deployment, path: str = "//oauth/token", **form: Any) -> Answer:
    return deployment.call("POST", path, form, token=NO_TOKEN)


def first(deployment: Deployment, **form: Any) -> Any:
    grant = {"grant_type": "client_credentials", "client_id": "local", "client_secret": "local-secret"}
    return ask(deployment, **grant, **form).data


def refresh(deployment: Deployment, token: str) -> Answer:
    return ask(deployment, grant_type="refresh_token", client_id="local", refresh_token=token)


def works(deployment: Deployment, token: str) -> int:
    return deployment.call("GET", "/workflows", token=token).status


def test_a_refreshed_token_works_and_the_old_refresh_token_ends_the_family(local: Deployment) -> None:
    granted = first(local)
    answered = refresh(local, granted["refresh_token"])
    assert answered.body == {"data": answered.data, **answered.data}
    assert set(answered.data) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    local.clock.advance(HOUR)
    assert works(local, granted["access_token"]) == 401
    again = refresh(local, answered.data["refresh_token"]).data
    assert works(local, again["access_token"]) == 200
    assert refresh(local, granted["refresh_token"]).refusal == (401, "unauthorized")
    assert refresh(local, again["refresh_token"]).refusal == (401, "unauthorized")


@pytest.mark.parametrize(
    "basic", ["local:wrong", "nobody:secret", "no colon", None], ids=["secret", "client", "malformed", "in the body"]
)
def test_a_client_that_does_not_prove_who_it_is_is_asked_for_basic(local: Deployment, basic: str | None) -> None:
    grant = {"grant_type": "client_credentials"}
    if basic is None:
        refused = ask(local, **grant, client_id="local", client_secret="wrong")
    else:
        header = {"Authorization": f"Basic {base64.b64encode(basic.encode()).decode()}"}
        refused = local.call("POST", "//oauth/token", grant, token=NO_TOKEN, headers=header)
    assert refused.refusal == (401, "unauthorized")
    assert refused.headers["WWW-Authenticate"].startswith('Basic realm="')


def test_refresh_tokens_are_not_stored_in_the_clear(local: Deployment) -> None:
    token = first(local)["refresh_token"]
    assert token.partition(".")[2] not in local.stored_text()


@pytest.mark.parametrize("path", ["//oauth/revoke", "/oauth/revoke"])
def test_a_revoked_refresh_token_buys_nothing(local: Deployment, path: str) -> None:
    token = first(local)["refresh_token"]
    following = refresh(local, token).data["refresh_token"]
    assert ask(local, path, token=following, token_type_hint="refresh_token").data == {}
    assert refresh(local, following).refusal == (401, "unauthorized")


def test_a_revoked_access_token_is_refused_everywhere_within_30_seconds(local: Deployment) -> None:
    one, other = first(local)["access_token"], first(local)["access_token"]
    assert works(local, one) == 200
    assert ask(local, "//oauth/revoke", token=one).status == 200
    local.clock.advance(30 * SECOND)
    assert works(local, one) == 401
    assert works(local, other) == 200
    assert local.call("GET", "/workflows/instances", token=one).refusal == (401, "unauthorized")


@pytest.mark.parametrize("token", ["x", "a.b.c", "rt_" + "0" * 32 + "." + "A" * 43, "x" * 9_000])
def test_revoking_what_does_not_exist_is_no_error(local: Deployment, token: str) -> None:
    assert ask(local, "//oauth/revoke", token=token).status == 200


@pytest.mark.parametrize("form", [{}, {"token": ""}, {"token": 7}, {"token": ["x"]}])
def test_revoking_nothing_is_an_error(local: Deployment, form: dict[str, Any]) -> None:
    refused = ask(local, "//oauth/revoke", **form)
    assert refused.refusal == (400, "validation_error")
    assert [each["field"] for each in refused.error["details"]] == ["token"]


def test_another_clients_refresh_token_is_not_ended_by_name(local: Deployment) -> None:
    token = first(local)["refresh_token"]
    assert ask(local, "//oauth/revoke", token=token, client_id="another").status == 200
    assert refresh(local, token).status == 200


def test_a_refresh_token_ends_after_30_days(local: Deployment) -> None:
    token = first(local)["refresh_token"]
    local.clock.advance(30 * DAY)
    assert refresh(local, token).refusal == (401, "unauthorized")


def test_an_outside_issuers_tokens_are_taken_in_place_of_ours(deploy: Deploy, aws: Aws) -> None:
    url = "https://login.example.com/keys"
    outside = deploy(IssuerJwksUrl=url, TokenIssuer="https://login.example.com", TokenAudience="workflows")
    outside.outside.will(url, answer(200, json.loads(json.dumps(aws.signer.public_jwks()))))
    for _ in range(3):
        assert works(outside, outside.token()) == 200
    assert len(outside.outside.to(url)) == 1
    assert first_refusal(outside) == (404, "not_found")


def first_refusal(deployment: Deployment) -> tuple[int, str]:
    return ask(deployment, grant_type="client_credentials", client_id="local", client_secret="local-secret").refusal


def test_an_outside_issuer_that_is_away_is_our_fault_and_not_the_tokens(deploy: Deploy) -> None:
    url = "https://login.example.com/keys"
    outside = deploy(IssuerJwksUrl=url)
    outside.errors_expected = True
    outside.outside.will(url, answer(503))
    assert outside.call("GET", "/workflows").refusal == (500, "internal_error")


def test_a_second_key_verifies_and_the_first_one_signs(deploy: Deploy, aws: Aws) -> None:
    made = aws.clients["kms"].create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    own = aws.clients["kms"].describe_key(KeyId=aws.key_id)["KeyMetadata"]["Arn"]
    rotated = deploy(SigningKeys=f"{made},{own}")
    for folder in ("get_jwks", "create_token", "list_workflows"):
        del rotated.services(folder).access.signer  # the parameter's own, and not the one that tests share
    rotated.register("local", "local-secret")
    keys = rotated.call("GET", "//oauth/jwks", token=NO_TOKEN).body["keys"]
    assert len({key["kid"] for key in keys}) == 2
    assert works(rotated, rotated.token()) == 200  # signed with the own key
    assert works(rotated, first(rotated)["access_token"]) == 200
