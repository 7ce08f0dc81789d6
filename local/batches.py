"""Delivers stream records to a function until they are done or given up, as an event source mapping does."""

import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local import patterns, streamrecords
from local.functions import Functions
from local.template import Function, SourceMapping

_log = logging.getLogger("local.streams")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


class Batches:
    """One stream mapping's delivery: filter, batch, retry from the failed record, bisect, give up."""

    def __init__(
        self,
        mapping: SourceMapping,
        function: Function,
        functions: Functions,
        send: Callable[[str, str], None],
        stopping: threading.Event,
    ) -> None:
        for pattern in mapping.filters:
            patterns.check(pattern)
        self._mapping, self._function, self._functions = mapping, function, functions
        self._send, self._stopping = send, stopping

    def wants(self, record: dict[str, Any]) -> bool:
        """Whether the mapping's filters let the record through."""
        return patterns.any_matches(self._mapping.filters, record)

    def deliver(self, records: list[dict[str, Any]]) -> bool:
        """Call the function with everything the filters let through. False when a stop left records undone."""
        wanted = [record for record in records if self.wants(record)]
        size = self._mapping.batch_size
        return all(self._finish(wanted[start : start + size]) for start in range(0, len(wanted), size))

    def _finish(self, batch: list[dict[str, Any]]) -> bool:
        attempts, pause = 0, _FIRST_PAUSE
        while batch:
            remaining = self._call(batch)
            attempts += 1
            if not remaining:
                return True
            if len(remaining) < len(batch):
                batch, attempts, pause = remaining, 0, _FIRST_PAUSE
                continue
            if self._mapping.bisect and len(batch) > 1:
                middle = len(batch) // 2
                return self._finish(batch[:middle]) and self._finish(batch[middle:])
            if 0 <= self._mapping.retries < attempts:
                self._give_up(batch, attempts)
                return True
            if self._stopping.wait(pause):
                return False
            pause = min(_LONGEST_PAUSE, pause * 2)
        return True

    def _call(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The records that are left to do: from the first failed one on, since a stream is in order."""
        try:
            answer = self._functions.invoke(self._mapping.function, {"Records": batch})
        except Exception:  # logged where it was raised
            return batch
        if not self._mapping.report_failures or not answer:
            return []
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        try:
            failed = [failure["itemIdentifier"] for failure in answer.get("batchItemFailures") or []]
            return batch[min(numbers.index(number) for number in failed) :] if failed else []
        except (AttributeError, KeyError, TypeError, ValueError):
            return batch

    def _give_up(self, batch: list[dict[str, Any]], attempts: int) -> None:
        _log.error("%s: %d records given up after %d attempts", self._mapping.function, len(batch), attempts)
        if self._mapping.failure_destination and ":sqs:" in self._mapping.failure_destination:
            document = streamrecords.given_up(batch, self._function.arn, attempts, datetime.now(UTC))
            self._send(self._mapping.failure_destination, json.dumps(document))
