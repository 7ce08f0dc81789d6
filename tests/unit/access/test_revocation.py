"""Revoked access tokens: known everywhere within 30 s, and asked for no more often (ruling 25)."""

import pytest

from interactor.access.revocation import RevocationList
from interactor.access.token_store import RevokedStore
from interactor.aws.dynamo.table import Table
from interactor.core.errors import UnauthorizedError
from interactor.core.times import SECOND
from tests.support.access.forge import NOW, Aws, Forge


class Lists:
    """Lists that count how often they are read."""

    def __init__(self) -> None:
        self.listed: dict[str, set[str]] = {}
        self.reads = 0

    def add(self, account: str, jti: str, expires_at: int) -> None:
        self.listed.setdefault(account, set()).add(jti)

    def of(self, account: str, now: int) -> frozenset[str]:
        self.reads += 1
        return frozenset(self.listed.get(account, ()))


def test_a_revoked_token_is_refused_within_30_seconds_with_one_read_in_them() -> None:
    lists = Lists()
    known = RevocationList(lists)
    assert not known.holds("acc_1", "t1", NOW)
    lists.add("acc_1", "t1", NOW)
    assert not known.holds("acc_1", "t1", NOW + 30 * SECOND - 1)
    assert lists.reads == 1
    assert known.holds("acc_1", "t1", NOW + 30 * SECOND)
    assert lists.reads == 2


def test_a_list_holds_for_its_account_only() -> None:
    lists = Lists()
    lists.add("acc_1", "t1", NOW)
    known = RevocationList(lists)
    assert known.holds("acc_1", "t1", NOW)
    assert not known.holds("acc_2", "t1", NOW)


def test_the_table_keeps_an_entry_until_the_token_would_have_expired(aws: Aws, table: str) -> None:
    store = RevokedStore(Table(aws("dynamodb"), table))
    store.add("acc_1", "t1", NOW + 5_000)
    store.add("acc_1", "t2", NOW + 10_000)
    assert store.of("acc_1", NOW) == {"t1", "t2"}
    assert store.of("acc_1", NOW + 5_000) == {"t2"}
    assert store.of("acc_2", NOW) == frozenset()


def test_the_verifier_refuses_what_is_revoked(forge: Forge) -> None:
    from interactor.access.verifier import Verifier

    class Keys:
        def get(self, kid: str) -> object:
            return forge.key.public_key()

    asked = []

    def revoked(account: str, jti: str, now: int) -> bool:
        asked.append((account, jti, now))
        return True

    verifier = Verifier(Keys(), "https://issuer.test", "interactor", revoked)  # type: ignore[arg-type]  # a key source
    with pytest.raises(UnauthorizedError, match="revoked"):
        verifier.verify(f"Bearer {forge.token()}", NOW)
    assert asked == [("acc_1", "t1", NOW)]
