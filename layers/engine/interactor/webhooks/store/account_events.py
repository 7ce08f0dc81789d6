"""An account's own events in the table: records that the relay reads like an instance's history."""

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, b, n
from interactor.core.jsons import JsonObject
from interactor.core.times import SECOND
from interactor.webhooks.rules.delivery import KEPT


def write(account: str, event: JsonObject) -> Item:
    """Return the write that adds an event, for the transaction of the change itself."""
    place = items.key(keys.account_events(account), f"{keys.HISTORY}{event['id']}")
    end = n((event["at"] + KEPT) // SECOND)
    return {"Put": {"Item": {**place, "at": n(event["at"]), "doc": b(items.pack(event)), "expires_at": end}}}


def read(item: Item) -> tuple[str, JsonObject] | None:
    """Return the account and the event of a record; None for a record of an instance."""
    account = keys.parse_account_events(items.text(item, "pk"))
    return None if account is None else (account, items.unpack(item["doc"]["B"]))
