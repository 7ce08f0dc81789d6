"""docs/models.md against the code."""

from interactor.logic.rules.instructions import REASONS
from tests.support.pages import code, rows, section, text

PAGE = text("docs/models.md")


def test_every_reason_for_plain_text_is_on_the_page() -> None:
    assert {code(row[0]) for row in rows(section(PAGE, "What happens"))} == set(REASONS)
