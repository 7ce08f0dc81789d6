"""Finds the instance that a request names. This imports nothing else of the engine."""

from typing import TYPE_CHECKING

from interactor.access.rules.principal import Principal
from interactor.core import ids
from interactor.core.errors import InstanceNotFoundError
from interactor.core.times import Millis
from interactor.instances.rules.stored import Head

if TYPE_CHECKING:
    from interactor.instances.store.instances import InstanceStore


def find_instance(
    instances: "InstanceStore", principal: Principal, instance_id: str, ended_since: Millis, with_history: bool = True
) -> Head:
    """Return an instance with its latest history, if the caller may know of it (ruling 18) and it has not expired.

    Raises:
        InstanceNotFoundError: it does not exist, belongs to somebody else, or ended too long ago.
    """
    read = instances.read_with_history if with_history else instances.read
    head = read(principal.account, instance_id) if ids.is_id(instance_id, "inst") else None
    if head is None or not principal.holds(head.instance.namespace):
        raise InstanceNotFoundError(instance_id)
    if head.instance.ended_at is not None and head.instance.ended_at < ended_since:
        raise InstanceNotFoundError(instance_id)
    return head
