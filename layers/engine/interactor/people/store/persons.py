"""People in the table: one partition each, so that one query answers all that the directory says of a person.

In it lie the profile, one item for each membership (``groups`` writes them), and one for each person for whom this one
stands in. What callers change of a profile is one document, guarded by its revision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, b, n, s
from interactor.aws.dynamo.table import ConditionFailedError, Table
from interactor.core import releases
from interactor.core.jsons import Json, JsonObject
from interactor.core.storing import GuardLostError
from interactor.core.times import SECOND
from interactor.people.rules.directory import GROUPS_PER_PERSON, STOOD_IN_FOR, Away, Person, StandIn, Standing

SCHEMA: Final = 1
READABLE: Final = 1
_MEMBERS: Final = {"schema", "name", "email", "locale", "away"}
_AWAY: Final = {"from", "until", "substitute"}
_BESIDE_GROUPS: Final = 2 + STOOD_IN_FOR
"""The profile, the counter of ``care``, and those who are stood in for: of these no more are stored."""


@dataclass(frozen=True)
class Care:
    """For whom a person stands in, or did; ``generation`` says how often somebody was named so."""

    generation: int
    absent: tuple[StandIn, ...]


@dataclass(frozen=True)
class Taken:
    """A place among those for whom ``substitute`` stands in: refused where ``generation`` is no longer that one.

    ``over`` are those whose absence has ended: they make room.
    """

    substitute: str
    generation: int
    over: tuple[str, ...] = ()


class PersonStore:
    """People, read consistently."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, account: str, person: str) -> Person | None:
        """Return the profile of one person."""
        item = self._table.get(_profile(account, person))
        return None if item is None else _read(person, item)

    def several(self, account: str, persons: Sequence[str]) -> dict[str, Person]:
        """Return the profiles that there are of these persons, in one batch of reads."""
        wanted = {keys.person(account, person): person for person in persons}
        found = self._table.batch_get([items.key(partition, keys.HEAD) for partition in wanted])
        return {(person := wanted[items.text(item, "pk")]): _read(person, item) for item in found}

    def standing(self, account: str, person: str) -> Standing:
        """Return what the directory says of a person, by one query of at most 63 items."""
        page = self._table.query(
            keys.person(account, person),
            at_least=keys.PERSON_FIRST,
            at_most=keys.PERSON_LAST,
            newest_first=True,  # what is not a membership comes first, and is there however many groups follow
            limit=GROUPS_PER_PERSON + 1 + _BESIDE_GROUPS,
        )
        profile, groups, stands_in_for = None, [], []
        for item in page.items:
            sort = items.text(item, "sk")
            if sort.startswith(keys.MEMBERSHIP):
                groups.append(keys.parse_membership(sort))
            elif sort.startswith(keys.STANDS_IN):
                stands_in_for.append(_read_stand_in(item))
            elif sort == keys.HEAD:
                profile = _read(person, item)
        return Standing(
            person=person,
            profile=profile,
            groups=tuple(reversed(groups[:GROUPS_PER_PERSON])),
            groups_truncated=len(groups) > GROUPS_PER_PERSON or page.next_key is not None,
            stands_in_for=tuple(reversed(stands_in_for)),
        )

    def memberships(self, account: str, person: str) -> list[str]:
        """Return all groups of the directory in which a person is, however many."""
        found = self._table.query_all(keys.person(account, person), begins_with=keys.MEMBERSHIP)
        return [keys.parse_membership(items.text(each, "sk")) for each in found]

    def care(self, account: str, person: str) -> Care:
        """Return for whom a person stands in, to name the person once more."""
        found = [*self._table.query_all(keys.person(account, person), at_least=keys.CARE, at_most=keys.PERSON_LAST)]
        absent = tuple(_read_stand_in(each) for each in found if items.text(each, "sk").startswith(keys.STANDS_IN))
        counted = [items.number(each, "generation") for each in found if items.text(each, "sk") == keys.CARE]
        return Care(counted[0] if counted else 0, absent)

    def change(
        self, account: str, read: str | None, person: Person, released: str | None, taken: Taken | None, token: str
    ) -> None:
        """Store a person; with a place that a former substitute has no longer, and one that the new one takes.

        Args:
            read: the revision that was read; None: none was stored.

        Raises:
            GuardLostError: when another change came first.
        """
        profile = {
            **_profile(account, person.id),
            "doc": b(items.pack(_document(person))),
            "revision": s(person.revision or ""),
        }
        writes: list[Item] = [{"Put": {"Item": profile, **_guard(read)}}]
        if released is not None and (taken is None or released != taken.substitute):
            writes.append({"Delete": {"Key": _stand_in(account, released, person.id)}})
        if taken is not None and person.away is not None:
            writes += _take(account, person.id, person.away, taken)
        self._commit(writes, token)

    def delete(self, account: str, person: Person, token: str) -> None:
        """Delete the profile and the absence of a person; not the memberships.

        Raises:
            GuardLostError: when another change came first.
        """
        writes: list[Item] = [{"Delete": {"Key": _profile(account, person.id), **_guard(person.revision)}}]
        if person.away is not None:
            writes.append({"Delete": {"Key": _stand_in(account, person.away.substitute, person.id)}})
        self._commit(writes, token)

    def _commit(self, writes: list[Item], token: str) -> None:
        try:
            self._table.transact(writes, token)
        except ConditionFailedError:
            raise GuardLostError from None


def _take(account: str, absent: str, away: Away, taken: Taken) -> list[Item]:
    """The writes by which ``taken`` becomes true; TTL removes an entry some time after it ended."""
    place = _stand_in(account, taken.substitute, absent)
    times = {"since": n(away.since), "until": n(away.until), "expires_at": n(-(-away.until // SECOND))}
    guard = "attribute_not_exists(generation)" if taken.generation == 0 else "generation = :read"
    values = {":next": n(taken.generation + 1)} | ({":read": n(taken.generation)} if taken.generation else {})
    return [
        {"Put": {"Item": {**place, **times}}},
        {
            "Update": {
                "Key": items.key(keys.person(account, taken.substitute), keys.CARE),
                "UpdateExpression": "SET generation = :next",
                "ConditionExpression": guard,
                "ExpressionAttributeValues": values,
            }
        },
        *({"Delete": {"Key": _stand_in(account, taken.substitute, each)}} for each in taken.over),
    ]


def _stand_in(account: str, substitute: str, absent: str) -> Item:
    return items.key(keys.person(account, substitute), keys.stands_in(absent))


def _guard(read: str | None) -> Item:
    if read is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {"ConditionExpression": "revision = :read", "ExpressionAttributeValues": {":read": s(read)}}


def _document(person: Person) -> JsonObject:
    away = person.away
    absence = None
    if away is not None:
        absence = {**away.later, "from": away.since, "until": away.until, "substitute": away.substitute}
    told = {"schema": SCHEMA, "name": person.name, "email": person.email, "locale": person.locale, "away": absence}
    return {**person.later, **told}


def _profile(account: str, person: str) -> Item:
    return items.key(keys.person(account, person), keys.HEAD)


def _read(person: str, item: Item) -> Person:
    document = items.unpack(item["doc"]["B"])
    releases.require_readable(document, READABLE, "the person")
    return Person(
        id=person,
        name=document["name"],
        email=document["email"],
        locale=document["locale"],
        away=_read_away(document["away"]),
        revision=items.text(item, "revision"),
        later=releases.later(document, _MEMBERS),
    )


def _read_away(away: Json) -> Away | None:
    if away is None:
        return None
    return Away(away["from"], away["until"], away["substitute"], releases.later(away, _AWAY))


def _read_stand_in(item: Item) -> StandIn:
    absent = keys.parse_stands_in(items.text(item, "sk"))
    return StandIn(absent, items.number(item, "since"), items.number(item, "until"))
