"""What a request names, found: an instance, a workflow, a version. Nothing else of the engine is imported for that."""

from typing import TYPE_CHECKING

from interactor.core import ids
from interactor.core.errors import InstanceNotFoundError, VersionNotFoundError, WorkflowNotFoundError
from interactor.core.names import is_workflow_name
from interactor.core.principal import Principal
from interactor.core.storing import Head, Version, Workflow
from interactor.core.times import Millis

if TYPE_CHECKING:
    from interactor.adapters.dynamo.definitions import DefinitionStore
    from interactor.adapters.dynamo.instances import InstanceStore


def find_instance(
    instances: "InstanceStore", principal: Principal, instance_id: str, ended_since: Millis, with_history: bool = True
) -> Head:
    """The instance with its latest history, if the caller may know of it (ruling 18) and it is not past its date.

    Raises:
        InstanceNotFoundError: for one that does not exist, for another's, and for one that ended too long ago.
    """
    read = instances.read_with_history if with_history else instances.read
    head = read(principal.account, instance_id) if ids.is_id(instance_id, "inst") else None
    if head is None or not principal.holds(head.instance.namespace):
        raise InstanceNotFoundError(instance_id)
    if head.instance.ended_at is not None and head.instance.ended_at < ended_since:
        raise InstanceNotFoundError(instance_id)
    return head


def find_workflow(store: "DefinitionStore", account: str, name: str) -> Workflow:
    """A workflow of the account.

    Raises:
        WorkflowNotFoundError: when there is none.
    """
    workflow = store.workflow(account, name) if is_workflow_name(name) else None
    if workflow is None:
        raise WorkflowNotFoundError(name)
    return workflow


def find_version(store: "DefinitionStore", account: str, name: str, version_id: str) -> Version:
    """A version of a workflow.

    Raises:
        VersionNotFoundError: when there is none.
    """
    version = store.version(account, name, version_id) if ids.is_id(version_id, "v") else None
    if version is None:
        raise VersionNotFoundError(name, version_id)
    return version
