"""Workflows and their versions as they are stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from interactor.core.times import Millis


@dataclass(frozen=True)
class Workflow:
    """A workflow's name, and which of its versions are the latest and the published one."""

    name: str
    workflow_id: str
    created_at: Millis
    latest_version_id: str
    published_version_id: str | None = None
    edition: int = 1
    """Counts the changes of this item, so that no change overwrites another."""
    later: Mapping[str, Any] = field(default_factory=dict)
    """Attributes that a later release wrote; they are kept (``core.releases``)."""

    def pointing(self, latest: str | None = None, published: str | None = None) -> "Workflow":
        """Return the workflow with new pointers, one edition later."""
        return replace(
            self,
            latest_version_id=latest or self.latest_version_id,
            published_version_id=published or self.published_version_id,
            edition=self.edition + 1,
        )


@dataclass(frozen=True)
class Version:
    """One version of a workflow.

    ``published_at`` is None for a draft. ``superseded_at``: another version replaced it.
    """

    version_id: str
    created_at: Millis
    published_at: Millis | None = None
    superseded_at: Millis | None = None
    later: Mapping[str, Any] = field(default_factory=dict)
    """As for a workflow."""
