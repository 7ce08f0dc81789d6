"""Rate limits as callers meet them (spec, Rate Limits; rulings 18 and 33)."""

import pytest

from interactor.core.times import MINUTE, SECOND
from tests.support.deployed.deployment import NO_LIMITS, NO_TOKEN, Deployment
from tests.support.deployed.fixtures import Deploy
from tests.support.memory.endpoint import throttled
from tests.support.template import template
from tests.support.workflows.definitions import example

NAMES = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


@pytest.fixture
def tight(deploy: Deploy) -> Deployment:
    made = deploy(RateLimitRead="4", RateLimitWrite="3", RateLimitCreate="2", RateLimitToken="2", RateLimitSource="3")
    made.clock.now = -(-made.clock.now // MINUTE) * MINUTE
    return made


@pytest.fixture
def documented(deploy: Deploy) -> Deployment:
    """With the template's own limits."""
    return deploy(**{name: str(template()["Parameters"][name]["Default"]) for name in NO_LIMITS})


def test_the_documented_limits_are_the_defaults(documented: Deployment) -> None:
    deployment = documented
    deployment.define(example("approval_workflow"))
    read = deployment.call("GET", "/workflows")
    write = deployment.call("POST", "/workflows", example("approval_workflow"))
    create = deployment.call("POST", "/workflows/approval_workflow/instances", {"namespace": "user_123"})
    assert [each.headers["X-RateLimit-Limit"] for each in (read, write, create)] == ["1000", "100", "50"]
    assert read.headers["X-RateLimit-Remaining"] == "999"
    assert create.headers["X-RateLimit-Remaining"] == "49"
    assert int(read.headers["X-RateLimit-Reset"]) == (deployment.clock() // MINUTE + 1) * 60


def test_every_answer_to_a_known_caller_carries_the_headers(documented: Deployment) -> None:
    deployment = documented
    weak = deployment.token(scopes=("webhooks:read",))
    answers = [
        deployment.call("GET", "/workflows"),
        deployment.call("GET", "/workflows/missing"),
        deployment.call("GET", "/workflows?limit=x"),
        deployment.call("GET", "/workflows", token=weak),
        deployment.call("POST", "/workflows", "no json"),
        deployment.call("DELETE", "/webhooks/subscriptions/none"),
    ]
    assert [each.status for each in answers] == [200, 404, 400, 403, 400, 404]
    assert all(name in each.headers for each in answers for name in NAMES)


def test_an_answer_to_nobody_in_particular_says_what_the_limit_is(documented: Deployment) -> None:
    """Nothing is counted for who is not known: there is no account to count it for."""
    huge = "x" * (7 * 2**20)
    answers = {
        "1000": documented.call("GET", "/workflows", token=NO_TOKEN),
        "100": documented.call("POST", "/workflows", huge, NO_TOKEN),
        "50": documented.call("POST", "/workflows/flow/instances", {}, "no.good.token"),
    }
    assert [each.status for each in answers.values()] == [401, 413, 401]
    for limit, given in answers.items():
        assert [given.headers[name] for name in NAMES[:2]] == [limit, limit]
        assert int(given.headers["X-RateLimit-Reset"]) == (documented.clock() // MINUTE + 1) * 60
    assert documented.call("GET", "/workflows").headers["X-RateLimit-Remaining"] == "999"


def test_a_token_request_of_nobody_counts_against_its_address(documented: Deployment) -> None:
    answer = documented.call("POST", "//oauth/token", {}, NO_TOKEN)
    assert answer.status == 400
    assert [answer.headers[name] for name in NAMES[:2]] == ["300", "299"]


def test_what_is_not_limited_says_nothing_of_limits(documented: Deployment) -> None:
    for path in ("//oauth/jwks", "/openapi.json", "/docs", "/schemas/workflow-definition.json", "/nothing/here/at/all"):
        assert not set(NAMES) & set(documented.call("GET", path, token=NO_TOKEN).headers), path


def test_a_request_too_many_is_429_until_the_minute_ends(tight: Deployment) -> None:
    passed = [tight.call("GET", "/workflows").status for _ in range(6)]
    assert passed == [200, 200, 200, 200, 429, 429]
    refused = tight.call("GET", "/workflows")
    assert refused.refusal == (429, "rate_limited")
    left = (tight.clock() // MINUTE + 1) * MINUTE - tight.clock()
    assert refused.headers["Retry-After"] == str(-(-left // SECOND))
    assert [refused.headers[name] for name in NAMES[:2]] == ["4", "0"]
    tight.clock.advance(MINUTE)
    assert tight.call("GET", "/workflows").status == 200


def test_functions_count_together(tight: Deployment) -> None:
    paths = ("/workflows", "/workflows/missing", "/workflows/instances", "/webhooks/subscriptions", "/workflows")
    assert [tight.call("GET", path).status for path in paths] == [200, 404, 200, 200, 429]


def test_categories_are_those_of_ruling_33(tight: Deployment) -> None:
    definition = example("approval_workflow")
    assert [tight.call("POST", "/workflows/validate", definition).status for _ in range(5)] == [200] * 4 + [429]
    tight.define(definition)
    assert tight.call("POST", "/workflows", definition).status == 409
    assert tight.call("POST", "/workflows", definition).status == 429
    create = [tight.call("POST", "/workflows/approval_workflow/instances", {}).status for _ in range(3)]
    assert create == [201, 201, 429]


def test_401_and_403_come_before_429_and_are_not_counted_and_404_comes_after(tight: Deployment) -> None:
    weak = tight.token(scopes=("webhooks:read",))
    for _ in range(5):
        assert tight.call("GET", "/workflows", token="x").status == 401
        assert tight.call("GET", "/workflows", token=weak).status == 403
    assert [tight.call("GET", "/workflows").status for _ in range(5)] == [200] * 4 + [429]
    assert tight.call("GET", "/workflows", token="x").status == 401
    assert tight.call("GET", "/workflows", token=weak).status == 403
    assert tight.call("GET", "/workflows/missing").status == 429


def test_accounts_do_not_share_a_limit(tight: Deployment) -> None:
    assert [tight.call("GET", "/workflows").status for _ in range(5)][-1] == 429
    assert tight.call("GET", "/workflows", token=tight.token("acc_2")).status == 200


def test_zero_is_no_limit_and_no_headers(deploy: Deploy) -> None:
    free = deploy(RateLimitRead="0")
    answers = [free.call("GET", "/workflows") for _ in range(30)]
    assert {each.status for each in answers} == {200}
    assert not any(name in each.headers for each in answers for name in NAMES)


def test_where_the_counter_cannot_be_asked_the_request_passes(tight: Deployment) -> None:
    with tight.interposed("UpdateItem", throttled):
        assert tight.call("GET", "/workflows").status == 200


def test_after_the_limit_the_table_is_not_asked_again(tight: Deployment) -> None:
    assert [tight.call("GET", "/workflows").status for _ in range(5)][-1] == 429
    counted = []
    client = tight.clients["dynamodb"].meta.events
    client.register("before-send.dynamodb.UpdateItem", lambda **_: counted.append(1), unique_id="counted")
    try:
        assert tight.call("GET", "/workflows").status == 429
    finally:
        client.unregister("before-send.dynamodb.UpdateItem", unique_id="counted")
    assert counted == []


def test_counters_are_removed_by_ttl(tight: Deployment) -> None:
    tight.call("GET", "/workflows")
    (counter,) = [item for item in tight.items() if item["pk"]["S"].endswith("#L")]
    assert int(counter["expires_at"]["N"]) * SECOND >= tight.clock()
