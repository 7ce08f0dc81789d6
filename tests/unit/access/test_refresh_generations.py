"""A refresh token ends with the registration of its client."""

import pytest

from interactor.access import refresh
from interactor.access.rules.tokens import Family
from interactor.core.errors import UnauthorizedError


class Kept:
    """Families in memory."""

    def __init__(self) -> None:
        self.family: Family | None = None

    def get(self, family_id: str) -> Family | None:
        return self.family

    def put(self, family: Family) -> None:
        self.family = family

    def rotate(self, family: Family, next_hash: str, expires_at: int) -> bool:
        return True

    def end(self, family_id: str) -> None:
        self.family = None


@pytest.mark.parametrize(("kept", "holds"), [("first", True), ("other", False), (None, False)])
def test_a_refresh_token_holds_for_the_registration_it_was_given_to(kept: str | None, holds: bool) -> None:
    families = Kept()
    token = refresh.begin(families, "web", ["*"], 0, bytes(48), "first")
    assert families.family is not None
    families.family = Family("0" * 32, "web", ("*",), families.family.next_hash, 10, kept)
    if holds:
        assert refresh.find(families, token, "web", 1, "first") == families.family
    else:
        with pytest.raises(UnauthorizedError):
            refresh.find(families, token, "web", 1, "first")
