"""Paths of this repository that the pages name between backquotes: each is there."""

import re
from pathlib import Path

import pytest

from tests.support.pages import ROOT

ENGINE = ROOT / "layers" / "engine" / "interactor"
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(ROOT.glob("docs/**/*.md"))
BASES = (ROOT, ENGINE, ROOT / "docs")
"""A path is written from one of these."""
FORMER = {"usecases", "adapters"}
"""Folders that are no more: whoever names them means the tree as it was."""
FIRST = FORMER | {each.name for base in BASES for each in base.iterdir() if not each.name.startswith(".")}


def is_there(path: str) -> bool:
    """Whether something has this path: a file, a folder, or, written ``folder/module.name``, a name in a module."""
    if any((base / path).exists() for base in BASES):
        return True
    module, _, name = path.rpartition(".")
    files = [base / f"{module}.py" for base in BASES if name.isidentifier()]
    return any(file.exists() and re.search(rf"\b{name}\b", file.read_text("utf-8")) for file in files)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_paths_that_a_page_names_exist(page: Path) -> None:
    named = re.findall(r"`([\w.-]+(?:/[\w.-]+)+/?)`", page.read_text("utf-8"))
    paths = [path for path in named if path.split("/")[0] in FIRST and "..." not in path]
    assert [path for path in paths if not is_there(path)] == []


@pytest.mark.parametrize("path", ["usecases/deliver.py", "core/no_such_module.py", "core/jsons.no_such_name"])
def test_a_path_that_is_no_more_is_found_out(path: str) -> None:
    assert path.split("/")[0] in FIRST
    assert not is_there(path)
