"""Finds the workflow or the version that a request names."""

from typing import TYPE_CHECKING

from interactor.core import ids
from interactor.core.errors import VersionNotFoundError, WorkflowNotFoundError
from interactor.core.names import is_workflow_name
from interactor.definitions.stored import Version, Workflow

if TYPE_CHECKING:
    from interactor.definitions.store import DefinitionStore


def find_workflow(store: "DefinitionStore", account: str, name: str) -> Workflow:
    """Return a workflow of the account.

    Raises:
        WorkflowNotFoundError: there is none.
    """
    workflow = store.workflow(account, name) if is_workflow_name(name) else None
    if workflow is None:
        raise WorkflowNotFoundError(name)
    return workflow


def find_version(store: "DefinitionStore", account: str, name: str, version_id: str) -> Version:
    """Return a version of a workflow.

    Raises:
        VersionNotFoundError: there is none.
    """
    version = store.version(account, name, version_id) if ids.is_id(version_id, "v") else None
    if version is None:
        raise VersionNotFoundError(name, version_id)
    return version
