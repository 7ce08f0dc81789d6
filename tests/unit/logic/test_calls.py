"""The request that HTTP logic asks for: what a body is sent as (rulings 9 and 13)."""

from typing import Any

import pytest

from interactor.core.logic import Failed, HttpCall
from interactor.core.paths import Scope
from interactor.definitions.rules.model import HttpLogic
from interactor.logic.rules.calls import prepare

VALUES = {
    "order": {"id": 7, "lines": [1, 2]},
    "list": [1, "two"],
    "number": 1610521604143693812,
    "huge": 10**30,
    "rate": 0.00001,
    "flag": False,
    "text": '{"already": "json"}',
    "empty": "",
    "null": None,
}
JSON_TYPE = {"Content-Type": "application/json"}


def prepared(body: Any, headers: dict[str, Any] | None = None, url: str = "https://api.example/") -> HttpCall | Failed:
    logic = HttpLogic("POST", url, headers or {}, body, True, 1000)
    call = prepare(logic, Scope({}, VALUES, {}), {"KEY": "s3cret"})
    assert isinstance(call, (HttpCall, Failed))
    return call


@pytest.mark.parametrize(
    ("body", "sent", "headers"),
    [
        ("${input.order}", b'{"id":7,"lines":[1,2]}', JSON_TYPE),
        ("${input.list}", b'[1,"two"]', JSON_TYPE),
        ("${input.number}", b"1610521604143693812", JSON_TYPE),
        ("${input.huge}", b"1000000000000000000000000000000", JSON_TYPE),
        ("${input.flag}", b"false", JSON_TYPE),
        ("${input.null}", b"null", JSON_TYPE),
        ("${input.gone}", b"null", JSON_TYPE),
        ("${input}", None, JSON_TYPE),
        ("${input.text}", b'{"already": "json"}', {}),
        ("${input.empty}", b"", {}),
        ("${secrets.KEY}", b"s3cret", {}),
        ("n ${input.number}, r ${input.rate}", b"n 1610521604143693812, r 0.00001", {}),
        ("plain", b"plain", {}),
        ({"n": "${input.number}"}, b'{"n":1610521604143693812}', JSON_TYPE),
    ],
)
def test_a_body_that_is_one_placeholder_is_sent_as_the_value_it_is(
    body: Any, sent: bytes | None, headers: dict[str, str]
) -> None:
    call = prepared(body)
    assert isinstance(call, HttpCall)
    assert call.headers == headers
    assert sent is None or call.body == sent


def test_a_content_type_of_the_definition_stays() -> None:
    call = prepared("${input.order}", {"content-type": "application/vnd.api+json"})
    assert isinstance(call, HttpCall)
    assert (call.headers, call.body) == ({"content-type": "application/vnd.api+json"}, b'{"id":7,"lines":[1,2]}')
    form = prepared("${input.order}", {"Content-Type": "application/x-www-form-urlencoded"})
    assert isinstance(form, HttpCall)
    assert form.body == b"id=7&lines=%5B1%2C2%5D"


def test_a_form_and_a_header_write_numbers_out() -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Rate": "${input.rate}", "X-N": "${input.huge}"}
    call = prepared({"rate": "${input.rate}", "n": "${input.number}"}, headers)
    assert isinstance(call, HttpCall)
    assert call.body == b"rate=0.00001&n=1610521604143693812"
    assert (call.headers["X-Rate"], call.headers["X-N"]) == ("0.00001", f"1{'0' * 30}")


def test_a_missing_value_in_the_path_of_the_url_is_no_request() -> None:
    call = prepared(None, url="https://api.example/orders/${workflow_data.id}")
    expected = "The URL's path needs ${workflow_data.id}, which has no value"
    assert call == Failed("http_error", expected)
