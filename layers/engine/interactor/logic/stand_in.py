"""Replaces a model where there is none, in the local run and in tests. Its text says so, and is always the same."""

from typing import Final

from interactor.core import jsons
from interactor.core.logic import ModelCall, Outcome, Succeeded
from interactor.logic.rules import instructions

NAME: Final = "stand-in"
"""The value of ``AiModels`` that uses this instead of Bedrock."""

_SHOWN_BYTES = 80


def write(call: ModelCall) -> Outcome:
    """Return the task, and the beginning of each of the values."""
    lines = [f"(Written by a stand-in, not by a model.) {call.task}"]
    lines += [f"{name}: {instructions.cut(jsons.text(value), _SHOWN_BYTES)}" for name, value in call.data.items()]
    return Succeeded(instructions.readable("\n".join(lines)))
