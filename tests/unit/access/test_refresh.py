"""Refresh tokens: each works once, an old one ends the family (ruling 25)."""

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from interactor.access.issuer import ENTROPY_BYTES, IssuedToken, Issuer, issue_token
from interactor.access.refresh import Families as Kept
from interactor.access.refresh import Family
from interactor.access.rules.principal import ALL, Client
from interactor.access.token_store import FamilyStore
from interactor.aws.dynamo.table import Table
from interactor.core.errors import InvalidRequestError, UnauthorizedError
from interactor.core.storing import StoreBusyError
from interactor.core.times import DAY
from tests.support.access.families import Families
from tests.support.access.forge import NOW, Aws


@dataclass
class Desk:
    """A token endpoint, its clients, and its clock."""

    families: Kept = field(default_factory=Families)
    now: int = NOW
    known: dict[str, Client] = field(
        default_factory=lambda: {
            "web": Client("web", "acc_1", ("workflows:read", "workflows:execute"), ("user_1",)),
            "other": Client("other", "acc_2", ("*",), ALL),
        }
    )
    claims: dict[str, Any] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(3))  # noqa: S311 - tests want it predictable

    def authenticate(self, client_id: str, secret: str) -> Client | None:
        return self.known.get(client_id) if secret == "right" else None

    def get(self, client_id: str) -> Client | None:
        return self.known.get(client_id)

    def sign(self, claims: dict[str, Any]) -> str:
        self.claims = claims
        return "signed"

    def ask(self, authorization: str | None = None, **form: Any) -> IssuedToken:
        issuer = Issuer("https://issuer.test", "interactor", self, self, self.families)
        return issue_token(issuer, form, authorization, self.now, self.chance.randbytes(ENTROPY_BYTES))

    def first(self, **form: Any) -> str:
        grant = {"grant_type": "client_credentials", "client_id": "web", "client_secret": "right"}
        return self.ask(**grant, **form).refresh_token

    def refresh(self, token: str, client_id: str = "web", **form: Any) -> IssuedToken:
        return self.ask(grant_type="refresh_token", refresh_token=token, client_id=client_id, **form)


@pytest.fixture(params=["memory", "table"])
def desk(request: pytest.FixtureRequest) -> Desk:
    if request.param == "memory":
        return Desk()
    aws: Aws = request.getfixturevalue("aws")
    return Desk(FamilyStore(Table(aws("dynamodb"), request.getfixturevalue("table"))))


def test_a_refresh_token_buys_the_next_access_token_and_refresh_token(desk: Desk) -> None:
    first = desk.first()
    second = desk.refresh(first)
    assert second.access_token == "signed"
    assert (desk.claims["sub"], desk.claims["account_id"]) == ("web", "acc_1")
    assert desk.claims["namespaces"] == ["user_1"]
    assert second.refresh_token != first
    assert desk.refresh(second.refresh_token).scope == "workflows:read workflows:execute"


def test_an_old_token_ends_the_family(desk: Desk) -> None:
    first = desk.first()
    second = desk.refresh(first).refresh_token
    with pytest.raises(UnauthorizedError, match="used before"):
        desk.refresh(first)
    with pytest.raises(UnauthorizedError):
        desk.refresh(second)


def test_other_families_of_the_client_live_on(desk: Desk) -> None:
    first, elsewhere = desk.first(), desk.first()
    desk.refresh(first)
    with pytest.raises(UnauthorizedError):
        desk.refresh(first)
    assert desk.refresh(elsewhere)


def test_of_two_requests_with_one_token_the_second_ends_the_family(desk: Desk) -> None:
    first, families = desk.first(), desk.families

    class Slow:
        """Another request comes between this one's look and its rotation."""

        def get(self, family_id: str) -> Any:
            found = families.get(family_id)
            desk.families = families
            desk.refresh(first)
            return found

        def __getattr__(self, name: str) -> Any:
            return getattr(families, name)

    desk.families = Slow()  # type: ignore[assignment]  # the rest of it is the store's
    with pytest.raises(UnauthorizedError, match="used before"):
        desk.refresh(first)


def test_a_token_lives_30_days_from_its_own_issue(desk: Desk) -> None:
    token = desk.first()
    desk.now += 29 * DAY
    token = desk.refresh(token).refresh_token
    desk.now += 29 * DAY
    token = desk.refresh(token).refresh_token
    desk.now += 30 * DAY
    with pytest.raises(UnauthorizedError):
        desk.refresh(token)


def test_only_its_own_client_can_use_a_token_and_a_stranger_ends_nothing(desk: Desk) -> None:
    token = desk.first()
    with pytest.raises(UnauthorizedError):
        desk.refresh(token, client_id="other")
    assert desk.refresh(token)


def test_what_the_client_lost_since_is_lost(desk: Desk) -> None:
    token = desk.first()
    desk.known["web"] = Client("web", "acc_1", ("workflows:read",), ("user_1",))
    assert desk.refresh(token).scope == "workflows:read"


def test_a_client_that_is_gone_has_no_tokens(desk: Desk) -> None:
    token = desk.first()
    del desk.known["web"]
    with pytest.raises(UnauthorizedError):
        desk.refresh(token)


def test_a_refresh_never_widens_what_the_first_token_was_for(desk: Desk) -> None:
    token = desk.first(scope="workflows:read")
    with pytest.raises(InvalidRequestError):
        desk.refresh(token, scope="workflows:execute")
    assert desk.refresh(token).scope == "workflows:read"


def test_a_narrower_refresh_leaves_the_family_as_wide_as_it_was(desk: Desk) -> None:
    narrowed = desk.refresh(desk.first(), scope="workflows:read")
    assert narrowed.scope == "workflows:read"
    assert desk.refresh(narrowed.refresh_token).scope == "workflows:read workflows:execute"


def test_a_secret_that_is_sent_must_be_right(desk: Desk) -> None:
    token = desk.first()
    with pytest.raises(UnauthorizedError):
        desk.refresh(token, client_secret="wrong")
    assert desk.refresh(token, client_secret="right")


def test_the_access_token_that_is_to_be_replaced_may_come_along(desk: Desk) -> None:
    token = desk.first()
    assert desk.refresh(token, authorization="Bearer an.old.one")


@pytest.mark.parametrize(
    "token", ["x", "rt_", "rt_" + "0" * 32 + "." + "A" * 43, "rt_" + "0" * 32, "rt_../../M." + "A" * 43, "\ud800"]
)
def test_what_is_no_refresh_token_buys_nothing(desk: Desk, token: str) -> None:
    with pytest.raises(UnauthorizedError):
        desk.refresh(token)


def test_a_token_is_not_used_up_where_the_next_one_could_not_be_signed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KMS throttles, the caller is told to come again, and comes with the token that it has."""
    first = desk.first()

    def throttled(_: dict[str, Any]) -> str:
        raise StoreBusyError("ThrottlingException")

    with monkeypatch.context() as patch:
        patch.setattr(desk, "sign", throttled)
        with pytest.raises(StoreBusyError):
            desk.refresh(first)
    assert desk.refresh(first).access_token == "signed"


def test_a_rotation_whose_answer_was_lost_is_found_done_when_it_is_tried_again(aws: Aws, table: str) -> None:
    """Else a lost packet would look like a stolen token, and end the family."""
    store = FamilyStore(Table(aws("dynamodb"), table))
    family = Family("f" * 26, "web", ("workflows:read",), "old", NOW + DAY)
    store.put(family)
    assert store.rotate(family, "new", NOW + DAY)
    assert store.rotate(family, "new", NOW + DAY)
    assert not store.rotate(family, "another", NOW + DAY)


def test_nothing_that_is_kept_can_be_used_as_a_token() -> None:
    desk = Desk(Families())
    token = desk.first()
    assert token.partition(".")[2] not in repr(desk.families)


def test_an_unknown_client_costs_the_same_reads_as_another_clients_token(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(Families())
    token, read = desk.first(), list[str]()
    real = desk.families.get
    monkeypatch.setattr(desk.families, "get", lambda family_id: (read.append(family_id), real(family_id))[1])
    told = set()
    for client_id in ("other", "nobody"):
        with pytest.raises(UnauthorizedError) as refused:
            desk.refresh(token, client_id=client_id)
        told.add(str(refused.value))
    assert len(read) == 2
    assert len(told) == 1
