"""Registered clients: who they are, and whether a secret is theirs."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from interactor.access import clients
from interactor.access.clients import ClientStore, ClientTakenError, hash_secret, secret_matches
from interactor.access.rules.principal import ALL, Client
from tests.support.access.forge import NOW, Aws


@pytest.fixture
def store(aws: Aws, table: str) -> ClientStore:
    return ClientStore(aws("dynamodb"), table)


def add(store: ClientStore, **changes: Any) -> Client:
    values: dict[str, Any] = {
        "client_id": "web",
        "secret": "s3cret",
        "account_id": "acc_1",
        "scopes": ["workflows:read"],
        "namespaces": ["user_1"],
        "now": NOW,
    }
    return store.put(**{**values, **changes})


def test_a_client_is_known_by_its_secret(store: ClientStore) -> None:
    add(store, scopes=["*"], namespaces=["*"])
    assert store.authenticate("web", "s3cret") == Client("web", "acc_1", ("*",), ALL)


@pytest.mark.parametrize(
    ("client_id", "secret"),
    [("web", "S3cret"), ("web", ""), ("web", "s3cret "), ("other", "s3cret"), ("", "s3cret"), ("web#", "s3cret")],
)
def test_nobody_else_is(store: ClientStore, client_id: str, secret: str) -> None:
    add(store)
    assert store.authenticate(client_id, secret) is None


def test_an_unknown_client_costs_the_same_work_as_a_wrong_secret(
    store: ClientStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store)
    work: list[tuple[int, ...]] = []
    real = clients._scrypt

    def counted(secret: str, salt: bytes, n: int, r: int, p: int) -> bytes:
        work.append((len(salt), n, r, p))
        return real(secret, salt, n, r, p)

    monkeypatch.setattr(clients, "_scrypt", counted)
    read: list[Any] = []
    monkeypatch.setattr(store, "_client", SimpleNamespace(get_item=_told(store._client.get_item, read)))
    for client_id in ("web", "nobody", "no/id", "x" * 100):
        assert store.authenticate(client_id, "wrong") is None
    assert work == [(16, 2**14, 8, 1)] * 4
    assert len(read) == 4


def _told(function: Callable[..., Any], calls: list[Any]) -> Callable[..., Any]:
    def called(**arguments: Any) -> Any:
        calls.append(arguments)
        return function(**arguments)

    return called


def test_the_stored_unknown_is_of_the_form_of_a_real_hash() -> None:
    real = hash_secret("x", bytes(16)).split("$")
    assert [len(part) for part in clients._UNKNOWN.split("$")] == [len(part) for part in real]


def test_the_table_never_holds_a_secret(store: ClientStore, aws: Aws, table: str) -> None:
    add(store, secret="a-rather-visible-secret")
    items = aws("dynamodb").scan(TableName=table)["Items"]
    assert len(items) == 2
    assert "a-rather-visible-secret" not in repr(items)
    assert not any("hash" in name for item in items if item["pk"]["S"].startswith("A#") for name in item)


def test_equal_secrets_have_different_hashes(store: ClientStore, aws: Aws, table: str) -> None:
    add(store, client_id="one")
    add(store, client_id="two")
    items = aws("dynamodb").scan(TableName=table)["Items"]
    assert len({item["secret_hash"]["S"] for item in items if "secret_hash" in item}) == 2


def test_a_hash_of_another_cost_still_matches() -> None:
    old = "scrypt$1024$8$1$" + "ab" * 16 + "$" + clients._scrypt("s", bytes.fromhex("ab" * 16), 1024, 8, 1).hex()
    assert secret_matches("s", old)
    assert not secret_matches("t", old)


def test_an_account_lists_its_own_clients_only(store: ClientStore) -> None:
    for client_id, account in (("b", "acc_1"), ("a", "acc_1"), ("c", "acc_2")):
        add(store, client_id=client_id, account_id=account)
    assert [client.client_id for client in store.list("acc_1")] == ["a", "b"]
    assert store.list("acc_3") == []
    assert store.list("acc_1#C") == []


def test_a_removed_client_is_gone_from_everywhere(store: ClientStore) -> None:
    add(store)
    assert store.delete("web")
    assert store.get("web") is None
    assert store.authenticate("web", "s3cret") is None
    assert store.list("acc_1") == []
    assert not store.delete("web")


def test_a_client_registered_again_has_its_new_secret_and_rights(store: ClientStore) -> None:
    add(store)
    add(store, secret="new", scopes=["workflows:write"])
    assert store.authenticate("web", "s3cret") is None
    renewed = store.authenticate("web", "new")
    assert renewed is not None
    assert renewed.scopes == ("workflows:write",)
    assert len(store.list("acc_1")) == 1


def test_another_account_cannot_take_a_clients_id(store: ClientStore) -> None:
    add(store)
    with pytest.raises(ClientTakenError, match="web"):
        add(store, account_id="acc_2", secret="mine")
    assert store.authenticate("web", "mine") is None
    assert store.list("acc_2") == []


def test_an_existing_client_is_kept_when_it_may_not_be_replaced(store: ClientStore) -> None:
    add(store, replace=False)
    with pytest.raises(ClientTakenError):
        add(store, replace=False, secret="other")
    assert store.authenticate("web", "s3cret") is not None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"client_id": "a#b"}, "client id"),
        ({"client_id": ""}, "client id"),
        ({"client_id": "a" * 65}, "client id"),
        ({"account_id": "acc#1"}, "account"),
        ({"secret": ""}, "secret"),
        ({"secret": "s" * 1025}, "secret"),
        ({"scopes": []}, "at least one scope"),
        ({"scopes": ["workflows:reed"]}, "'workflows:reed' is not a scope"),
        ({"namespaces": []}, "namespaces"),
        ({"namespaces": ["a b"]}, "'a b' is not a namespace"),
        ({"namespaces": ["a", "*"]}, "stands alone"),
        ({"namespaces": [f"{i:03}" + "x" * 40 for i in range(100)]}, "request header"),
    ],
)
def test_a_client_of_wrong_values_is_refused_in_words(store: ClientStore, change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        add(store, **change)
    assert store.list("acc_1") == []


def test_each_registration_has_a_generation_of_its_own_also_in_another_account(store: ClientStore) -> None:
    generations = set()
    for account in ("acc_acme", "acc_acme", "acc_other"):
        if account == "acc_other":
            store.delete("web")
        add(store, client_id="web", account_id=account)
        found = store.get("web")
        assert found is not None
        generations.add(found.generation)
    assert len(generations) == 3
