"""Which names workflows and accounts can have, and how names with any characters become parts of keys."""

import re
from typing import Final

RESERVED_NAMES: Final = frozenset({"instances", "errors", "validate", "event-types", "subscriptions"})
"""Words that paths have in the place of a name, so no workflow can have them as its name (ruling 1)."""

_ACCOUNT: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)


def is_workflow_name(name: str) -> bool:
    """Whether a workflow can have this name. Other names are not looked up."""
    return _NAME.fullmatch(name) is not None and name not in RESERVED_NAMES


def is_account(value: object) -> bool:
    """Whether ``value`` can be an account.

    Accounts become parts of keys, so they contain no ``#`` and few other characters.
    """
    return isinstance(value, str) and _ACCOUNT.fullmatch(value) is not None


def escape(text: str) -> str:
    """Return any text as a part of a key, without ``#``. ``unescape`` reverses it."""
    return text.replace("%", "%25").replace("#", "%23")


def unescape(part: str) -> str:
    """Return the text that ``escape`` was given."""
    return part.replace("%23", "#").replace("%25", "%")
