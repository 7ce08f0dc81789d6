"""Routes, events and answers as API Gateway's HTTP API has them."""

import base64

import pytest

from local import gateway
from local.template import Route


def _router():
    return gateway.Router(
        [
            Route("GET", "/things/{id}", "One"),
            Route("GET", "/things/special", "Special"),
            Route("ANY", "/things/{id}/parts/{part}", "Part"),
            Route("POST", "/things", "Make"),
            Route("GET", "/files/{rest+}", "Files"),
            Route("ANY", "$default", "Rest"),
        ]
    )


def _request(target="/things/1", method="GET", headers=None, body=b""):
    return gateway.Request(method, target, "HTTP/1.1", headers or {}, "127.0.0.1", body, 1_700_000_000_123)


def _event(**request):
    made = _request(**request)
    return gateway.event(made, _router().match(made.method, made.target.partition("?")[0]))


@pytest.mark.parametrize(
    ("method", "path", "function"),
    [
        ("GET", "/things/1", "One"),
        ("GET", "/things/special", "Special"),
        ("PATCH", "/things/1/parts/2", "Part"),
        ("POST", "/things", "Make"),
        ("GET", "/files/a/b", "Files"),
        ("GET", "/things", "Rest"),
        ("DELETE", "/things/1", "Rest"),
        ("GET", "/things/1/", "Rest"),
        ("GET", "/things/", "Rest"),
        ("GET", "/nowhere", "Rest"),
    ],
)
def test_the_most_specific_route_wins_and_an_unknown_method_takes_the_default(method, path, function):
    assert _router().match(method, path).route.function == function


def test_without_a_default_an_unknown_path_has_no_route():
    assert gateway.Router([Route("GET", "/a", "A")]).match("GET", "/b") is None


def test_path_variables_are_decoded_and_a_decoded_slash_stays_in_its_segment():
    assert _event(target="/things/a%20b%2Fc")["pathParameters"] == {"id": "a b/c"}
    assert _event(target="/files/a/b%20c")["pathParameters"] == {"rest": "a/b c"}


def test_repeated_query_parameters_are_joined_by_commas():
    event = _event(target="/things/1?x=1&x=2&y=&z=%C3%A9")
    assert event["queryStringParameters"] == {"x": "1,2", "y": "", "z": "é"}
    assert event["rawQueryString"] == "x=1&x=2&y=&z=%C3%A9"


def test_cookies_leave_the_headers():
    event = _event(headers={"cookie": "a=1; b=2", "accept": "x"})
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["headers"] == {"accept": "x"}


def test_what_is_empty_is_absent():
    assert {"body", "cookies", "queryStringParameters", "pathParameters"}.isdisjoint(_event(target="/nowhere"))


def test_the_context_names_route_time_and_caller():
    context = _event(headers={"user-agent": "curl", "host": "api.test"})["requestContext"]
    assert context["http"] == {
        "method": "GET",
        "path": "/things/1",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "curl",
    }
    assert context["timeEpoch"] == 1_700_000_000_123
    assert context["time"] == "14/Nov/2023:22:13:20 +0000"
    assert context["routeKey"] == "GET /things/{id}"
    assert context["stage"] == "$default"


def test_text_bodies_stay_text_and_others_are_base64():
    json_body = _event(
        target="/things", method="POST", body='{"é":1}'.encode(), headers={"content-type": "application/json"}
    )
    assert (json_body["body"], json_body["isBase64Encoded"]) == ('{"é":1}', False)
    form = {"content-type": "application/x-www-form-urlencoded"}
    for body, headers in ((b"a=b", form), (b"\xff\x00", {"content-type": "text/plain"})):
        event = _event(target="/things", method="POST", body=body, headers=headers)
        assert base64.b64decode(event["body"]) == body
        assert event["isBase64Encoded"] is True


def test_a_full_answer_keeps_status_headers_and_cookies():
    answer = gateway.response({"statusCode": 204, "headers": {"X-A": 1}, "cookies": ["c=1", "d=2"]})
    assert answer == gateway.Response(204, (("x-a", "1"), ("set-cookie", "c=1"), ("set-cookie", "d=2")), b"")


def test_an_answer_without_a_status_is_a_json_body():
    answer = gateway.response({"a": 1})
    assert (answer.status, answer.body) == (200, b'{"a": 1}')
    assert answer.headers == (("content-type", "application/json"),)


def test_base64_answers_are_decoded():
    assert gateway.response({"statusCode": 200, "body": "AP8=", "isBase64Encoded": True}).body == b"\x00\xff"


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": "x"},
        {"statusCode": 200, "body": "!", "isBase64Encoded": True},
        {"statusCode": 200, "headers": {"a": "b\r\nc: d"}},
        {"statusCode": 42},
    ],
)
def test_an_unusable_answer_is_a_500(answer):
    assert gateway.response(answer) == gateway.message(500, "Internal Server Error")
