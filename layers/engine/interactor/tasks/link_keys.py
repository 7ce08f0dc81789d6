"""The keys that links are signed with: random, sealed by the deployment's data key, in one item of the table.

There are two while they change. A new key is used only once every process has read it, and what the one before it
signed stays readable until the next change.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from interactor.aws.dynamo import items, keys
from interactor.aws.dynamo.items import Item, b, n
from interactor.aws.dynamo.table import ConditionFailedError, Table
from interactor.core import releases
from interactor.core.jsons import JsonObject
from interactor.core.storing import GuardLostError
from interactor.core.times import MINUTE, Millis
from interactor.core.world import Provider, World
from interactor.tasks.rules.link_tokens import KEY_BYTES

SCHEMA: Final = 1
READABLE: Final = 1
_MEMBERS: Final = {"schema", "keys"}

READ_EVERY: Final[Millis] = MINUTE
"""How long a process uses what it has read."""
USED_AFTER: Final[Millis] = 2 * READ_EVERY
"""How old a new key is when it takes the place of the one before it."""
_KEPT: Final = 2
_NOBODY: Final = "*"
"""Stands where a sealed text names its account: no account has this name."""


class Sealer(Protocol):
    """Encrypts and decrypts texts that must not be stored in the clear."""

    def seal(self, account: str, text: str) -> str:
        """Return the text, encrypted."""

    def open(self, account: str, sealed: str) -> str:
        """Return the text, decrypted."""


@dataclass(frozen=True)
class StoredKey:
    """One key, sealed."""

    sealed: str
    made_at: Millis


@dataclass(frozen=True)
class _Stored:
    keys: tuple[StoredKey, ...]
    edition: int
    later: JsonObject = field(default_factory=dict)


_NONE: Final = _Stored((), 0)


class LinkKeys:
    """The keys as one process knows them. The first is made when it is first needed."""

    def __init__(self, world: World, table: Table, sealer: Provider[Sealer]) -> None:
        self._world = world
        self._table = table
        self._sealer = sealer
        self._known, self._read_at = _NONE, 0

    def for_reading(self) -> list[bytes]:
        """Return the keys whose tokens are read, the newest first; none before the first link was made.

        Raises:
            StoreBusyError: when the table or KMS does not answer now.
        """
        return [self._opened(each) for each in self._current().keys]

    def for_making(self) -> bytes:
        """Return the key that signs now; the first one is made here.

        Raises:
            StoreBusyError: when the table or KMS does not answer now.
        """
        stored = self._current()
        if not stored.keys:
            stored = self._first()
        settled = [each for each in stored.keys if each.made_at <= self._world.now() - USED_AFTER]
        return self._opened((settled or stored.keys[-1:])[0])

    def change(self, *, only_new: bool = False) -> Sequence[StoredKey]:
        """Add a new key, which is used in two minutes. Returns the keys that are then read, the newest first.

        Args:
            only_new: forget all others at once, which ends every link that there is.

        Raises:
            GuardLostError: when another change came first.
        """
        stored = self._stored()
        kept = () if only_new else stored.keys[: _KEPT - 1]
        return self._put(replace(stored, keys=(self._new(), *kept))).keys

    def _current(self) -> _Stored:
        now = self._world.now()
        # That there is none is not remembered: the first link works at once, everywhere.
        if not self._known.keys or now - self._read_at >= READ_EVERY:
            self._known, self._read_at = self._stored(), now
        return self._known

    def _first(self) -> _Stored:
        try:
            self._known = self._put(_Stored((self._new(),), 0))
        except GuardLostError:
            self._known = self._stored()
        return self._known

    def _stored(self) -> _Stored:
        item = self._table.get(_key())
        if item is None:
            return _NONE
        document = items.unpack(item["doc"]["B"])
        releases.require_readable(document, READABLE, "the keys of links")
        found = tuple(StoredKey(each["sealed"], each["made_at"]) for each in document["keys"])
        return _Stored(found, items.number(item, "edition"), releases.later(document, _MEMBERS))

    def _put(self, stored: _Stored) -> _Stored:
        listed = [{"sealed": each.sealed, "made_at": each.made_at} for each in stored.keys]
        values = {
            ":doc": b(items.pack({**stored.later, "schema": SCHEMA, "keys": listed})),
            ":next": n(stored.edition + 1),
        }
        condition = "attribute_not_exists(pk)"
        if stored.edition:
            condition, values = "edition = :read", {**values, ":read": n(stored.edition)}
        try:
            self._table.update(
                _key(),
                UpdateExpression="SET doc = :doc, edition = :next",
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        except ConditionFailedError:
            raise GuardLostError from None
        return replace(stored, edition=stored.edition + 1)

    def _new(self) -> StoredKey:
        text = base64.b64encode(self._world.entropy(KEY_BYTES)).decode()
        return StoredKey(self._sealer().seal(_NOBODY, text), self._world.now())

    def _opened(self, stored: StoredKey) -> bytes:
        return base64.b64decode(self._sealer().open(_NOBODY, stored.sealed))


def _key() -> Item:
    return items.key(keys.link_keys(), keys.HEAD)
