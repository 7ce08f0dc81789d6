"""What ``pip install .`` gives somebody else's project: the wheel, in an environment that has nothing else.

Building and installing ask a package index, as building the layers does.
"""

import json
import re
import subprocess
import sys
import threading
import tomllib
import venv
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import Distribution, distribution, distributions, packages_distributions
from pathlib import Path
from typing import Any

import pytest

import interactor_client
from tests.deploy.test_tools import run
from tests.support.pages import ROOT, blocks, section, text

PROJECT = tomllib.loads(text("pyproject.toml"))["project"]
(PROGRAM,) = blocks(section(text("docs/client.md"), "A program"), "python")
INSTANCE = {"id": "inst_1", "status": "halted", "current_state": "decide", "halt_id": "halt_1", "threads": []}

pytestmark = pytest.mark.build


def pip(*command: str | Path, home: Path) -> None:
    """Run pip; where it reaches no package index, say so."""
    try:
        run(sys.executable, "-m", "pip", *command, "--quiet", "--retries", "1", home=home)
    except AssertionError as failed:
        if "No matching distribution found" in str(failed):
            pytest.fail(f"pip reached no package index that has what is needed (PIP_INDEX_URL names one):\n{failed}")
        raise


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--wheel-dir", folder, ROOT, home=folder)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment in which the wheel alone was installed, with what it asks for."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    pip("--python", folder / "bin/python", "install", "--no-compile", wheel, home=folder)
    return folder / "bin"


@dataclass
class Stub:
    """An API that has one halted instance, and remembers what it was asked."""

    url: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list)

    def answer(self, call: str, body: Any) -> dict[str, Any]:
        self.calls.append((call, body))
        if call == "POST /api/v1/oauth/token":
            return {"access_token": "token", "expires_in": 3600}
        if any(made.endswith("/resume") for made, _ in self.calls):
            return INSTANCE | {"status": "completed", "current_state": "approved"}
        return INSTANCE | {"halting_presentation": {"title": "Three days for ada"}}


@pytest.fixture
def stub() -> Iterator[Stub]:
    told = Stub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = told.answer(f"{self.command} {self.path}", json.loads(content) if content else None)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"data": answer}).encode())

        do_POST = do_GET  # noqa: N815  # the base class's name

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        told.url = f"http://127.0.0.1:{server.server_port}/api/v1"
        yield told
        server.shutdown()


def ran(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program of the environment, run from a folder that has nothing to import."""
    folder = Path(command[0]).parent
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def test_the_page_names_the_wheel(wheel: Path) -> None:
    assert f"dist/{wheel.name}" in text("docs/client.md")


def test_the_environment_has_the_wheel_and_requests_alone(bin_folder: Path) -> None:
    (site_packages,) = bin_folder.parent.glob("lib/python*/site-packages")
    installed = {found.name: found for found in distributions(path=[str(site_packages)])}
    assert installed.keys() == {PROJECT["name"], *needed("requests")}
    assert installed[PROJECT["name"]].version == interactor_client.__version__
    assert (site_packages / "interactor_client/py.typed").exists()


def test_the_program_of_the_page_runs_and_loads_nothing_of_the_engine(bin_folder: Path, stub: Stub) -> None:
    watched = "import atexit, sys\natexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))\n"
    done = ran(bin_folder / "python", "-I", "-c", watched + PROGRAM, INTERACTOR_URL=stub.url)

    assert (done.returncode, done.stdout) == (0, "Three days for ada\ncompleted approved\n"), done.stderr
    assert [call for call, _ in stub.calls] == [
        "POST /api/v1/oauth/token",
        "POST /api/v1/workflows/leave_request/instances",
        "GET /api/v1/workflows/instances/inst_1",
        "POST /api/v1/workflows/instances/inst_1/resume",
        "GET /api/v1/workflows/instances/inst_1",
    ]
    assert stub.calls[3][1] == {"input": {"approved": True}, "halt_id": "halt_1"}
    loaded = {module.partition(".")[0] for module in done.stderr.split()}
    assert {"interactor_client", "requests"} <= loaded
    assert not {"interactor", "interactor_cli", "boto3", "pydantic"} & loaded


def test_the_installed_types_hold_the_program_of_the_page_to_them(bin_folder: Path, tmp_path: Path) -> None:
    wrong = "instance_id: int = client.get_instance(ask_for_leave("
    (tmp_path / "right.py").write_text(PROGRAM)
    (tmp_path / "wrong.py").write_text(PROGRAM.replace("instance = client.get_instance(ask_for_leave(", wrong))
    mypy = [sys.executable, "-m", "mypy", "--strict", "--python-executable", bin_folder / "python"]
    done = subprocess.run(
        [*mypy, "--config-file=", "--cache-dir=cache", "right.py", "wrong.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "import-untyped" not in done.stdout
    assert "right.py" not in done.stdout
    assert 'wrong.py:19: error: Incompatible types in assignment (expression has type "Instance"' in done.stdout


def test_the_command_helps_and_says_its_version(bin_folder: Path) -> None:
    assert "examples:" in ran(bin_folder / "interactor", "--help").stdout
    assert ran(bin_folder / "interactor", "--version").stdout == f"interactor {interactor_client.__version__}\n"


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (["clients"], 2, "invalid choice: 'clients'"),
        (["client", "list"], 2, "required: --account"),
        (["client", "list", "--local", "--account", "acc_local"], 1, "the extra 'admin'"),
    ],
)
def test_the_command_says_in_one_line_what_is_wrong(bin_folder: Path, argv: list[str], code: int, says: str) -> None:
    done = ran(bin_folder / "interactor", *argv)
    assert (done.returncode, done.stdout) == (code, "")
    assert re.fullmatch(rf"error: .*{re.escape(says)}.*\n", done.stderr)


def test_the_extra_names_what_the_commands_on_a_deployment_import() -> None:
    modules = "sys, interactor_cli.__main__, interactor_cli.deployment.run"
    program = f"import {modules}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    owners = packages_distributions()
    imported = {owner for module in loaded.stdout.split() for owner in owners.get(module, [])} - {"setuptools"}
    asked = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["admin"]]
    named = {re.split(r"[\[<>=!~; ]", requirement)[0] for requirement in asked}
    assert named <= imported
    assert {normal(name) for name in imported} <= set().union(*(needed(name) for name in named))


def needed(name: str) -> set[str]:
    """This package and all that it needs, by the environment of the tests."""
    found: Distribution = distribution(name)
    needs = (each for each in found.requires or [] if "extra ==" not in each)
    return {normal(name)}.union(*(needed(re.split(r"[\[<>=!~; (]", each)[0]) for each in needs))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
