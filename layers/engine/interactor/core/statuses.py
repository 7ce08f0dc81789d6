"""The statuses that an instance can have."""

from typing import Literal

Status = Literal["running", "halted", "completed", "failed", "cancelled"]
STATUSES: tuple[Status, ...] = ("running", "halted", "completed", "failed", "cancelled")
