"""Instances that are due: found by time, postponed, and removed at the end."""

from contextlib import suppress
from typing import TYPE_CHECKING

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, n
from interactor.aws.dynamo.table import ConditionFailedError
from interactor.core.storing import GuardLostError
from interactor.core.times import Millis
from interactor.instances.rules.stored import Head
from interactor.instances.store import heads
from interactor.instances.store.reading import InstanceReader

if TYPE_CHECKING:
    pass


REMOVED_PER_CALL = 100


class DueInstances(InstanceReader):
    """What the clock finds, and what the deletion removes."""

    def due(
        self, partition: str, now: Millis, limit: int, after: Item | None = None, *, newest_first: bool = False
    ) -> tuple[list[tuple[str, str, Millis]], Item | None]:
        """Return a page of one partition of the index: account, id and time of what is overdue, the longest overdue
        first.

        ``newest_first``: from the other end. The second value is where the next page begins (None: there is none).
        """
        page = self._table.query_index(
            "due",
            "due_pk",
            partition,
            sort_name="wake_at",
            below=n(now + 1),
            limit=limit,
            newest_first=newest_first,
            after=after,
        )
        found = [(*keys.parse_instance(items.text(item, "pk")), items.number(item, "wake_at")) for item in page.items]
        return found, page.next_key

    def wake_later(self, head: Head, wake_at: Millis) -> None:
        """Correct the time when an instance is due, if its lifetimes were changed after its last commit."""
        instance = head.instance
        with suppress(ConditionFailedError):
            self._table.update(
                items.key(keys.instance(instance.account, instance.id), keys.HEAD),
                UpdateExpression="SET wake_at = :wake",
                ConditionExpression="version = :version",
                ExpressionAttributeValues={":wake": n(wake_at), ":version": n(instance.version)},
            )

    def set_aside(self, account: str, instance_id: str, until: Millis) -> None:
        """Make an instance due later, whatever its head contains, so that one that breaks its readers is not the
        oldest.

        The next commit computes anew when it is due.
        """
        with suppress(ConditionFailedError):
            self._table.update(
                items.key(keys.instance(account, instance_id), keys.HEAD),
                UpdateExpression="SET wake_at = :until",
                ConditionExpression="wake_at < :until",
                ExpressionAttributeValues={":until": n(until)},
            )

    def remove(self, head: Head) -> bool:
        """Remove an instance: its history page by page, then its present items at once. Return True if nothing is left.

        Raises:
            GuardLostError: the instance was changed in between.
        """
        instance = head.instance
        partition = keys.instance(instance.account, instance.id)
        page = self._table.query(partition, at_most=keys.BEFORE_BULK, limit=REMOVED_PER_CALL)
        self._table.batch_delete([items.key(partition, items.text(each, "sk")) for each in page.items])
        if page.next_key is not None:
            return False
        guard = {"ConditionExpression": "version = :v", "ExpressionAttributeValues": {":v": n(instance.version)}}
        held = self._table.query_all(partition, begins_with=keys.BULK)
        deletes = [{"Delete": {"Key": items.key(partition, keys.HEAD), **guard}}]
        deletes += [{"Delete": {"Key": items.key(partition, items.text(each, "sk"))}} for each in held]
        try:
            self._table.transact(deletes, heads.token(instance, "remove"))
        except ConditionFailedError:
            raise GuardLostError from None
        return True
