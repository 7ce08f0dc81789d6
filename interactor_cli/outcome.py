"""The result of a command: something to print, or why it cannot be done."""

from dataclasses import dataclass
from typing import Any, ClassVar


class CommandError(Exception):
    """The command cannot be done. ``str()`` of the error says why."""

    exit_code: ClassVar[int] = 1


class WrongUseError(CommandError):
    """A given value is wrong, or the named deployment does not exist."""

    exit_code = 2


@dataclass(frozen=True)
class Printed:
    """What a command prints: ``data`` with ``--json``, else ``text``."""

    data: Any
    text: str
