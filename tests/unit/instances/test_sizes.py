"""What is stored of an instance fits DynamoDB, or is refused; a full one can always be ended and held (invariant 9)."""

import random
from dataclasses import fields, replace
from typing import Any

import pytest

from interactor.aws.dynamo import items
from interactor.aws.dynamo.idempotency_records import LARGEST_BODY_BYTES
from interactor.core import limits
from interactor.core.errors import InstanceTooLargeError
from interactor.definitions.rules import limits as definition_limits
from interactor.instances.rules.consequences import Settled
from interactor.instances.rules.instance import (
    MAIN,
    Failure,
    Halt,
    Instance,
    LastResume,
    Phase,
    Thread,
)
from interactor.instances.rules.lifecycle import cancel, give_up, pause, unpause
from interactor.instances.rules.settle import settle, too_large
from interactor.instances.rules.stored import Head, Lease
from interactor.instances.store import heads, sizes
from interactor.instances.store.document import _BULK
from interactor.instances.store.instances import InstanceStore
from tests.support.pages import rows, section, text
from tests.support.workflows.runner import Runner, compiled

CHANCE = random.Random(7)  # noqa: S311  # sample data that does not compress
NAME = definition_limits.STATE_NAME_CHARACTERS
ENTROPY = b"\0" * 16
BY = {"actor": "a" * 128, "via": "c" * 128}
THREADS = (definition_limits.STATES - 2) * definition_limits.FORK_THREADS


def noise(characters: int) -> str:
    """Characters of four bytes each."""
    return "".join(chr(CHANCE.randrange(0x20000, 0x2A6DF)) for _ in range(characters))


def dense(size: int) -> str:
    """So many bytes of text, of which the least can be deflated."""
    return "".join(CHANCE.choices([chr(code) for code in range(32, 127) if chr(code) not in '"\\'], k=size))


class Taking:
    """A table that takes every transaction that DynamoDB would."""

    def transact(self, writes: list[items.Item], token: str) -> None:
        assert len(writes) <= 100
        assert sum(map(sizes.of_write, writes)) <= 4 * 1024 * 1024
        for write in writes:
            if "Put" in write:
                assert sizes.of_item(write["Put"]["Item"]) <= 400 * 1024


def store() -> InstanceStore:
    table: Any = Taking()
    return InstanceStore(table)


def deep() -> Runner:
    """A halted thread in ten forks, each in the one before, every name as long as it may be."""
    names = [noise(NAME) for _ in range(definition_limits.FORK_THREADS)]
    end, wait = noise(NAME), noise(NAME)
    halting = {"type": "halting", "presentation": {"type": "message", "message": "?"}, "transitions": [{"target": end}]}
    states: dict[str, Any] = {wait: halting, end: {"type": "terminal"}}
    for number, (name, inner) in enumerate(zip(names, [*names[1:], wait], strict=True)):
        threads = {str(number).ljust(64, "x"): {"target": inner}}
        states[name] = {"type": "action", "fork": {"threads": threads, "join": {"target": end}}}
    return Runner(compiled(states, names[0])).start()


def done(number: int) -> Thread:
    """A thread that has ended, with all that it may leave."""
    failure = Failure("script_error", noise(limits.FAILURE_CHARACTERS), noise(NAME))
    return Thread(
        f"thread_{noise(16)}{number}",
        noise(NAME),
        Phase.ENDED,
        10**6,
        10**13,
        transitions=999,
        coming_from=noise(NAME),
        key=noise(NAME),
        outcome="failed",
        failure=failure,
        parent=MAIN,
        cut_off=Phase.JOINING,
        last_resume=LastResume(10**6, noise(NAME), noise(8), 10**13),
    )


def head_bytes(instance: Instance) -> int:
    _, writes = heads.writes(None, instance, "c" * 32, {}, 10**13)
    return sizes.of_item(writes[0]["Put"]["Item"])


def full(instance: Instance) -> Instance:
    """The instance with as many ended threads as its head holds."""
    instance = replace(instance, redacted=(noise(definition_limits.FIELD_NAMES_CHARACTERS // 4),), version=5)
    for number in range(THREADS):
        larger = instance.with_thread(done(number))
        if head_bytes(larger) > limits.HEAD_BYTES - 4_000:
            return instance
        instance = larger
    raise AssertionError("every thread of a definition fits")


def held(instance: Instance) -> Head:
    leases = {name: Lease(10**13, 8) for name, each in instance.threads.items() if each.outcome is None}
    return Head(instance, "c" * 32, leases, 0)


def test_the_bytes_of_an_item_are_those_of_its_names_and_values():
    item = {"pk": {"S": "ä"}, "doc": {"B": b"123"}, "n": {"N": "7"}, "m": {"M": {"a": {"L": [{"S": "x"}]}}}}
    assert sizes.of_item(item) == (2 + 2) + (3 + 3) + (1 + 21) + (1 + 3 + 1 + (1 + 3 + 1 + 1))


def test_every_member_of_a_head_is_in_the_table_of_what_it_grows_with():
    table = section(text("docs/storage.md"), "How large items get")
    named = {name for row in rows(table) for name in row[0].replace("`", "").split()}
    kept = {each.name for each in fields(Instance)} | {each.name for each in fields(Thread) if each.name not in _BULK}
    assert kept <= named


def test_the_fullest_head_that_rules_allow_is_refused_before_dynamodb_would():
    run = deep()
    instance = run.instance
    for number in range(200):
        instance = instance.with_thread(done(number))
    assert head_bytes(instance) > sizes.ITEM_BYTES
    settled = pause(instance, BY, run.now, ENTROPY)
    with pytest.raises(InstanceTooLargeError, match="300 KB"):
        store().commit(held(instance), settled, "c" * 32, {}, 0)
    with pytest.raises(InstanceTooLargeError, match="300 KB"):
        store().create(settled, "c" * 32, None, 0)


ENDINGS: dict[str, Any] = {
    "cancel": lambda run, full: cancel(full, "requested", BY, IN_FLIGHT, run.now, ENTROPY),
    "expiry": lambda run, full: cancel(full, "expired", None, IN_FLIGHT, run.now, ENTROPY),
    "pause": lambda run, full: pause(full, BY, run.now, ENTROPY),
    "unpause": lambda run, full: unpause(replace(full, paused=True), BY, run.now, ENTROPY),
    "giving up": lambda run, full: give_up(full, IN_FLIGHT, run.now, ENTROPY),
    "failing": lambda run, full: failed(run, full),
}
IN_FLIGHT = [{"thread": "t" * 71, "state": "s" * NAME, "idempotency_key": "k" * 120} for _ in range(10)]


def failed(run: Runner, instance: Instance) -> Settled:
    run.instance = instance
    advance = run.advance(halted(instance))
    advance.fail("script_error", noise(limits.FAILURE_CHARACTERS), run.now)
    change = too_large(advance.change(), "too large" * 20, run.now)
    return settle(run.definition, instance, change, run.now, ENTROPY, IN_FLIGHT)


def halted(instance: Instance) -> str:
    return instance.halted_threads()[0].id


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_instance_whose_head_is_full_can_be_ended_and_held(ending):
    run = deep()
    instance = full(run.instance)
    before = head_bytes(instance)
    assert before > limits.HEAD_BYTES - 20_000
    head = held(instance)
    settled = ENDINGS[ending](run, instance)
    committed = store().commit(head, settled, "d" * 32, head.leases, 10**13, reserve=True)
    assert head_bytes(committed.instance) < before + 20_000
    if ending == "failing":
        assert (committed.instance.status, committed.instance.failure.code) == ("failed", "instance_too_large")


def test_an_ended_thread_whose_on_enter_cannot_be_stored_stays_as_it_ended():
    on_enter = {"type": "script", "code": "return {}"}
    run = Runner(compiled({"end": {"type": "terminal", "on_enter": on_enter}}, "end"), before="end").start()
    assert (run.instance.status, run.instance.main.phase) == ("completed", Phase.ON_ENTER)
    change = too_large(run.advance().change(), "too large", run.now)
    settled = settle(run.definition, run.instance, change, run.now, ENTROPY)
    assert (settled.instance.status, settled.instance.main.outcome) == ("completed", "completed")
    assert settled.instance.main.phase is Phase.ENDED


def crowded(shown: int = limits.PRESENTATION_BYTES - 100) -> Instance:
    """Ten halted threads that show and were given as much as they may, and data as large as it may be."""
    instance = deep().instance
    for name in [name for name in instance.threads if name != MAIN]:
        halt = Halt("input", 0, {"message": dense(shown)}, {"instruction": dense(shown)})
        thread = replace(
            instance.threads[name], phase=Phase.HALTED, halt=halt, input={"a": dense(limits.INPUT_BYTES - 100)}
        )
        instance = instance.with_thread(thread)
    data = {"data": dense(limits.WORKFLOW_DATA_BYTES - 100)}
    return instance.with_thread(replace(instance.main, layer=data, input={"a": dense(limits.INPUT_BYTES - 100)}))


def test_the_largest_commit_leaves_room_for_an_ending_with_its_key():
    instance = crowded()
    key = {"Put": {"Item": items.key("k", "k") | {"doc": {"B": b"x" * LARGEST_BODY_BYTES}}}}
    store().commit(held(instance), pause(instance, BY, 0, ENTROPY), "d" * 32, {}, 0)
    settled = cancel(instance, "requested", BY, IN_FLIGHT, 0, ENTROPY)
    committed = store().commit(held(instance), settled, "d" * 32, {}, 0, [key], reserve=True)
    assert committed.instance.ended


def test_a_commit_that_is_too_large_is_refused_before_dynamodb_would():
    instance = crowded(150_000)
    with pytest.raises(InstanceTooLargeError, match="3072 KB"):
        store().commit(held(instance), pause(instance, BY, 0, ENTROPY), "d" * 32, {}, 0)


def test_a_commit_of_too_many_items_is_refused():
    run = deep()
    extra = [{"Put": {"Item": items.key("f", str(number))}} for number in range(99)]
    with pytest.raises(InstanceTooLargeError, match="101 stored items"):
        store().commit(held(run.instance), pause(run.instance, BY, 0, ENTROPY), "d" * 32, {}, 0, extra)
