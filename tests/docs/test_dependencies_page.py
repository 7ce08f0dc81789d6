"""docs/dependencies.md against requirements/*.in and pyproject.toml."""

import re
import tomllib
from collections.abc import Iterable

import pytest

from tests.support.pages import ROOT, code, rows, section, text

PAGE = text("docs/dependencies.md")
FILES = sorted(path.name for path in (ROOT / "requirements").glob("*.in"))


def named(file: str) -> set[str]:
    return names(line for line in text(f"requirements/{file}").splitlines() if line and line[0] not in "#-")


def names(requirements: Iterable[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", requirement)[0] for requirement in requirements}


@pytest.mark.parametrize("file", FILES)
def test_every_direct_dependency_has_its_reason(file: str) -> None:
    found = rows(section(PAGE, file))
    assert {code(row[0]) for row in found} == named(file)
    assert all(row[1] for row in found)


def test_what_other_projects_install_has_its_reason_and_the_build_is_pinned() -> None:
    declared = tomllib.loads(text("pyproject.toml"))
    build, project = declared["build-system"]["requires"], declared["project"]
    asked = [
        *build,
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    found = rows(section(PAGE, "pyproject.toml"))
    assert {code(row[0]) for row in found} == names(asked)
    assert all(row[1] for row in found)
    assert all("==" in each for each in build)
