"""What the world outside must have seen, once everything is at rest (invariants 2 and 5 of the design)."""

import json
from collections.abc import Callable, Sequence

from interactor.core import ids
from tests.simulation.oracle import Oracle
from tests.simulation.outside import HOOKS, Outside
from tests.support.memory.sqs import Message


def judge(oracle: Oracle, outside: Outside, exhausted: Sequence[Message], violate: Callable[[str], None]) -> None:
    """Hold what subscribers and services saw against what was committed."""
    _webhooks(oracle, outside, exhausted, violate)
    for key, asked in outside.asked.items():
        whole = sum(1 for each in asked if not each.task.faults and not each.task.killed)
        if whole > oracle.settled[key]:
            violate(f"{key}: {whole} calls that nothing cut short, {oracle.settled[key]} came to an end")
        if len({each.url for each in asked}) > 1:
            violate(f"{key}: used for several actions")


def _webhooks(oracle: Oracle, outside: Outside, exhausted: Sequence[Message], violate: Callable[[str], None]) -> None:
    """Every event reached every subscriber, or was set aside after its last attempt, under one key."""
    bodies = [json.loads(each.body) for each in exhausted]
    set_aside = {(HOOKS + each["subscription_id"][-1], each["instance_id"], each["number"]) for each in bodies}
    for (url, event), identifier in oracle.wanted.items():
        seen = outside.delivered.get((url, event), [])
        if not seen and (url, identifier, ids.event_number(event)) not in set_aside:
            violate(f"{url} was never told of {event} of {identifier}")
        if len({body["idempotency_key"] for body in seen}) > 1:
            violate(f"{url} was told of {event} under several keys")
