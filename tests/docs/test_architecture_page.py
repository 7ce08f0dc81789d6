"""docs/architecture.md and docs/rulings.md: the places and tests they name are there, and so are all numbers."""

import re

import pytest

from tests.support.pages import ROOT, rows, section, text

PAGE = text("docs/architecture.md")
ENGINE = ROOT / "layers" / "engine" / "interactor"
LATEST_RULING = 39
INVARIANTS = 12


def test_the_files_that_the_page_names_exist() -> None:
    for row in rows(section(PAGE, "Where things are")):
        for name in re.findall(r"`([\w/]+/[\w.]*)`", row[1]):
            assert (ENGINE / name).exists(), name


@pytest.mark.parametrize("reading", ["One resume", "One step", "One timeout", "One webhook"])
def test_a_way_is_read_in_eight_files_and_1200_lines(reading: str) -> None:
    named = re.findall(r"^\d+\. `([\w/.]+)`", section(PAGE, reading), re.MULTILINE)
    paths = [(ROOT if name.startswith("functions/") else ENGINE) / name for name in named]
    assert 5 <= len(paths) <= 8
    assert sum(len(path.read_text("utf-8").splitlines()) for path in paths) <= 1_200


def test_every_invariant_names_tests_that_exist() -> None:
    head, *invariants = re.split(r"^(?=\d+\. \*\*)", section(PAGE, "Invariants"), flags=re.MULTILINE)
    assert "Twelve rules" in head
    assert [each.split(".")[0] for each in invariants] == [str(number) for number in range(1, INVARIANTS + 1)]
    for invariant in invariants:
        file = ""
        for named in re.findall(r"- `(\S+)`", invariant):
            if named.endswith(".py"):
                file = named
                assert (ROOT / file).exists(), file
            else:
                assert f"def {named}(" in text(file), f"{file} has no {named}"
        assert file, invariant


def test_every_ruling_is_there_in_order() -> None:
    numbers = re.findall(r"^### (\d+)\. ", text("docs/rulings.md"), re.MULTILINE)
    assert numbers == [str(number) for number in range(1, LATEST_RULING + 1)]


def test_the_rulings_that_code_cites_are_there() -> None:
    for path in [*ENGINE.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]:
        for cited in re.findall(r"[Rr]uling (\d+)", path.read_text("utf-8")):
            assert 1 <= int(cited) <= LATEST_RULING, f"{path.name} cites ruling {cited}"
