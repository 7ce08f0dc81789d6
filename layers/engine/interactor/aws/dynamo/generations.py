"""Bounds on how many things there are of a kind, kept whoever makes them at once.

Nothing is counted ahead, so that nothing can be miscounted: who makes one reads the kind's generation, counts what is
there, and stores the new one together with the next generation. Of two who counted the same, one is refused and counts
again. What is removed needs no word: the next one to be made counts what is left.
"""

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, n
from interactor.aws.dynamo.table import Table

SUBSCRIPTIONS, WORKFLOWS = "subscriptions", "workflows"


def read(table: Table, account: str, kind: str) -> int:
    """Return the generation of a kind of an account's things, read consistently: how often one was made."""
    item = table.get(_key(account, kind))
    return 0 if item is None else items.number(item, "generation")


def raised(account: str, kind: str, generation: int) -> Item:
    """Return the write that makes it the next generation, refused where it is no longer this one."""
    condition = "attribute_not_exists(generation)" if generation == 0 else "generation = :read"
    values = {":next": n(generation + 1)} | ({":read": n(generation)} if generation else {})
    return {
        "Update": {
            "Key": _key(account, kind),
            "UpdateExpression": "SET generation = :next",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
    }


def _key(account: str, kind: str) -> Item:
    return items.key(keys.generations(account), kind)
