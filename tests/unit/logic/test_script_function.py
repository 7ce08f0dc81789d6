"""Scripts in a function of their own: the same outcomes, and AWS's faults are none of the script's."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from interactor.core.logic import Failed, ScriptCall, Succeeded
from interactor.core.storing import StoreBusyError
from interactor.core.world import World
from interactor.logic.script_function import TRIES, FunctionDiedError, ScriptFunction
from interactor.sandbox import Sandbox, wire

CALL = ScriptCall("return {n: input.n, text: input.text}", {"input": {"n": 10**30, "text": "é\u2028\x00👩"}}, "acc_1")


class Lambda:
    """Invokes the function that scripts run in, as Lambda does: the event is read as JSON, the answer written so."""

    def __init__(self, sandbox: Sandbox, *instead: Any) -> None:
        self.sandbox, self.instead, self.calls = sandbox, list(instead), list[dict[str, Any]]()

    def invoke(self, **asked: Any) -> Any:
        self.calls.append(asked)
        if self.instead:
            first = self.instead.pop(0)
            if isinstance(first, Exception):
                raise first
            return first
        event = json.loads(asked["Payload"])
        return answer(json.dumps(wire.answered(self.sandbox, event)))


def answer(body: str, **more: Any) -> Any:
    return {"StatusCode": 200, "Payload": io.BytesIO(body.encode()), **more}


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "injected"}}, "Invoke")


DIED = '{"errorType": "Runtime.ExitError", "errorMessage": "exit status 1"}'
BUSY: list[Any] = [
    refused("TooManyRequestsException"),
    refused("ServiceException"),
    refused("EC2ThrottledException"),
    ReadTimeoutError(endpoint_url="http://lambda"),
]
DEAD: list[Callable[[], Any]] = [
    lambda: answer(DIED, FunctionError="Unhandled"),
    lambda: answer("null"),
    lambda: answer('"{}"'),
    lambda: answer("not json"),
    lambda: answer('"{\\"value\\": 5, \\"logs\\": [], \\"duration_ms\\": 1}"'),
]


DIED_HOW = ["crashed", "null", "no outcome", "no JSON", "a wrong value"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as made:
        yield made


def scripts(client: Any) -> ScriptFunction:
    return ScriptFunction(client, "stack-run-script:live", World(lambda: 0, bytes, lambda _: None))


@pytest.mark.parametrize(
    "call",
    [
        CALL,
        ScriptCall("console.log('one'); return null", {}, "acc_1"),
        ScriptCall("throw new Error('boom')", {}, "acc_1"),
        ScriptCall("return {a: [1.5, -0, 1e300, 12345678901234567890, [[[]]]]}", {}, "acc_1"),
        ScriptCall("return {}; }", {}, "acc_1"),
    ],
    ids=lambda call: call.code[:20],
)
def test_a_script_ends_there_as_it_does_here(sandbox: Sandbox, call: ScriptCall) -> None:
    here, there = sandbox.run(call), scripts(Lambda(sandbox)).run(call)
    assert type(here) is type(there)
    for name in ("value", "code", "message", "logs"):
        assert repr(getattr(here, name, None)) == repr(getattr(there, name, None))


def test_the_function_is_called_by_its_alias_and_told_whose_script_it_is(sandbox: Sandbox) -> None:
    client = Lambda(sandbox)
    scripts(client).run(CALL)
    (asked,) = client.calls
    assert (asked["FunctionName"], asked["Qualifier"]) == ("stack-run-script", "live")
    assert json.loads(json.loads(asked["Payload"])["call"])["run"]["tenant"] == "acc_1"


@pytest.mark.parametrize("code", ["return 1", "return {", "}", "let a = 1; let a = 2;"])
def test_a_script_is_parsed_there_as_it_is_here(sandbox: Sandbox, code: str) -> None:
    assert scripts(Lambda(sandbox)).check(code) == sandbox.check(code)


@pytest.mark.parametrize("times", [1, TRIES - 1])
@pytest.mark.parametrize("fault", [*BUSY, *DEAD], ids=[*map(str, BUSY), *DIED_HOW])
def test_a_fault_of_the_call_is_tried_again_and_is_no_error_of_the_script(
    sandbox: Sandbox, fault: Any, times: int
) -> None:
    client = Lambda(sandbox, *[fault() if callable(fault) else fault for _ in range(times)])
    outcome = scripts(client).run(CALL)
    assert isinstance(outcome, Succeeded)
    assert len(client.calls) == times + 1


@pytest.mark.parametrize("fault", BUSY, ids=str)
def test_a_function_that_cannot_be_called_is_busy(sandbox: Sandbox, fault: Exception) -> None:
    client = Lambda(sandbox, *[fault] * TRIES)
    with pytest.raises(StoreBusyError):
        scripts(client).run(CALL)
    assert len(client.calls) == TRIES


@pytest.mark.parametrize("fault", DEAD, ids=DIED_HOW)
def test_a_function_that_dies_each_time_is_told_apart_so_that_it_is_counted(sandbox: Sandbox, fault: Any) -> None:
    with pytest.raises(FunctionDiedError):
        scripts(Lambda(sandbox, *[fault() for _ in range(TRIES)])).run(CALL)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_what_does_not_pass_is_not_tried_again(sandbox: Sandbox, code: str) -> None:
    client = Lambda(sandbox, refused(code))
    with pytest.raises(ClientError):
        scripts(client).run(CALL)
    assert len(client.calls) == 1


def test_the_locks_that_are_missing_there_are_logged_here(caplog: pytest.LogCaptureFixture) -> None:
    """The function may write no log."""
    with Sandbox(needed=(frozenset({"a lock that no system has"}),)) as closed:
        outcome = scripts(Lambda(closed)).run(CALL)
    assert isinstance(outcome, Failed)
    assert outcome.code == "script_unavailable"
    told = [vars(record)["because"] for record in caplog.records if record.module == "script_function"]
    assert told == ["Scripts are not run here: these locks do not hold: a lock that no system has"]


def test_what_a_later_release_says_besides_is_left_unread(sandbox: Sandbox) -> None:
    event = json.loads(wire.to_run(CALL))
    asked = json.loads(event["call"])
    asked["run"]["later"] = 1
    assert "value" in json.loads(wire.answered(sandbox, {"call": json.dumps(asked)}))


def test_what_lambda_would_not_take_is_not_sent(sandbox: Sandbox) -> None:
    client = Lambda(sandbox)
    outcome = scripts(client).run(ScriptCall("return {}", {"input": {"text": "é" * 2_000_000}}, "acc_1"))
    assert isinstance(outcome, Failed)
    assert (outcome.code, client.calls) == ("script_error", [])
