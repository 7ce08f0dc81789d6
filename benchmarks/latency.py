"""How long a caller waits on AWS, as a model: the calls on the critical path with the services' published times.

Nothing is measured here but the processor time of the functions, which a function of 512 MB gets a share of.
"""

from collections.abc import Mapping
from typing import Any

from benchmarks.tally import Tally

PUBLISHED = {
    "HTTP API": 10.0,
    "read": 5.0,
    "transaction": 10.0,
    "send": 10.0,
    "queue to function": 16.0,
    "stream to function": 213.0,
}
"""Milliseconds, p50. DynamoDB and the HTTP API publish "single-digit milliseconds": half of ten for a read, two rounds
for a transaction. The last two were published as measured; the queue's p99 is 105."""

PROCESSOR_SHARE = 512 / 1769
"""Of a processor, that a function of 512 MB gets: 1,769 MB are one."""

_KINDS = {
    "dynamodb.GetItem": "read",
    "dynamodb.Query": "read",
    "dynamodb.BatchGetItem": "read",
    "dynamodb.TransactWriteItems": "transaction",
    "dynamodb.UpdateItem": "read",
    "sqs.SendMessage": "send",
    "sqs.SendMessageBatch": "send",
}
BEFORE_THE_ANSWER: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "a create, to its answer": ("HTTP API", ("create_instance",)),
    "a resume, to its answer": ("HTTP API", ("resume_instance",)),
    "a step message, to its commit": ("queue to function", ("advance_steps",)),
    "a commit, to its webhook's first byte": ("stream to function", ("relay_events", "deliver_webhooks")),
}
"""What it begins with, and the functions on the way; between two functions is a queue."""


def milliseconds(name: str, tallies: Mapping[str, Tally], processor_ms: Mapping[str, float]) -> dict[str, Any]:
    """The parts of one path and their sum. ``tallies`` are by function, of one invocation each."""
    begin, functions = BEFORE_THE_ANSWER[name]
    parts = {begin: PUBLISHED[begin]}
    if len(functions) > 1:
        parts["queue to function"] = PUBLISHED["queue to function"]
    calls: dict[str, float] = {}
    for function in functions:
        for operation, count in tallies[function].calls.items():
            if operation in _KINDS and not (function == "deliver_webhooks" and operation == "dynamodb.UpdateItem"):
                calls[_KINDS[operation]] = calls.get(_KINDS[operation], 0) + max(1, round(count))
    parts |= {f"{count:g} × {kind}": count * PUBLISHED[kind] for kind, count in calls.items()}  # noqa: RUF001 - times
    parts["processor"] = sum(processor_ms[function] for function in functions) / PROCESSOR_SHARE
    return {"parts": {part: round(took, 1) for part, took in parts.items()}, "sum": round(sum(parts.values()))}
