"""README.md: its commands, run as they stand against a local run; its links, and those of the other pages."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.launch import LaunchedRun, start_local_run
from tests.support.pages import DOCS, ROOT, blocks, section, text

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")])
BY_HAND = section(text("README.md"), "Try it by hand")


@pytest.fixture(scope="module")
def run() -> Iterator[LaunchedRun]:
    with start_local_run() as started:
        yield started


@pytest.fixture(scope="module")
def printed(run: LaunchedRun) -> str:
    """What the second terminal shows."""
    _serve, *commands = blocks(BY_HAND, "sh")
    script = "\n".join(commands).replace("http://127.0.0.1:8080/api/v1", run.url)
    done = subprocess.run(["bash", "-eu", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def test_the_commands_publish_halt_list_and_complete(printed: str) -> None:
    answers = printed.strip().splitlines()
    created, published, halted, listed, completed, subscribed = answers
    assert '"status":"draft"' in created
    assert '"status":"published"' in published
    assert '"title":"3 days of leave for Ada"' in halted
    assert '"status":"halted"' in listed
    assert '"status":"completed","current_state":"granted"' in completed
    assert '"secret":"whsec_' in subscribed


def test_make_targets_that_pages_name_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    named = {target for page in PAGES for target in re.findall(r"\bmake ([a-z]+)\b", _code_of(page))}
    assert named
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_every_decision_is_listed() -> None:
    index = (DOCS / "decisions" / "README.md").read_text("utf-8")
    for note in (DOCS / "decisions").glob("2*.md"):
        heading = note.read_text("utf-8").splitlines()[0].removeprefix("# ")
        assert f"[{heading}]({note.name})" in index


def _code_of(page: Path) -> str:
    shell = "\n".join(blocks(page.read_text("utf-8"), "sh"))
    return shell + "\n".join(re.findall(r"`([^`\n]+)`", page.read_text("utf-8")))
