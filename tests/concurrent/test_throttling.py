"""A table that is throttled: nobody waits long, nothing is half done, and who asks is told when to ask again."""

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.support.outside import Outside
from tests.support.workers.faults import Once, refuse
from tests.support.workers.strikes import cancelled
from tests.support.workflows.flows import APPROVAL, DECISION, end, flow, http, script

CALL = flow(call=http("/act", "done"), done=end())
LONG = flow(**{f"s{n}": script("return {}", f"s{n + 1}") for n in range(60)}, s60=end())
"""More events than one commit takes."""


def _throttle(operation, arguments, call):
    """A transaction that DynamoDB cancels for want of capacity."""
    raise cancelled(
        operation, [{"Code": "ThrottlingError"}, *[{"Code": "None"}] * (len(arguments["TransactItems"]) - 1)]
    )


@pytest.mark.parametrize("fault", [_throttle, refuse("ThrottlingException")], ids=["cancelled", "refused"])
def test_a_request_that_is_throttled_is_told_within_a_second_to_come_again(place, clock, fault):
    instance = place.worker(clock).started(APPROVAL)
    name = place.worker(clock).define(APPROVAL)
    before = place.scan()
    for ask in (
        lambda worker: worker.resume(instance, {"approved": True}),
        lambda worker: worker.cancel(instance),
        lambda worker: worker.create(name),
        lambda worker: worker.call("POST", "/workflows", {**APPROVAL, "name": "another"}),
    ):
        slept = []
        throttled = Once("transact_write_items", fault, times=1_000)
        answer = ask(place.worker(clock, throttled, sleep=slept.append))
        assert answer.refusal == (503, "service_unavailable")
        assert answer.headers["Retry-After"] == str(answer.error["details"]["retry_after"])
        assert throttled.seen <= 3
        assert sum(slept) < 1
    assert place.scan() == before


@pytest.mark.parametrize("times", [1, 2])
def test_what_an_action_came_to_outlives_a_throttled_commit(place, clock, times):
    """The call was made: its result is worth two more tries, and the call is not made again for it."""
    outside = Outside()
    instance = place.worker(clock).started(CALL)
    (message,) = place.receive()
    assert place.worker(clock, Once("transact_write_items", _throttle, times), outside).step(message)
    assert place.worker(clock).get(instance)["status"] == "completed"
    assert len(outside.requests) == 1


def test_a_create_that_was_stored_is_answered_whatever_becomes_of_the_rest(place, clock):
    """The first commit stands: a 503 for the second one would make the caller create another instance."""
    name = place.worker(clock).define(LONG)
    commits = []

    def only_the_first(operation, arguments, call):
        commits.append(operation)
        return call() if len(commits) == 1 else _throttle(operation, arguments, call)

    made = place.worker(clock, Once("transact_write_items", only_the_first, times=1_000)).create(name)
    assert (made.status, made.data["status"]) == (201, "running")
    assert len(commits) > 1
    worker = place.worker(clock)
    (message,) = place.receive()
    assert worker.step(message)
    assert worker.get(made.data["id"])["status"] == "completed"


def test_where_nothing_is_known_of_a_write_nobody_is_told_that_nothing_was_done(place, clock):
    instance = place.worker(clock).started(DECISION)

    def lose_everything(operation, arguments, call):
        if operation == "transact_write_items":
            call()
        if operation in ("transact_write_items", "get_item"):
            raise ReadTimeoutError(endpoint_url="http://dynamodb")
        return call()

    answer = place.worker(clock, lose_everything).resume(instance, {"approved": True})
    assert answer.refusal == (500, "internal_error")
    assert place.worker(clock).get(instance)["status"] == "completed"
