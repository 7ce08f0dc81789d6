"""docs/quickstart.md: its commands and its program, run as they stand against a local run."""

import html
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.launch import LaunchedRun, start_local_run
from tests.docs.pages import ROOT, blocks, text

PAGE = text("docs/quickstart.md")


@pytest.fixture(scope="module")
def run() -> Iterator[LaunchedRun]:
    with start_local_run() as started:
        yield started


@pytest.fixture(scope="module")
def printed(run: LaunchedRun, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the second terminal shows, line by line."""
    here = tmp_path_factory.mktemp("quickstart")
    (program,) = blocks(PAGE, "python")
    (here / "leave.py").write_text(_at(run, program))
    serve, *commands = blocks(PAGE, "sh")
    assert serve.strip() == "make serve"
    script = _at(run, "\n".join(commands)).replace(".venvs/app/bin/python", str(ROOT / ".venvs/app/bin/python"))
    environment = {"PATH": os.environ["PATH"], "HOME": str(here)}
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script], cwd=here, env=environment, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()


def _at(run: LaunchedRun, commands: str) -> str:
    return commands.replace("http://127.0.0.1:8080/api/v1", run.url)


def test_curl_publishes_starts_lists_decides_and_reads_the_history(printed: list[str]) -> None:
    published, listed, decided, history = printed[:4]
    assert '"status":"published"' in published
    assert '"status":"halted","current_state":"decide"' in listed
    assert '"status":"completed","current_state":"granted"' in decided
    assert '"subtype":"completed"' in history


def test_the_program_starts_decides_waits_and_reads(printed: list[str]) -> None:
    title, ended, *events = printed[4:-1]
    assert title == "5 days of leave for Grace"
    assert ended == "completed refused"
    assert events[0] == "1 lifecycle created"
    assert [int(event.split()[0]) for event in events] == list(range(1, len(events) + 1))


def test_the_subscription_shows_its_secret(printed: list[str]) -> None:
    assert '"secret":"whsec_' in printed[-1]


def test_the_reference_page_leads_to_a_first_instance(run: LaunchedRun) -> None:
    page = requests.get(f"{run.url}/docs", timeout=10).text
    start = page[page.index('<section id="start">') :]
    commands = "\n".join(html.unescape(each) for each in re.findall(r"<pre>(.*?)</pre>", start, re.DOTALL)[:2])
    assert run.url in commands
    done = subprocess.run(["bash", "-eu", "-c", commands], capture_output=True, text=True, timeout=60)
    assert '"status":"completed","current_state":"approved"' in done.stdout, done.stderr


def test_the_readme_leads_here() -> None:
    assert "docs/quickstart.md" in Path(ROOT / "README.md").read_text("utf-8")
