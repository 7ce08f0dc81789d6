"""Groups in the table: a head with the members, an entry in the account's list, and one item for each membership.

The membership, in the person's partition, is the truth of "is a member"; the head says the same of all. Each
transaction changes both, guarded by the head's revision: so they agree after every commit, also within a change that
takes several.
"""

from collections.abc import Sequence
from typing import Final

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, b, s
from interactor.aws.dynamo.table import ConditionFailedError, Table
from interactor.core import releases
from interactor.core.jsons import JsonObject
from interactor.core.names import unescape
from interactor.core.storing import GuardLostError
from interactor.people.rules.directory import Changing, Group, ListedGroup

SCHEMA: Final = 1
READABLE: Final = 1
_MEMBERS: Final = {"schema", "name", "email", "members", "created_at", "updated_at", "updated_by", "changing"}


class GroupStore:
    """Groups, read consistently."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, account: str, group: str) -> Group | None:
        """Return one group."""
        item = self._table.get(_head(account, group))
        return None if item is None else _read(group, item)

    def several(self, account: str, groups: Sequence[str]) -> dict[str, Group]:
        """Return those of the groups that there are, in one batch of reads."""
        wanted = {keys.group(account, group): group for group in groups}
        found = self._table.batch_get([items.key(partition, keys.HEAD) for partition in wanted])
        return {(group := wanted[items.text(item, "pk")]): _read(group, item) for item in found}

    def known(self, account: str, groups: Sequence[str]) -> frozenset[str]:
        """Return which of the groups there are, by their small entries in the list."""
        places = {keys.listed_group(group): group for group in groups}
        found = self._table.batch_get([items.key(keys.groups(account), place) for place in places])
        return frozenset(places[items.text(item, "sk")] for item in found)

    def page(self, account: str, above: str | None, limit: int) -> tuple[list[ListedGroup], str | None]:
        """Return a page of an account's groups, by id, and the id above which the next one begins."""
        partition = keys.groups(account)
        after = None if above is None else items.key(partition, keys.listed_group(above))
        page = self._table.query(partition, after=after, limit=limit)
        position = None if page.next_key is None else unescape(items.text(page.next_key, "sk"))
        return [_read_listed(item) for item in page.items], position

    def change(
        self, account: str, read: str | None, group: Group, removed: Sequence[str], added: Sequence[str], token: str
    ) -> None:
        """Store a group with memberships that end and begin, in one transaction.

        It takes as many as ``rules.changes.MEMBERSHIPS_PER_STEP``.

        Args:
            read: the revision that was read; None: there was no such group.

        Raises:
            GuardLostError: when another change came first.
        """
        document = {**_listed(group), "members": len(group.members)}
        entry = {**items.key(keys.groups(account), keys.listed_group(group.id)), "doc": b(items.pack(document))}
        put: Item = {**_head(account, group.id), "doc": b(items.pack(_document(group))), "revision": s(group.revision)}
        self._commit(
            [
                {"Put": {"Item": put, **_guard(read)}},
                {"Put": {"Item": entry}},
                *_memberships(account, group.id, removed, added),
            ],
            token,
        )

    def delete(self, account: str, group: Group, token: str) -> None:
        """Delete a group with its memberships, of which there are no more left than one transaction takes.

        Raises:
            GuardLostError: when another change came first.
        """
        self._commit(
            [
                {"Delete": {"Key": _head(account, group.id), **_guard(group.revision)}},
                {"Delete": {"Key": items.key(keys.groups(account), keys.listed_group(group.id))}},
                *_memberships(account, group.id, group.members, ()),
            ],
            token,
        )

    def _commit(self, writes: Sequence[Item], token: str) -> None:
        try:
            self._table.transact(writes, token)
        except ConditionFailedError:
            raise GuardLostError from None


def _head(account: str, group: str) -> Item:
    return items.key(keys.group(account, group), keys.HEAD)


def _guard(read: str | None) -> Item:
    if read is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {"ConditionExpression": "revision = :read", "ExpressionAttributeValues": {":read": s(read)}}


def _memberships(account: str, group: str, removed: Sequence[str], added: Sequence[str]) -> list[Item]:
    def place(person: str) -> Item:
        return items.key(keys.person(account, person), keys.membership(group))

    return [{"Delete": {"Key": place(each)}} for each in removed] + [{"Put": {"Item": place(each)}} for each in added]


def _document(group: Group) -> JsonObject:
    changing = group.changing
    return {
        **group.later,
        **_listed(group),
        "members": list(group.members),
        "created_at": group.created_at,
        "updated_by": group.updated_by,
        "changing": None if changing is None else {"from": changing.since, "to": changing.to},
    }


def _listed(group: Group) -> JsonObject:
    return {"schema": SCHEMA, "name": group.name, "email": group.email, "updated_at": group.updated_at}


def _read(group: str, item: Item) -> Group:
    document = items.unpack(item["doc"]["B"])
    releases.require_readable(document, READABLE, "the group")
    changing = document["changing"]
    return Group(
        id=group,
        members=tuple(document["members"]),
        created_at=document["created_at"],
        updated_at=document["updated_at"],
        revision=items.text(item, "revision"),
        name=document["name"],
        email=document["email"],
        updated_by=document["updated_by"],
        changing=None if changing is None else Changing(changing["from"], changing["to"]),
        later=releases.later(document, _MEMBERS),
    )


def _read_listed(item: Item) -> ListedGroup:
    document = items.unpack(item["doc"]["B"])
    releases.require_readable(document, READABLE, "the group's entry in the list")
    return ListedGroup(
        id=unescape(items.text(item, "sk")),
        members=document["members"],
        updated_at=document["updated_at"],
        name=document["name"],
        email=document["email"],
    )
