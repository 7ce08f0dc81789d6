"""Names of workflows: which there can be."""

import re
from typing import Final

RESERVED_NAMES: Final = frozenset({"instances", "errors", "validate", "event-types", "subscriptions"})
"""Words that stand in paths where a name would: no workflow is called so (ruling 1)."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)


def is_workflow_name(name: str) -> bool:
    """Whether a workflow can have this name; what cannot is not looked for."""
    return _NAME.fullmatch(name) is not None and name not in RESERVED_NAMES
