"""docs/webhooks.md: its receivers, run as they stand, take every event that the engine signs once, in any order.

The Python one is run as a program. The TypeScript one loses its types, and runs as a program where Node.js is; what it
decides is run everywhere, in the engine that runs scripts, with stand-ins for the little it uses of Node.js.
"""

import hashlib
import hmac
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import quickjs

from interactor.webhooks.rules.signatures import headers
from tests.docs.pages import blocks, text

PAGE = text("docs/webhooks.md")
SECRET = "whsec_" + "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
STAND_INS = (Path(__file__).parent / "node_stand_ins.js").read_text("utf-8")
PYTHON = {"verify.py": blocks(PAGE, "python")[0], "receiver.py": blocks(PAGE, "python")[1]}
TYPESCRIPT = {"verify.ts": blocks(PAGE, "typescript")[0], "receiver.ts": blocks(PAGE, "typescript")[1]}

Send = Callable[..., int]


def erased(source: str) -> str:
    """TypeScript without its types, as far as the examples have any."""
    source = re.sub(r"^type .*;\n", "", source, flags=re.MULTILINE)
    source = re.sub(r"\b(Set|Map)<[^>]*>", r"\1", source)
    source = re.sub(r" as Headers\b", "", source)
    return re.sub(r": (?:Record<[^>]*>|Headers|Buffer|string|boolean|void|any)(?:\[\])?(?=[,)=; ]| \{)", "", source)


def event(key: str, instance: str, sequence: int, state: str, thread: str = "", kind: str = "halted") -> bytes:
    data = {"instance_id": instance, "sequence": sequence, "current_state": state, "workflow_data": {"a": "é✓"}}
    body = {
        "event": f"workflow.instance.{kind}",
        "idempotency_key": key,
        "data": data | ({"thread_id": thread} if thread else {}),
    }
    return json.dumps(body, ensure_ascii=False).encode()


def signed(body: bytes, at: int | None = None, secret: str = SECRET) -> dict[str, str]:
    moment = int(time.time()) if at is None else at
    return dict(headers("workflow.instance.halted", "del_1", "key", [secret], body, moment, 0))


ARRIVING = [
    event("k1", "inst_1", 2, "first", "thread_main"),
    event("k1", "inst_1", 2, "first", "thread_main"),
    event("k6", "inst_1", 6, "ask_c", "thread_c"),
    event("k4", "inst_1", 4, "ask_a", "thread_a"),
    event("k5", "inst_1", 5, "ask_b", "thread_b"),
    event("k9", "inst_1", 9, "again_a", "thread_a"),
    event("k8", "inst_1", 8, "said_a", "thread_a", "resumed"),
    event("k4", "inst_1", 4, "ask_a", "thread_a"),
    event("k20", "inst_1", 20, "end", kind="completed"),
    event("k12", "inst_1", 12, "late_b", "thread_b"),
    event("k21", "inst_2", 1, "other", "thread_main"),
]
HANDLED = [
    "workflow.instance.halted inst_1 thread_main first",
    "workflow.instance.halted inst_1 thread_c ask_c",
    "workflow.instance.halted inst_1 thread_a ask_a",
    "workflow.instance.halted inst_1 thread_b ask_b",
    "workflow.instance.halted inst_1 thread_a again_a",
    "workflow.instance.resumed inst_1 thread_a said_a late",
    "workflow.instance.completed inst_1  end",
    "workflow.instance.halted inst_1 thread_b late_b late",
    "workflow.instance.halted inst_2 thread_main other",
]
APPROVERS = [event(f"p{n}", "inst_3", n, f"ask_{n}", f"thread_{n}") for n in (3, 4, 5)]
"""Three who are asked in parallel."""


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[tuple[Send, subprocess.Popen[str]]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {"PATH": os.environ["PATH"], "PORT": str(port), "WEBHOOK_SECRET": SECRET}
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)

    def send(body: bytes, sent: dict[str, str]) -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/", body, sent)
        until = time.monotonic() + 10
        while True:
            try:
                with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310 - our own address
                    return int(response.status)
            except urllib.error.HTTPError as error:
                return error.code
            except urllib.error.URLError:
                assert process.poll() is None, "the receiver ended"
                assert time.monotonic() < until, "the receiver does not listen"

    try:
        yield send, process
    finally:
        process.kill()
        process.wait()


def judge(command: list[str], folder: Path) -> None:
    with running(command, folder) as (send, process):
        assert [send(body, signed(body)) for body in ARRIVING] == [204] * len(ARRIVING)
        last = ARRIVING[-1]
        assert send(last, signed(last, secret=SECRET + "x")) == 401
        assert send(last, signed(last, at=int(time.time()) - 400)) == 401
        assert send(last, {}) == 401
        assert process.stdout is not None
        assert [process.stdout.readline().strip() for _ in HANDLED] == HANDLED


def test_the_python_receiver_verifies_answers_and_takes_every_event_once(tmp_path: Path) -> None:
    for name, source in PYTHON.items():
        (tmp_path / name).write_text(source, "utf-8")
    judge([sys.executable, "receiver.py"], tmp_path)


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not here; the test below runs the same decisions")
def test_the_typescript_receiver_does_the_same_as_a_program(tmp_path: Path) -> None:
    for name, source in TYPESCRIPT.items():
        plain = erased(source).replace("./verify.ts", "./verify.mjs")
        (tmp_path / name.replace(".ts", ".mjs")).write_text(plain, "utf-8")
    judge(["node", "receiver.mjs"], tmp_path)


@pytest.fixture(scope="module")
def script() -> quickjs.Context:
    """The TypeScript example in the script engine, without its server."""
    source = "\n".join(erased(each) for each in TYPESCRIPT.values())
    source = re.sub(r"^import .*;\n", "", source, flags=re.MULTILINE).replace("export function", "function")
    source = source[: source.index("createServer(")]
    context = quickjs.Context()
    context.eval(STAND_INS)
    context.eval(source)
    return context


def takes(script: quickjs.Context, body: bytes, sent: dict[str, str], secret: str = SECRET) -> bool:
    lower = {name.lower(): value for name, value in sent.items()}
    return bool(script.eval(f"isOurs({list(body)}, {json.dumps(lower)}, {json.dumps(secret)})"))


def test_the_stand_ins_compute_what_python_does(script: quickjs.Context) -> None:
    for key, said in (("k", ""), ("key" * 40, "é" * 100), ("x", "y" * 55), ("x", "y" * 64)):
        made = json.loads(
            script.eval(f"JSON.stringify(createHmac('sha256', {json.dumps(key)}).update({json.dumps(said)}).digest())")
        )
        assert bytes(made) == hmac.new(key.encode(), said.encode(), hashlib.sha256).digest()


def test_the_typescript_function_takes_what_the_engine_signs_and_nothing_else(script: quickjs.Context) -> None:
    body, now = ARRIVING[0], int(time.time())
    assert takes(script, body, signed(body))
    assert not takes(script, body + b" ", signed(body))
    assert not takes(script, body, signed(body), SECRET + "x")
    assert not takes(script, body, signed(body, at=now - 400))
    assert not takes(script, body, signed(body) | {"X-Interactor-Signature": "sha256=zz"})
    assert not takes(script, body, {})


def test_the_typescript_function_takes_every_event_once(script: quickjs.Context) -> None:
    assert _by_typescript(script, ARRIVING) == HANDLED


@pytest.mark.parametrize("order", list(itertools.permutations(APPROVERS)))
def test_no_order_in_which_parallel_approvers_are_told_loses_one(
    script: quickjs.Context, order: tuple[bytes, ...]
) -> None:
    script.eval("seen.clear(); newest.clear()")
    twice = [*order, *order]
    said = _by_typescript(script, twice)
    assert sorted(said) == [f"workflow.instance.halted inst_3 thread_{n} ask_{n}" for n in (3, 4, 5)]
    assert _by_python(twice) == said


def _by_typescript(script: quickjs.Context, bodies: Sequence[bytes]) -> list[str]:
    script.eval("lines.length = 0")
    for body in bodies:
        script.eval(f"handle({body.decode()})")
    lines: list[str] = json.loads(script.eval("JSON.stringify(lines)"))
    return [line.strip() for line in lines]


def _by_python(bodies: Sequence[bytes]) -> list[str]:
    """What the function of the Python receiver prints, without its server."""
    source = PYTHON["receiver.py"]
    lines: list[str] = []
    own: dict[str, Any] = {"seen": set(), "newest": {}, "print": lambda *said, flush: lines.append(" ".join(said))}
    exec(source[source.index("def handle(") : source.index("def work_off(")], own)  # noqa: S102 - the page's own code
    for body in bodies:
        own["handle"](json.loads(body))
    return [line.strip() for line in lines]
