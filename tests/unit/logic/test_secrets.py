"""An account's secrets: its own only, remembered for a while, and never half read."""

from typing import Any

import pytest

from interactor.logic.secrets import ACCOUNTS_REMEMBERED, FRESH, FRESH_EMPTY, SecretStore, SecretsUnreadableError
from tests.support.access.forge import Aws


class Clock:
    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(aws: Aws) -> Any:
    return aws("secretsmanager")


@pytest.fixture
def store(client: Any, clock: Clock) -> SecretStore:
    return SecretStore(client, "stack", clock)


def test_an_account_without_secrets_has_none(store: SecretStore) -> None:
    assert store.read("acc_1") == {}
    assert store.names("acc_1") == []


def test_what_is_written_is_read_in_full(store: SecretStore) -> None:
    store.write("acc_1", "API_KEY", "k")
    store.write("acc_1", "OTHER", 'ö"\n')
    assert store.read("acc_1") == {"API_KEY": "k", "OTHER": 'ö"\n'}
    assert store.names("acc_1") == ["API_KEY", "OTHER"]


def test_accounts_and_stacks_do_not_see_each_other(store: SecretStore, client: Any, clock: Clock) -> None:
    store.write("acc_1", "API_KEY", "k")
    assert store.read("acc_2") == {}
    assert SecretStore(client, "other", clock).read("acc_1") == {}


def test_a_read_is_remembered_for_five_minutes(store: SecretStore, client: Any, clock: Clock) -> None:
    store.write("acc_1", "API_KEY", "old")
    assert store.read("acc_1") == {"API_KEY": "old"}
    SecretStore(client, "stack", clock).write("acc_1", "API_KEY", "new")
    clock.now += FRESH - 1
    assert store.read("acc_1") == {"API_KEY": "old"}
    clock.now += 1
    assert store.read("acc_1") == {"API_KEY": "new"}


def test_that_there_are_none_is_remembered_for_a_shorter_time(store: SecretStore, client: Any, clock: Clock) -> None:
    assert store.read("acc_1") == {}
    SecretStore(client, "stack", clock).write("acc_1", "API_KEY", "k")
    clock.now += FRESH_EMPTY - 1
    assert store.read("acc_1") == {}
    clock.now += 1
    assert store.read("acc_1") == {"API_KEY": "k"}


def test_ones_own_write_is_seen_at_once(store: SecretStore) -> None:
    assert store.read("acc_1") == {}
    store.write("acc_1", "API_KEY", "k")
    assert store.read("acc_1") == {"API_KEY": "k"}
    assert store.remove("acc_1", "API_KEY")
    assert store.read("acc_1") == {}


def test_who_reads_cannot_change_what_is_remembered(store: SecretStore) -> None:
    store.write("acc_1", "API_KEY", "k")
    store.read("acc_1").clear()
    assert store.read("acc_1") == {"API_KEY": "k"}


def test_only_so_many_accounts_are_remembered(store: SecretStore) -> None:
    for number in range(ACCOUNTS_REMEMBERED + 5):
        store.read(f"acc_{number}")
    assert len(store._remembered) == ACCOUNTS_REMEMBERED


def test_removing_what_is_not_there_says_so(store: SecretStore) -> None:
    store.write("acc_1", "API_KEY", "k")
    assert not store.remove("acc_1", "OTHER")
    assert not store.remove("acc_2", "API_KEY")


@pytest.mark.parametrize("name", ["", "a b", "a-b", "1a", "ä", "a.b", "n" * 129])
def test_a_name_no_script_can_write_is_refused(store: SecretStore, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        store.write("acc_1", name, "k")


@pytest.mark.parametrize("value", ["", "x" * 70_000])
def test_a_value_that_cannot_be_kept_is_refused(store: SecretStore, value: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        store.write("acc_1", "API_KEY", value)
    assert store.names("acc_1") == []


def test_a_secret_that_is_being_deleted_is_none(store: SecretStore, client: Any) -> None:
    store.write("acc_1", "API_KEY", "k")
    client.delete_secret(SecretId="stack/accounts/acc_1")
    assert store.read("acc_1") == {}


def test_what_somebody_else_wrote_there_is_never_overwritten(store: SecretStore, client: Any) -> None:
    client.create_secret(Name="stack/accounts/acc_1", SecretString="a bare value")
    for attempt in (lambda: store.read("acc_1"), lambda: store.write("acc_1", "API_KEY", "k")):
        with pytest.raises(SecretsUnreadableError) as refused:
            attempt()
        assert "bare" not in str(refused.value)
    assert client.get_secret_value(SecretId="stack/accounts/acc_1")["SecretString"] == "a bare value"


def test_what_is_no_text_counts_as_not_set(store: SecretStore, client: Any) -> None:
    client.create_secret(Name="stack/accounts/acc_1", SecretString='{"PORT": 5432, "API_KEY": "k"}')
    assert store.read("acc_1") == {"API_KEY": "k"}


@pytest.mark.parametrize("account", ["", "acc/1", "../acc_1", "a*"])
def test_an_account_cannot_lead_elsewhere(store: SecretStore, account: str) -> None:
    with pytest.raises(ValueError, match="account"):
        store.read(account)
