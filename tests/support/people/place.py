"""The directory of people over a table in memory: stores, use cases, and a client that counts its calls and fails."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from interactor.aws.dynamo import items
from interactor.aws.dynamo.table import Table
from interactor.core.times import Millis
from interactor.core.world import World
from interactor.people.directory import Directory
from interactor.people.groups import Groups
from interactor.people.persons import Persons
from interactor.people.rules.directory import Away, Group, Person
from interactor.people.store.groups import GroupStore
from interactor.people.store.persons import PersonStore, Taken
from tests.support.memory.dynamo import FakeDynamo

ACCOUNT = "acc_1"
NOW: Millis = 1_768_910_400_000


class Died(BaseException):
    """The worker ended in the middle of a call."""


class Counting:
    """A client that counts its calls by their names.

    ``dies_at`` is the number of the call at which the worker ends: before its effect, or with ``after`` behind it.
    ``between`` is told the name of each call before it has its effect.
    """

    def __init__(self, dynamo: FakeDynamo) -> None:
        self._dynamo = dynamo
        self.calls: Counter[str] = Counter()
        self.dies_at, self.after = 0, False
        self.between: Callable[[str], None] = lambda _: None

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.calls[name] += 1
            self.between(name)
            dies = self.calls.total() == self.dies_at
            if dies and not self.after:
                raise Died
            answer = getattr(self._dynamo, name)(**arguments)
            if dies:
                raise Died
            return answer

        return call


class Place:
    """Both stores over one table."""

    def __init__(self) -> None:
        self.now = NOW
        self.dynamo = FakeDynamo(lambda: self.now)
        self.client: Any = Counting(self.dynamo)
        table = Table(self.client, "table")
        self.groups, self.persons = GroupStore(table), PersonStore(table)
        self.directory = Directory(self.groups, self.persons)
        self.count = 0
        self.world = World(lambda: self.now, self.entropy, lambda _: None)
        self.group_cases = Groups(self.world, self.groups)
        self.person_cases = Persons(self.world, self.persons, self.group_cases)

    def entropy(self, size: int) -> bytes:
        self.count += 1
        return self.count.to_bytes(size)

    def token(self) -> str:
        """Another text each time."""
        self.count += 1
        return f"token-{self.count}"

    def members(self) -> dict[str, set[str]]:
        """Who is a member by the memberships alone, by group."""
        found: dict[str, set[str]] = {}
        for item in self.dynamo.everything():
            pk, sk = item["pk"]["S"], item["sk"]["S"]
            if pk.startswith(f"A#{ACCOUNT}#P#") and sk.startswith("G#"):
                found.setdefault(sk[2:], set()).add(pk.rpartition("#")[2])
        return found

    def group(self, name: str, *members: str, account: str = ACCOUNT) -> Group:
        """Store a group."""
        made = Group(name, members, created_at=1, updated_at=2, revision=self.token(), name=f"The {name}")
        self.groups.change(account, None, made, (), members, self.token())
        return made

    def person(self, name: str, away: Away | None = None, taken: Taken | None = None) -> Person:
        """Store a person."""
        made = Person(name, f"Dr. {name}", "a@example.org", "de", away, revision=self.token())
        self.persons.change(ACCOUNT, None, made, None, taken, self.token())
        return made

    def doc(self, partition: str, sort: str = "M") -> Any:
        """The document of an item."""
        item = self.dynamo.peek(partition, sort)
        assert item is not None
        return items.unpack(item["doc"]["B"])

    def write(self, partition: str, document: Any, sort: str = "M") -> None:
        """Put another document into an item."""
        item = self.dynamo.peek(partition, sort)
        assert item is not None
        self.dynamo.put_item(TableName="table", Item={**item, "doc": {"B": items.pack(document)}})
