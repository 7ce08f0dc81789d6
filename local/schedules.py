"""Schedules that call functions, at the local run's own clock."""

import json
import logging
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from local.functions import Functions
from local.template import Schedule

_log = logging.getLogger("local.schedules")


def scheduled_event(schedule: Schedule, moment: datetime) -> Any:
    """The event as a rule or as the scheduler sends it: the target's own input, else theirs."""
    if schedule.input is not None:
        return json.loads(schedule.input)
    _, _, _, region, account = schedule.arn.split(":")[:5]
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": schedule.source,
        "account": account,
        "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [schedule.arn],
        # The scheduler writes its empty detail as text, a rule as an object.
        "detail": "{}" if schedule.source == "aws.scheduler" else {},
    }


class Clock:
    """Calls one schedule's function every ``seconds``; a call that takes longer delays the next."""

    def __init__(self, schedule: Schedule, seconds: float, functions: Functions) -> None:
        self._schedule, self._seconds, self._functions = schedule, seconds, functions
        self._stopping = threading.Event()
        self._ticker = threading.Thread(target=self._tick_all, name=f"clock-{schedule.function}", daemon=True)

    def start(self) -> None:
        """Begin to tick, the first time after one period."""
        self._ticker.start()

    def ask_to_stop(self) -> None:
        """Tick no more."""
        self._stopping.set()

    def wait(self, deadline: float) -> bool:
        """Wait, until ``deadline`` (monotonic), for a call in flight; False when it remains."""
        self._ticker.join(max(0.0, deadline - time.monotonic()))
        return not self._ticker.is_alive()

    def _tick_all(self) -> None:
        while not self._stopping.wait(self._seconds):
            try:
                event = scheduled_event(self._schedule, datetime.now(UTC))
                self._functions.invoke(self._schedule.function, event, routine=True)
            except Exception:
                _log.warning("%s failed and is called again at the next tick", self._schedule.function)
