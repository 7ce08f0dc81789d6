"""The Bedrock adapter against a small server that speaks its protocol."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import NoCredentialsError

from interactor.core import limits
from interactor.core.logic import Failed, ModelCall, Succeeded
from interactor.logic.bedrock import CONFIG, Bedrock
from interactor.logic.rules import instructions
from tests.support.servers import Server, answer, answering

MODELS = {"claude": "anthropic.claude-x-v1:0", "default": "us.amazon.nova-x-v1:0"}
CALL = ModelCall("claude", "Summarize.", {"order": {"id": "o_1"}})
Make = Callable[..., Bedrock]


@pytest.fixture
def serve() -> Iterator[Callable[[Any], Server]]:
    made: list[Server] = []

    def start(behave: Any) -> Server:
        made.append(Server(behave))
        return made[-1]

    yield start
    for server in made:
        server.close()


def client(server: Server) -> Any:
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(**CONFIG),
    )


def models(server: Server, deadline: int = limits.MODEL_DEADLINE) -> Bedrock:
    made = client(server)
    return Bedrock(lambda: made, MODELS, lambda: time.monotonic_ns() // 1_000_000, deadline)


def converse(*texts: str, stop: str = "end_turn") -> bytes:
    message = {"role": "assistant", "content": [{"text": text} for text in texts]}
    usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
    told = {"output": {"message": message}, "stopReason": stop, "usage": usage, "metrics": {"latencyMs": 1}}
    return answer(body=json.dumps(told).encode(), content_type="application/json")


def refused(status: str, code: str) -> bytes:
    return answer(status, b'{"message": "arn:aws:iam::1:role/x is not"}', **{"x_amzn_ErrorType": code})


def test_the_task_goes_apart_from_what_the_model_is_told_about_data(serve: Callable[[Any], Server]) -> None:
    server = serve(answering(converse("Order ", "o_1.\x00 ")))
    outcome = models(server)(CALL)
    assert isinstance(outcome, Succeeded)
    assert outcome.value == "Order o_1."
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /model/anthropic.claude-x-v1%3A0/converse ")
    sent = json.loads(body)
    assert sent["system"] == [{"text": instructions.SYSTEM}]
    assert sent["messages"] == [{"role": "user", "content": [{"text": instructions.message(CALL)}]}]
    assert sent["inferenceConfig"]["maxTokens"] == limits.MODEL_TOKENS


def test_a_definition_that_names_no_model_gets_the_default_one(serve: Callable[[Any], Server]) -> None:
    server = serve(answering(converse("Yes.")))
    assert isinstance(models(server)(ModelCall(None, "Ask.", {})), Succeeded)
    assert server.requests[0].startswith(b"POST /model/us.amazon.nova-x-v1%3A0/converse ")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (refused("429 Too Many Requests", "ThrottlingException"), instructions.THROTTLED),
        (refused("403 Forbidden", "AccessDeniedException"), instructions.DENIED),
        (refused("408 Request Timeout", "ModelTimeoutException"), instructions.TIMEOUT),
        (refused("400 Bad Request", "ValidationException"), instructions.ERROR),
        (refused("503 Service Unavailable", "ServiceUnavailableException"), instructions.ERROR),
        (refused("500 Internal Server Error", "InternalServerException"), instructions.ERROR),
        (answer("502 Bad Gateway", b"<html>"), instructions.ERROR),
        (answer(body=b"not json"), instructions.ERROR),
        (answer(body=b"{}", content_type="application/json"), instructions.ERROR),
        (answer(body=b"[]", content_type="application/json"), instructions.ERROR),
        (b"", instructions.ERROR),
        (converse(), instructions.EMPTY),
        (converse(" \n\x07"), instructions.EMPTY),
        (converse("Half of it", stop="guardrail_intervened"), instructions.REFUSED),
        (converse("Half of it", stop="content_filtered"), instructions.REFUSED),
    ],
)
def test_whatever_comes_instead_of_a_text_is_a_reason_and_is_not_tried_again(
    serve: Callable[[Any], Server], sent: bytes, code: str
) -> None:
    server = serve(answering(sent))
    outcome = models(server)(CALL)
    assert isinstance(outcome, Failed)
    assert outcome.code == code
    assert "arn:" not in outcome.message
    assert server.connections == 1


def test_an_answer_cut_at_its_tokens_is_shown(serve: Callable[[Any], Server]) -> None:
    outcome = models(serve(answering(converse("As far as it", stop="max_tokens"))))(CALL)
    assert isinstance(outcome, Succeeded)
    assert outcome.value == "As far as it"


def test_an_answer_that_drips_ends_at_the_deadline(serve: Callable[[Any], Server]) -> None:
    def drip(server: Server, connection: Any) -> None:
        server.read_request(connection)
        server.drip(connection, converse("x" * 1000))

    begun = time.monotonic()
    outcome = models(serve(drip), deadline=200)(CALL)
    assert isinstance(outcome, Failed)
    assert outcome.code == instructions.TIMEOUT
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("mapped", "call", "code"),
    [
        ({}, CALL, instructions.NOT_CONFIGURED),
        (MODELS, ModelCall("gpt", "Ask.", {}), instructions.UNKNOWN_MODEL),
        ({"claude": "x"}, ModelCall(None, "Ask.", {}), instructions.UNKNOWN_MODEL),
    ],
)
def test_a_model_that_is_not_allowed_is_never_asked(mapped: dict[str, str], call: ModelCall, code: str) -> None:
    def never() -> Any:
        raise AssertionError("a client was made")

    outcome = Bedrock(never, mapped, lambda: 0)(call)
    assert isinstance(outcome, Failed)
    assert outcome.code == code


def test_without_credentials_there_is_a_reason() -> None:
    def none() -> Any:
        raise NoCredentialsError

    outcome = Bedrock(none, MODELS, lambda: 0)(CALL)
    assert isinstance(outcome, Failed)
    assert outcome.code == instructions.ERROR
