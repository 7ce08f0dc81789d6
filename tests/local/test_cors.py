"""The CORS rules of the API, as API Gateway keeps them."""

import pytest

from interactor.core.times import SECOND
from local import gateway, template
from local.cors import Cors, read
from local.intrinsics import Intrinsics, parameter_values
from local.settings import aws_python
from local.transform import transformed
from tests.support.template import TEMPLATE

ORIGIN = "https://app.example.com"
RULES = read(
    {"allowOrigins": [ORIGIN], "allowMethods": ["GET"], "allowHeaders": ["X-A"], "exposeHeaders": ["X-B"], "maxAge": 9}
)
ANSWER = gateway.Response(200, (("content-type", "text/plain"),), b"body")


def _request(method="GET", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return gateway.Request(method, "/things", "HTTP/1.1", named, "127.0.0.1", b"", 9 * SECOND)


def _preflight(origin=ORIGIN):
    return _request("OPTIONS", origin=origin, access_control_request_method="GET")


def test_a_preflight_of_a_named_origin_is_told_what_it_may_do():
    answer = RULES.preflight(_preflight())

    assert (answer.status, answer.body) == (204, b"")
    assert dict(answer.headers) == {
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-methods": "GET",
        "access-control-allow-headers": "X-A",
        "access-control-max-age": "9",
        "vary": "Origin",
    }


@pytest.mark.parametrize("origin", ["https://app.example.com.evil.test", "http://app.example.com", "null", "*", ""])
def test_another_origin_is_told_nothing(origin):
    assert RULES.preflight(_preflight(origin)).headers == ()
    assert RULES.added(_request(origin=origin), ANSWER) == ANSWER


def test_an_answer_can_be_read_by_a_page_of_a_named_origin():
    answer = RULES.added(_request(origin=ORIGIN), ANSWER)

    assert (answer.status, answer.body) == (200, b"body")
    assert dict(answer.headers)["access-control-allow-origin"] == ORIGIN
    assert dict(answer.headers)["access-control-expose-headers"] == "X-B"


def test_every_origin_may_where_a_star_says_so():
    anyone = read({"allowOrigins": ["*"]})

    assert dict(anyone.added(_request(origin="https://x.test"), ANSWER).headers)["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("request_", [_request(), _request("OPTIONS"), _request("OPTIONS", origin=ORIGIN)])
def test_what_is_no_preflight_goes_to_its_function(request_):
    assert RULES.preflight(request_) is None


def test_without_rules_nothing_is_answered_or_added():
    assert Cors().preflight(_preflight()) is None
    assert Cors().added(_request(origin=ORIGIN), ANSWER) == ANSWER


class _Names:
    def reference(self, logical_id):
        return f"arn:{logical_id}"

    def attribute(self, logical_id, name):
        return f"arn:aws:{'sqs' if 'Queue' in logical_id else 'dynamodb'}:{logical_id}"


@pytest.mark.parametrize(
    ("given", "origins"),
    [({}, ()), ({"CorsOrigins": f"{ORIGIN},https://b.test"}, (ORIGIN, "https://b.test"))],
)
def test_the_template_names_the_origins_that_an_owner_names(tmp_path, given, origins):
    made = transformed(aws_python(), TEMPLATE, "eu-west-1", tmp_path, given)
    pseudo = {"AWS::StackName": "s", "AWS::Region": "r", "AWS::AccountId": "0", "AWS::Partition": "aws"}
    values = parameter_values(made.template, given)
    rules = read(template.read(made, Intrinsics(made.template, values, pseudo, _Names())).cors)

    assert rules.origins == origins
    assert bool(rules.headers and rules.methods and rules.exposed and rules.max_age) == bool(origins)
