"""Stands for a model where there is none, in the local run and in tests: what it writes says so, and never changes."""

from typing import Final

from interactor.core import jsons
from interactor.core.logic import ModelCall, Outcome, Succeeded
from interactor.logic.rules import instructions

NAME: Final = "stand-in"
"""The value of ``AiModels`` that puts it in the place of Bedrock."""

_SHOWN_BYTES = 80


def write(call: ModelCall) -> Outcome:
    """The task, and the beginning of each of the values."""
    lines = [f"(Written by a stand-in, not by a model.) {call.task}"]
    lines += [f"{name}: {instructions.cut(jsons.text(value), _SHOWN_BYTES)}" for name, value in call.data.items()]
    return Succeeded(instructions.readable("\n".join(lines)))
