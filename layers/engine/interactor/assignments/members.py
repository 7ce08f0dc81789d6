"""What the rules ask a directory of groups, when a task begins."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

Members: TypeAlias = Callable[[Sequence[str]], Mapping[str, Sequence[str] | None]]
"""Looks groups up: the members of each; None, or nothing, for a group that the directory does not have."""


def none_known(_: Sequence[str]) -> Mapping[str, Sequence[str] | None]:
    """A directory that has no group."""
    return {}
