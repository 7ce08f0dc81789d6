"""Invariant 3: after every commit of whatever instance, the index of what is due says when to look at it again."""

import random

import pytest

from interactor.aws.dynamo import keys
from interactor.core.times import DAY, HOUR, MINUTE, SECOND
from tests.support.outside import Outside, answer
from tests.support.workers.faults import Crash
from tests.support.workers.place import ACCOUNT
from tests.support.workflows.flows import APPROVAL, HOST, end, flow, fork, form, http, on_enter, script

RETRY = {"max_attempts": 3, "backoff": "linear"}
LATE = {"after": "2h", "target": "late"}
FLOWS = {
    "approval": APPROVAL,
    "timeouts": flow(
        wait=form("call", timeout=LATE), call=http("/act", "wait", retry=RETRY), late=end(**on_enter("/told"))
    ),
    "threads": fork(
        3, http("/act", "hold", retry=RETRY), hold=form("ended", timeout={"after": "1h", "target": "ended"})
    ),
    "told": flow(
        begin=script("return {}", "wait") | on_enter("/entered"),
        wait=form("done", timeout=LATE),
        late=http("/act", "done", retry=RETRY),
        done=end(**on_enter("/told")),
    ),
}


class Watch:
    """Looks at the head after every write that takes effect."""

    def __init__(self, place):
        self.place, self.commits = place, 0
        self.problems = []

    def __call__(self, operation, arguments, call):
        answered = call()
        if operation in ("transact_write_items", "update_item"):
            heads = [each["Put"]["Item"] for each in arguments.get("TransactItems", []) if "Put" in each]
            places = [arguments["Key"]] if operation == "update_item" else heads
            for item in places:
                if item["sk"]["S"] == keys.HEAD and item["pk"]["S"].startswith(f"A#{ACCOUNT}#I#"):
                    try:
                        self.judge(keys.parse_instance(item["pk"]["S"])[1])
                    except AssertionError as problem:
                        # Raised here it would be the worker's, which answers errors and goes on.
                        self.problems.append(str(problem))
        return answered

    def judge(self, instance_id):
        """It is in the index, at the moment from which a hint that is lost counts as lost."""
        self.commits += 1
        item = self.place.head(instance_id)
        head = self.place.worker(self.clock).services.instances.store.read(ACCOUNT, instance_id).instance
        left = [thread for thread in head.threads.values() if thread.running]
        halted = head.halted_threads()
        assert {"wake_at", "due_pk"} <= item.keys()
        wake = int(item["wake_at"]["N"])
        if head.ended and not left:
            assert wake == head.ended_at + 30 * DAY, "only the cleaning is left"
        for thread in left:
            due = thread.due_at if thread.due_at is not None else head.updated_at
            assert wake <= due + 60 * SECOND + MINUTE, "a lost hint delays by what the work may take and a minute"
        for thread in halted:
            if thread.halt.timeout_at is not None:
                assert wake <= thread.halt.timeout_at, "a timeout is due at its time itself"
        if not left and not head.ended:
            assert wake > head.updated_at, "nothing is due yet"


@pytest.mark.parametrize("seed", range(8))
def test_after_every_commit_the_clock_knows_when_to_look_at_it_again(place, clock, seed):
    chance = random.Random(seed)  # noqa: S311 - predictable
    watch, outside = Watch(place), Outside()
    watch.clock = clock
    outside.will(f"{HOST}/act", lambda _: _service(chance))
    outside.will(f"{HOST}/told", lambda _: _service(chance))
    worker = place.worker(clock, watch, outside)
    place.receive()
    instance = worker.started(list(FLOWS.values())[seed % len(FLOWS)])
    messages = []
    for _ in range(14):
        messages += place.receive()
        _anything(chance, worker, clock, instance, messages)
    for _ in range(30):
        if _cleaned_next(place, clock, instance):
            break
        clock.advance(max(MINUTE, int(place.head(instance)["wake_at"]["N"]) - clock.now))
        _quietly(worker.tick)
        for message in place.receive():
            _quietly(lambda message=message: worker.step(message))
    assert worker.get(instance)["status"] in ("completed", "failed", "cancelled"), "the clock alone finishes it"
    assert _cleaned_next(place, clock, instance)
    assert place.events(instance)
    assert watch.commits >= 2
    assert not watch.problems


def _cleaned_next(place, clock, instance):
    head = place.head(instance)
    return head["status"]["S"] not in ("running", "halted") and int(head["wake_at"]["N"]) > clock.now + DAY


def _anything(chance, worker, clock, instance, messages):
    """One thing that may happen to an instance, sensible or not."""
    match chance.choice(
        ["step", "step", "step", "resume", "resume", "wait", "tick", "cancel" if chance.random() < 0.2 else "step"]
    ):
        case "step" if messages:
            message = messages.pop(chance.randrange(len(messages)))
            _quietly(lambda: worker.step(message, chance.choice([1, 1, 3])))
        case "resume":
            threads = [each["id"] for each in worker.get(instance)["threads"]]
            worker.resume(instance, {"approved": chance.random() < 0.7}, chance.choice(threads))
        case "wait":
            clock.advance(chance.choice([SECOND, 10 * SECOND, 2 * MINUTE, HOUR]))
        case "tick":
            _quietly(worker.tick)
        case "cancel":
            worker.cancel(instance)


def _quietly(act):
    """A worker may die of what its service does; its message is lost then."""
    try:
        act()
    except Crash:
        return


def _service(chance):
    if chance.random() < 0.15:
        raise Crash
    return answer(chance.choice([200, 200, 503, 500, 404]), {"ok": 1})
