"""Names of workflows and accounts: which there can be; and names of any characters as parts of keys."""

import re
from typing import Final

RESERVED_NAMES: Final = frozenset({"instances", "errors", "validate", "event-types", "subscriptions"})
"""Words that stand in paths where a name would: no workflow is called so (ruling 1)."""

_ACCOUNT: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)


def is_workflow_name(name: str) -> bool:
    """Whether a workflow can have this name; what cannot is not looked for."""
    return _NAME.fullmatch(name) is not None and name not in RESERVED_NAMES


def is_account(value: object) -> bool:
    """Whether ``value`` can be an account: it becomes part of keys, so it has no ``#`` and no surprises."""
    return isinstance(value, str) and _ACCOUNT.fullmatch(value) is not None


def escape(text: str) -> str:
    """Return a text that may hold anything as a part of a key, which holds no ``#``; ``unescape`` reads it back."""
    return text.replace("%", "%25").replace("#", "%23")


def unescape(part: str) -> str:
    """Return the text that ``escape`` was given."""
    return part.replace("%23", "#").replace("%25", "%")
