"""docs/quickstart.md: its commands and its program, run as they stand against a local run."""

import os
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests

from interactor.api.openapi.operations import OPERATIONS
from interactor_client import ApiError, Client
from local.launch import LaunchedRun, start_local_run
from tests.support.pages import ROOT, blocks, text

PAGE = text("docs/quickstart.md")


@pytest.fixture(scope="module")
def run() -> Iterator[LaunchedRun]:
    with start_local_run() as started:
        yield started


@pytest.fixture(scope="module")
def printed(run: LaunchedRun, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the second terminal shows, line by line."""
    here = _checkout(tmp_path_factory.mktemp("quickstart"))
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


def _checkout(folder: Path) -> Path:
    """A folder that stands for the checkout's: programs in it find the client."""
    (folder / "interactor_client").symlink_to(ROOT / "interactor_client")
    return folder


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


class Commands(HTMLParser):
    """The commands of the reference page: those of its beginning, and that of each operation."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.start: list[str] = []
        self.operations: dict[str, str] = {}
        self._section, self._inside = "", False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "section":
            self._section = dict(attrs).get("id") or ""
        self._inside = tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside and self._section == "start":
            self.start.append(data)
        elif self._inside and data.startswith("curl "):
            self.operations[self._section] = data


@pytest.fixture(scope="module")
def reference(run: LaunchedRun) -> Commands:
    # What it subscribes is somebody's: the events of this test are not sent there.
    page = requests.get(f"{run.url}/docs", timeout=10).text.replace("https://yourapp.com", "http://127.0.0.1:9")
    return Commands(page)


def _shell(commands: str) -> str:
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", commands], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_reference_page_leads_to_a_first_instance(run: LaunchedRun, reference: Commands) -> None:
    commands = "\n".join(reference.start[:4])
    assert run.url in commands
    assert '"status":"completed","current_state":"approved"' in _shell(commands)


def test_every_example_of_the_reference_page_runs_as_it_stands(reference: Commands) -> None:
    assert len(reference.operations) == len(OPERATIONS)
    # As a reader would who tries them all: what ends or deletes something comes last.
    logged = f"until {reference.operations['list_deliveries']} | grep -q $DELIVERY_ID; do :; done; echo"
    mine = "\n".join([*reference.start[:3], reference.start[4], logged])
    last = ("cancel_instance", "disable_subscription", "delete_subscription", "revoke_token")
    names = [*(name for name in reference.operations if name not in last), *last]
    tried = [f"{reference.operations[name]} -o /dev/null -w '{name} %{{http_code}}\\n'" for name in names]
    script = "\n".join([mine, *tried]).replace("approval_workflow", "another_workflow")
    answers = dict(line.split() for line in _shell(script).splitlines() if re.fullmatch(r"\w+ \d{3}", line))
    assert answers.keys() == set(names)
    refused = {name: status for name, status in answers.items() if not status.startswith("2")}
    # No task waits in this workflow.
    of_tasks = {each.id for each in OPERATIONS if "task_id" in each.parameters}
    # It exists, is published, has not failed, has ended: the state of things, and no fault of the example.
    assert set(refused) <= of_tasks | {
        "create_workflow", "publish_version", "retry_instance", "resume_thread", "pause_instance", "unpause_instance",
        "cancel_instance", "create_file", "get_file",
    }, refused  # fmt: skip
    assert {refused.pop(name) for name in of_tasks & refused.keys()} == {"404"}
    assert refused.pop("get_file", "404") == "404", "nothing was sent for it"
    assert set(refused.values()) <= {"400", "409"}


def test_the_commands_of_the_page_on_files_announce_send_decide_and_read(run: LaunchedRun, tmp_path: Path) -> None:
    """Against the embedded AWS, from another process."""
    page = text("docs/files.md")
    token = blocks(PAGE, "sh")[1]
    commands = "\n".join([token, *blocks(page.replace("\n   ", "\n"), "sh"), _python(page)])
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", _at(run, commands)], cwd=_checkout(tmp_path), env=environment,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (decided,) = [line for line in done.stdout.splitlines() if '"current_state":"signed"' in line]
    assert '"name":"contract.txt","content_type":"text/plain","size":10' in decided
    assert done.stdout.splitlines()[-2:] == ["We agree.", "We agree."]


def _python(page: str) -> str:
    (program,) = blocks(page, "python")
    return f"{ROOT}/.venvs/app/bin/python - <<'END'\n{program}END\n"


def test_what_is_downloaded_is_an_attachment(run: LaunchedRun) -> None:
    client = Client(run.url, "local", "local-secret")
    instance = client.create_instance("signing")["id"]
    file_id = client.upload_file(instance, "contract", '../ä";b.txt', b"We agree.")
    link = client.transport.call("GET", f"/workflows/instances/{instance}/files/{file_id}")["url"]
    answer = requests.get(link, timeout=10)
    assert answer.content == b"We agree."
    name = "filename=\"_a__b.txt\"; filename*=UTF-8''_%C3%A4%22%3Bb.txt"
    assert answer.headers["Content-Disposition"] == f"attachment; {name}"


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (b"We agree", {}),
        (b"We agree!!", {}),
        (b"We agree.", {"Content-Type": "text/html"}),
        (b"We agree.", {"key": "x"}),
    ],
)
def test_the_embedded_bucket_takes_only_what_was_announced(
    run: LaunchedRun, content: bytes, fields: dict[str, str]
) -> None:
    client = Client(run.url, "local", "local-secret")
    name = f"strict_{len(content)}_{len(fields)}_{len(fields.get('key', ''))}"
    field = {"name": "contract", "type": "file", "label": "Contract"}
    wait = {"type": "halting", "presentation": {"type": "form", "fields": [field]}, "transitions": [{"target": "end"}]}
    states = {"wait": wait, "end": {"type": "terminal"}}
    made = client.create_workflow({"name": name, "initial_state": "wait", "states": states})
    client.publish(name, made["version_id"])
    instance = client.create_instance(name)["id"]
    announced = {"field": "contract", "name": "a.txt", "content_type": "text/plain", "size": 9}
    upload = client.transport.call("POST", f"/workflows/instances/{instance}/files", announced)
    sent = requests.post(upload["url"], data=upload["fields"] | fields, files={"file": ("f", content)}, timeout=10)
    assert sent.status_code in (400, 403), sent.text
    with pytest.raises(ApiError, match="validation_error"):
        client.resume(instance, {"contract": upload["id"]})


def test_the_page_on_the_local_run_shows_what_it_prints(run: LaunchedRun) -> None:
    shown = blocks(text("docs/local-run.md"), "")[0].splitlines()
    printed = [line.replace(str(run.directory), ".local") for line in run.lines]
    shown, printed = (
        [re.sub(r"\d+ (functions|routes)", r"N \1", line) for line in lines] for lines in (shown, printed)
    )
    shown[:-1] = [line.replace("http://127.0.0.1:8080", run.url.removesuffix("/api/v1")) for line in shown[:-1]]
    assert shown[:-1] == printed[: len(shown) - 1]
    assert printed[len(shown) - 1] == f"ready {run.url}"
    assert shown[-1] == "ready http://127.0.0.1:8080/api/v1"


def test_the_readme_leads_here() -> None:
    assert "docs/quickstart.md" in Path(ROOT / "README.md").read_text("utf-8")
