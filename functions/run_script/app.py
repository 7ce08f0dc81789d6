"""Runs one script where there is nothing to steal: the role of this function has no permissions.

Functions that run scripts call it with what ``wire`` writes. It reads no setting and no table.
"""

from typing import Any

from interactor.sandbox import Sandbox, wire
from interactor.sandbox.process import BESIDE_NOTHING

sandbox = Sandbox(needed=BESIDE_NOTHING)


def handler(event: Any, _: Any) -> str:
    """Return how the script ended."""
    return wire.answered(sandbox, event)
