"""``GET /me``: a caller learns who it is, whatever its token may do, and nothing of anybody else."""

from typing import Any

import pytest

from tests.support.deployed.deployment import ACCOUNT, NO_TOKEN, Deployment

ALL: dict[str, Any] = {"namespaces": ["*"], "scopes": ["*"], "acts_for_people": True, "actor": None}


@pytest.fixture(scope="module")
def api(shared: Deployment) -> Deployment:
    return shared


def test_a_service_account_learns_that_it_has_everything_and_may_act_for_people(api: Deployment) -> None:
    assert api.call("GET", "/me").data == {"sub": "client_1", "account_id": ACCOUNT, **ALL}


def test_a_token_learns_its_own_account_namespaces_and_scopes(api: Deployment) -> None:
    token = api.token("acc_2", ("user_2", "user_1"), ("workflows:read", "webhooks:read"), "client_2")
    assert api.call("GET", "/me", token=token).data == {
        "sub": "client_2",
        "account_id": "acc_2",
        "namespaces": ["user_2", "user_1"],
        "scopes": ["webhooks:read", "workflows:read"],
        "acts_for_people": False,
        "actor": None,
    }


def test_a_token_without_scopes_is_answered_too(api: Deployment) -> None:
    assert api.call("GET", "/me", token=api.token(scopes=())).data["scopes"] == []


@pytest.mark.parametrize(("header", "name"), [("maya", "maya"), ("%C5%BBaneta", "\u017baneta")])
def test_who_acts_for_a_person_learns_how_the_name_was_read(api: Deployment, header: str, name: str) -> None:
    answer = api.call("GET", "/me", headers={"x-interactor-actor": header})
    assert answer.data["actor"] == name


def test_a_person_named_without_the_right_is_refused(api: Deployment) -> None:
    token = api.token(namespaces=("user_1",))
    answer = api.call("GET", "/me", token=token, headers={"x-interactor-actor": "maya"})
    assert answer.refusal == (403, "actor_not_allowed")


def test_without_a_token_nobody_is_told_anything(api: Deployment) -> None:
    assert api.call("GET", "/me", token=NO_TOKEN).refusal == (401, "unauthorized")
