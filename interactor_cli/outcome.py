"""What a command comes to: something to print, or why it cannot be done."""

from dataclasses import dataclass
from typing import Any, ClassVar


class CommandError(Exception):
    """The command cannot be done; ``str()`` of it says why."""

    exit_code: ClassVar[int] = 1


class WrongUseError(CommandError):
    """What was given is wrong: a value, or the name of a deployment that is not there."""

    exit_code = 2


@dataclass(frozen=True)
class Printed:
    """What a command prints: ``data`` with ``--json``, else ``text``."""

    data: Any
    text: str
