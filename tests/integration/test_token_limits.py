"""Token requests: unproven ones count against their address, proven ones against their client (ruling 33)."""

from typing import Any

import pytest

from interactor.access import clients
from interactor.core.times import MINUTE
from tests.support.deployed.deployment import NO_TOKEN, SOURCE, Answer, Deployment
from tests.support.deployed.fixtures import Deploy

ATTACKER, ELSEWHERE = "198.51.100.7", "192.0.2.5"
PER_SOURCE, PER_CLIENT = 3, 2
SECRET = "local-secret"
NOTHING_PROVEN: list[Any] = [
    {"grant_type": "client_credentials", "client_id": "local", "client_secret": "wrong"},
    {"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "wrong"},
    {"grant_type": "client_credentials", "client_id": "no/id#", "client_secret": "wrong"},
    {"grant_type": "client_credentials", "client_id": "x" * 2_000, "client_secret": "wrong"},
    {"grant_type": "client_credentials", "client_id": "local"},
    {"grant_type": "refresh_token", "client_id": "local", "refresh_token": "rt_" + "0" * 32 + "." + "A" * 43},
    {"grant_type": "refresh_token", "client_id": "nobody", "refresh_token": "x"},
    {"grant_type": "refresh_token", "client_id": "local", "client_secret": "wrong", "refresh_token": "x"},
    {"grant_type": "other"},
    {},
    "no json",
]


@pytest.fixture
def tight(deploy: Deploy) -> Deployment:
    made = deploy(RateLimitToken=str(PER_CLIENT), RateLimitSource=str(PER_SOURCE))
    made.clock.now = -(-made.clock.now // MINUTE) * MINUTE
    made.register("local", SECRET)
    return made


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The secrets that were hashed."""
    work: list[str] = []
    real = clients._scrypt

    def counted(secret: str, salt: bytes, n: int, r: int, p: int) -> bytes:
        work.append(secret)
        return real(secret, salt, n, r, p)

    monkeypatch.setattr(clients, "_scrypt", counted)
    return work


def ask(deployment: Deployment, form: Any, source: str | None = ATTACKER) -> Answer:
    return deployment.call("POST", "//oauth/token", form, token=NO_TOKEN, source=source)


def prove(deployment: Deployment, source: str | None = ELSEWHERE, secret: str = SECRET, **form: Any) -> Answer:
    grant = {"grant_type": "client_credentials", "client_id": "local", "client_secret": secret}
    return ask(deployment, grant | form, source)


def test_whatever_proves_nothing_counts_against_its_address_and_never_against_the_client(tight: Deployment) -> None:
    for number, form in enumerate(NOTHING_PROVEN):
        source = f"198.51.100.{number}"
        assert [ask(tight, form, source).status for _ in range(PER_SOURCE)] in ([400] * 3, [401] * 3), form
        refused = ask(tight, form, source)
        assert refused.refusal == (429, "rate_limited"), form
        assert refused.headers["Retry-After"] == str(refused.error["details"]["retry_after"])
    assert [prove(tight).status for _ in range(PER_CLIENT)] == [200] * PER_CLIENT


def test_a_flood_is_refused_before_a_secret_is_hashed(tight: Deployment, hashed: list[str]) -> None:
    answers = [ask(tight, NOTHING_PROVEN[0]).status for _ in range(20)]
    assert answers == [401] * PER_SOURCE + [429] * 17
    assert len(hashed) == PER_SOURCE
    assert prove(tight, ATTACKER).status == 429, "nobody guesses on from an address that has guessed enough"
    tight.clock.advance(MINUTE)
    assert prove(tight, ATTACKER).status == 200


def test_proven_requests_count_against_the_client_and_leave_its_address_to_others(tight: Deployment) -> None:
    tight.register("second", SECRET)
    assert [prove(tight).headers["X-RateLimit-Limit"] for _ in range(2)] == [str(PER_CLIENT)] * 2
    assert prove(tight, "192.0.2.99").refusal == (429, "rate_limited"), "whatever address the client then takes"
    assert [prove(tight, client_id="second").status for _ in range(2)] == [200] * 2
    assert [ask(tight, {}, ELSEWHERE).status for _ in range(PER_SOURCE + 1)] == [400] * PER_SOURCE + [429]


def test_a_client_over_its_limit_does_not_have_its_secret_checked_without_end(
    tight: Deployment, hashed: list[str]
) -> None:
    assert [prove(tight).status for _ in range(20)] == [200] * PER_CLIENT + [429] * 18
    assert len(hashed) == PER_CLIENT + PER_SOURCE


def test_a_refresh_counts_against_its_client_and_is_not_used_up_where_it_is_refused(tight: Deployment) -> None:
    tokens = [prove(tight).data["refresh_token"]]
    form = {"grant_type": "refresh_token", "client_id": "local"}
    tokens.append(ask(tight, {**form, "refresh_token": tokens[-1]}, ELSEWHERE).data["refresh_token"])
    assert ask(tight, {**form, "refresh_token": tokens[-1]}, ELSEWHERE).refusal == (429, "rate_limited")
    tight.clock.advance(MINUTE)
    assert ask(tight, {**form, "refresh_token": tokens[-1]}, ELSEWHERE).status == 200


def test_requests_without_an_address_count_together_and_a_header_names_none(tight: Deployment) -> None:
    assert [ask(tight, {}, None).status for _ in range(2)] == [400] * 2
    assert [ask(tight, {}, source).status for source in ("no address", "")] == [400, 429]
    forged = {"X-Forwarded-For": "192.0.2.77", "Forwarded": "for=192.0.2.77"}
    assert tight.call("POST", "//oauth/token", {}, NO_TOKEN, headers=forged, source=None).status == 429
    assert ask(tight, {}, SOURCE).status == 400


def test_all_addresses_of_one_ipv6_network_count_together(tight: Deployment) -> None:
    within = [ask(tight, {}, f"2001:db8:0:1:{number:x}::1").status for number in range(PER_SOURCE + 1)]
    assert within == [400] * PER_SOURCE + [429]
    assert ask(tight, {}, "2001:db8:0:2::1").status == 400


def test_no_answer_tells_an_unknown_client_from_a_wrong_secret(tight: Deployment) -> None:
    told = {
        (answer.status, answer.error["code"], answer.error["message"], answer.headers["WWW-Authenticate"])
        for number, client_id in enumerate(("local", "nobody", "no/id#", "-", "é"))
        for answer in [prove(tight, f"198.51.100.{number}", "wrong", client_id=client_id)]
    }
    assert len(told) == 1
