"""docs/scaling.md against the model that its figures come from."""

from benchmarks import scaling
from tests.support.pages import rows, section, text

PAGE = text("docs/scaling.md")


def test_the_limits_of_one_account_are_those_of_the_model() -> None:
    told = [row[:2] for row in rows(section(PAGE, "What one account meets first"))]
    assert told == scaling.limit_rows()


def test_what_deployments_carry_is_what_the_model_says() -> None:
    assert [list(row) for row in rows(section(PAGE, "What whole deployments carry"))] == scaling.rows()
