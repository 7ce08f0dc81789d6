"""Marks of mails that were sent, set before the sending: so that a message that comes twice sends none twice."""

from typing import Final

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, n
from interactor.aws.dynamo.table import ConditionFailedError, Table
from interactor.core.names import escape
from interactor.core.times import DAY, SECOND, Millis

KEPT: Final[Millis] = 30 * DAY
"""Longer than a message can live in the queue and its dead-letter queue."""


class MarkStore:
    """Marks, one for each event and recipient."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def set(self, account: str, event_id: str, recipient: str, now: Millis) -> bool:
        """Mark a mail as sent. Returns False where it is marked already."""
        try:
            self._table.update(
                _key(account, event_id, recipient),
                UpdateExpression="SET expires_at = :end",
                ConditionExpression="attribute_not_exists(pk)",
                ExpressionAttributeValues={":end": n((now + KEPT) // SECOND)},
            )
        except ConditionFailedError:
            return False
        return True

    def unset(self, account: str, event_id: str, recipient: str) -> None:
        """Take the mark of a mail away that is known not to have been sent."""
        self._table.delete(_key(account, event_id, recipient))


def _key(account: str, event_id: str, recipient: str) -> Item:
    return items.key(keys.mails(account, event_id), escape(recipient))
