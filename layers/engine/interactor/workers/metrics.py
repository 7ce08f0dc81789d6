"""Metrics as log lines in CloudWatch's embedded metric format. They need no call and cost only the line.

There is one dimension, the stack, because each further one would be billed as a metric of its own. What the relay
relays twice counts twice.
"""

import json
from collections.abc import Iterable
from typing import Final

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from interactor.core.metrics import NAMES, Measure, measures
from interactor.instances.rules.stored import Record
from interactor.logs import logger

NAMESPACE: Final = "Interactor"
SET_ASIDE: Final = "workflow.instance.set_aside"
"""Instances that broke the engine and could not even be failed."""
MEASURES_PER_LINE: Final = 99
"""The format takes 100 values of one metric, and the library empties itself when it gets the last of them."""


def emit(records: Iterable[Record]) -> None:
    """Write the metrics of history records to the log."""
    found = [measure for record in records for event in record.events for measure in measures(event)]
    for start in range(0, len(found), MEASURES_PER_LINE):
        _write(found[start : start + MEASURES_PER_LINE])


def count(name: str) -> None:
    """Count one for a metric that no history record contains."""
    _write([Measure(name, 1)])


def _write(found: list[Measure]) -> None:
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=logger.service)
    for measure in found:
        metrics.add_metric(measure.name, MetricUnit(NAMES[measure.name]), measure.value)
    stream = logger.registered_handler.stream  # type: ignore[attr-defined]  # a handler that writes to a stream
    stream.write(json.dumps(metrics.serialize_metric_set(), separators=(",", ":")) + "\n")
    stream.flush()
