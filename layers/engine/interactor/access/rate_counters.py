"""The counters of the rate limits: one item for each bucket and minute, which TTL deletes."""

from collections.abc import Mapping

from interactor.access.rules.rates import Bucket, Category, Count, FullError, end_of
from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import n
from interactor.aws.dynamo.table import ConditionFailedError, Table
from interactor.core.times import MINUTE, SECOND

KEPT_AFTER = 10 * MINUTE


class CounterStore:
    """Counters in the table. Each call is one update, which either counts or is refused."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, subject: str, bucket: Bucket, window: int, size: int, loosened: int) -> Count:
        """Take ``size`` tokens of a window. ``loosened`` is how many more of them are unused than before.

        Raises:
            FullError: not enough are left, or too many would be unused; it has the counter as it is.
        """
        try:
            item = self._table.update(
                _key(subject, bucket, window),
                UpdateExpression="SET expires_at = :expires ADD used :size, loose :loosened",
                ConditionExpression="attribute_not_exists(used) OR (used <= :most AND loose <= :loosest)",
                ExpressionAttributeValues={
                    ":expires": n((end_of(window) + KEPT_AFTER) // SECOND),
                    ":size": n(size),
                    ":loosened": n(loosened),
                    ":most": n(bucket.limit - size),
                    ":loosest": n(max(0, bucket.loose - loosened)),
                },
            )
        except ConditionFailedError as error:
            raise FullError(_count(error.failed[0] or {})) from None
        return _count(item)

    def give_back(self, subject: str, bucket: Bucket, window: int) -> Count | None:
        """Put one token of a window back. Returns None if none was taken."""
        try:
            item = self._table.update(
                _key(subject, bucket, window),
                UpdateExpression="ADD used :back",
                ConditionExpression="used >= :one",
                ExpressionAttributeValues={":back": n(-1), ":one": n(1)},
            )
        except ConditionFailedError:
            return None
        return _count(item)


_KINDS: Mapping[Category, str] = {"token": "C", "source": "S"}
"""Key prefixes of counters by category: of a client, of a source address; all others are of an account."""


def _key(subject: str, bucket: Bucket, window: int) -> items.Item:
    return items.key(keys.limits(_KINDS.get(bucket.name, "A"), subject), f"{bucket.name}#{window}")


def _count(item: items.Item) -> Count:
    return Count(*(items.number(item, name) if name in item else 0 for name in ("used", "loose")))
