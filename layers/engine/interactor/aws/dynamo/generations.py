"""Bounds on the number of things of a kind, which also hold when several are created at once.

There is no counter that could be wrong. A request that creates one reads the generation of the kind, counts the
existing things, and stores the new one together with the next generation. If two requests counted the same, one of them
is refused and counts again. A removal changes nothing here: the next creation counts what is left.
"""

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, n
from interactor.aws.dynamo.table import Table

SUBSCRIPTIONS, WORKFLOWS = "subscriptions", "workflows"


def read(table: Table, account: str, kind: str) -> int:
    """Return the generation of a kind of an account's things, read consistently: how often one was created."""
    item = table.get(_key(account, kind))
    return 0 if item is None else items.number(item, "generation")


def raised(account: str, kind: str, generation: int) -> Item:
    """Return the write that stores the next generation. It is refused if the generation has changed."""
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
