"""docs/dependencies.md against requirements/*.in."""

import re

import pytest

from tests.support.pages import ROOT, code, rows, section, text

PAGE = text("docs/dependencies.md")
FILES = sorted(path.name for path in (ROOT / "requirements").glob("*.in"))


def named(file: str) -> set[str]:
    lines = text(f"requirements/{file}").splitlines()
    return {re.split(r"[\[<>=!~; ]", line)[0] for line in lines if line and line[0] not in "#-"}


@pytest.mark.parametrize("file", FILES)
def test_every_direct_dependency_has_its_reason(file: str) -> None:
    found = rows(section(PAGE, file))
    assert {code(row[0]) for row in found} == named(file)
    assert all(row[1] for row in found)
