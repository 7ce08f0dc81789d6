"""Scripts in the function of their own, within whole requests and steps: what becomes of its faults."""

import io
import json
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import pytest
from botocore.exceptions import ClientError

from interactor.core import limits
from interactor.core.times import SECOND
from interactor.logic.script_function import TRIES, ScriptFunction
from tests.support.template import ROOT
from tests.support.workflows.flows import end, flow, form, http, script

COMPUTED = flow(add=script("return {sum: input.a + 0.1, id: input.id}", "wait"), wait=form("done"), done=end())
AFTER_A_CALL = flow(call=http("/act", "add"), add=script("return {done: true}", "done"), done=end())


class Lambda:
    """Invokes the real handler, or does what is left of ``faults`` first."""

    def __init__(self, *faults: Any) -> None:
        spec = spec_from_file_location("function_run_script", ROOT / "functions" / "run_script" / "app.py")
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        self.handler, self.sandbox = module.handler, module.sandbox
        self.faults, self.calls = list(faults), 0

    def invoke(self, **asked: Any) -> Any:
        self.calls += 1
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            return {**fault, "Payload": io.BytesIO(b'{"errorType": "Runtime.ExitError"}')}
        answer = json.dumps(self.handler(json.loads(asked["Payload"]), None))
        return {"StatusCode": 200, "Payload": io.BytesIO(answer.encode())}


THROTTLED = ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "Rate exceeded"}}, "Invoke")
DIED = {"FunctionError": "Unhandled"}


def _with(place, clock, client):
    worker = place.worker(clock)
    worker.services.logic.sandbox = ScriptFunction(client, "stack-run-script:live", worker.services.world)
    return worker


@pytest.fixture
def client():
    made = Lambda()
    yield made
    made.sandbox.close()


@pytest.fixture(autouse=True)
def _empty_queue(place):
    place.receive()


def test_a_workflow_with_scripts_runs_as_it_does_in_one_process(place, clock, client):
    worker = _with(place, clock, client)
    name = worker.define(COMPUTED)
    made = worker.create(name, {"a": 1, "id": 10**30})
    assert made.data["status"] == "halted"
    assert made.data["workflow_data"] == {"sum": 1.1, "id": 10**30}
    assert client.calls >= 2, "it is parsed there too"
    refused = worker.call("POST", "/workflows", {**flow(a=script("return {", "b"), b=end()), "name": "wrong"})
    assert refused.refusal == (400, "invalid_workflow")


@pytest.mark.parametrize("fault", [THROTTLED, DIED], ids=["throttled", "died"])
def test_a_fault_that_passes_is_not_seen(place, clock, client, fault):
    name = place.worker(clock).define(COMPUTED)
    client.faults = [fault] * (TRIES - 1)
    assert _with(place, clock, client).create(name, {"a": 1}).data["status"] == "halted"


def test_a_request_whose_script_cannot_be_run_now_is_told_to_come_again(place, clock, client):
    name = place.worker(clock).define(COMPUTED)
    before = place.scan()
    client.faults = [THROTTLED] * TRIES
    assert _with(place, clock, client).create(name, {"a": 1}).refusal == (503, "service_unavailable")
    client.faults = [DIED] * TRIES
    assert _with(place, clock, client).create(name, {"a": 1}).refusal == (500, "internal_error")
    assert place.scan() == before


def test_a_step_whose_script_cannot_be_run_now_comes_again_and_its_call_is_made_once(place, clock, client):
    """The result of the call before it is committed; only the script waits."""
    instance = place.worker(clock).started(AFTER_A_CALL)
    (message,) = place.receive()
    client.faults = [THROTTLED] * TRIES
    worker = _with(place, clock, client)
    outside = worker.services.logic.outgoing
    for received in range(1, 6):
        if worker.step(message, received):
            break
        clock.advance(70 * SECOND)
    worker.run_steps()
    assert worker.get(instance)["status"] == "completed"
    assert len({request.headers["Idempotency-Key"] for request in outside.requests}) == 1


def test_a_script_that_kills_the_function_each_time_ends_its_instance(place, clock, client):
    worker = _with(place, clock, client)
    name = worker.define(AFTER_A_CALL)
    instance = worker.create(name).data["id"]
    client.faults = [DIED] * 1_000
    messages = place.receive()
    for received in range(1, limits.TRIES_PER_STEP * 3):
        for message in messages:
            worker.step(message, received)
        clock.advance(70 * SECOND)
        messages += place.receive()
        if worker.get(instance)["status"] == "failed":
            break
    assert worker.get(instance)["error_code"] == "internal_error"
