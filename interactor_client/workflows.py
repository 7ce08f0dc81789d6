"""Definitions and their versions."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from interactor_client.calls import Calls, path_of
from interactor_client.models import (
    Diagram,
    ListedVersion,
    PictureFormat,
    Verdict,
    Version,
    VersionWithDefinition,
    Workflow,
)


class Workflows(Calls):
    """The calls about workflows."""

    def validate(self, definition: Mapping[str, Any], *, strict: bool = False) -> Verdict:
        """Return all errors and warnings of a definition. Nothing is stored. With ``strict``, warnings are errors."""
        return cast(Verdict, self._post(_judged("/workflows/validate", strict), definition))

    def create_workflow(
        self, definition: Mapping[str, Any], idempotency_key: str | None = None, *, strict: bool = False
    ) -> Version:
        """Create a workflow with its first version, a draft. The answer has the warnings of the definition.

        With ``strict``, warnings refuse the definition, as errors do.
        """
        return cast(Version, self._post(_judged("/workflows", strict), definition, idempotency_key))

    def create_version(
        self, definition: Mapping[str, Any], idempotency_key: str | None = None, *, strict: bool = False
    ) -> Version:
        """Create the next draft version of the workflow that the definition names.

        ``strict`` is as for ``create_workflow``.
        """
        path = f"{_workflow(definition['name'])}/versions"
        return cast(Version, self._post(_judged(path, strict), definition, idempotency_key))

    def publish(self, name: str, version_id: str, idempotency_key: str | None = None) -> Version:
        """Make a version the one that new instances run. To roll back, publish a superseded version."""
        return cast(Version, self._post(f"{_version(name, version_id)}/publish", None, idempotency_key))

    def list_workflows(self, *, limit: int | None = None) -> Iterator[Workflow]:
        """Yield workflows, newest first.

        Each page takes one request, when you read on to it; ``limit`` is the size of a page.
        """
        return cast(Iterator[Workflow], self._pages("/workflows", "workflows", {"limit": limit}))

    def get_workflow(self, name: str) -> VersionWithDefinition:
        """Return the published version of a workflow, or else its latest."""
        return cast(VersionWithDefinition, self._get(_workflow(name)))

    def list_versions(self, name: str, *, limit: int | None = None) -> Iterator[ListedVersion]:
        """Yield the versions of a workflow, newest first."""
        return cast(Iterator[ListedVersion], self._pages(f"{_workflow(name)}/versions", "versions", {"limit": limit}))

    def get_version(self, name: str, version_id: str) -> VersionWithDefinition:
        """Return a version with its definition."""
        return cast(VersionWithDefinition, self._get(_version(name, version_id)))

    def workflow_diagram(self, name: str, version_id: str) -> Diagram:
        """Return a diagram of a version, as SVG and as Mermaid."""
        return cast(Diagram, self._get(f"{_version(name, version_id)}/diagram"))

    def draw_workflow(self, name: str, version_id: str, form: PictureFormat = "svg") -> str:
        """Return the diagram in one format, as the contents of a file."""
        return self._text(f"{_version(name, version_id)}/diagram", {"format": form})


def _judged(path: str, strict: bool) -> str:
    return f"{path}?strict=true" if strict else path


def _workflow(name: str) -> str:
    return path_of("workflows", name)


def _version(name: str, version_id: str) -> str:
    return path_of("workflows", name, "versions", version_id)
