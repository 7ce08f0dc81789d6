"""What a command comes to: something to print, or why it cannot be done."""

from dataclasses import dataclass
from typing import Any


class CommandError(Exception):
    """The command cannot be done; ``str()`` of it says why."""


@dataclass(frozen=True)
class Printed:
    """What a command prints: ``data`` with ``--json``, else ``text``."""

    data: Any
    text: str
