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
from interactor_client import InvalidWebhookError, verify_webhook
from tests.support.pages import ROOT, blocks, text

PAGE = text("docs/webhooks.md")
SECRET = "whsec_" + "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
NEW = "whsec_" + "bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3"
STAND_INS = (ROOT / "tests" / "support" / "node_stand_ins.js").read_text("utf-8")
PYTHON = {"verify.py": blocks(PAGE, "python")[0], "receiver.py": blocks(PAGE, "python")[1]}
TYPESCRIPT = {"verify.ts": blocks(PAGE, "typescript")[0], "receiver.ts": blocks(PAGE, "typescript")[1]}

Send = Callable[..., int]
Takes = Callable[..., bool]
"""Whether one of the verifiers takes a body, its headers, and any number of secrets."""


def erased(source: str) -> str:
    """TypeScript without its types, as far as the examples have any."""
    source = re.sub(r"^type .*;\n", "", source, flags=re.MULTILINE)
    source = re.sub(r"\b(Set|Map)<[^>]*>", r"\1", source)
    source = re.sub(r" as Headers\b", "", source)
    return re.sub(r": (?:Record<[^>]*>|Headers|Buffer|Map|string|boolean|void|any)(?:\[\])?(?=[,)=; ]| \{)", "", source)


def event(key: str, instance: str, sequence: int, state: str, thread: str = "", kind: str = "halted") -> bytes:
    data = {"instance_id": instance, "sequence": sequence, "current_state": state, "workflow_data": {"a": "é✓"}}
    body = {
        "event": f"workflow.instance.{kind}",
        "idempotency_key": key,
        "data": data | ({"thread_id": thread} if thread else {}),
    }
    return json.dumps(body, ensure_ascii=False).encode()


def signed(body: bytes, *secrets: str, at: int | None = None) -> dict[str, str]:
    moment = int(time.time()) if at is None else at
    return dict(headers("workflow.instance.halted", "del_1", "key", secrets or (SECRET,), body, moment, 0))


def own(sent: dict[str, str]) -> dict[str, str]:
    """Without the headers of the standard style."""
    return {name: value for name, value in sent.items() if not name.startswith("webhook-")}


def standard(sent: dict[str, str]) -> dict[str, str]:
    """With the headers of the standard style alone."""
    return {name: value for name, value in sent.items() if name.startswith("webhook-")}


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
    environment["WEBHOOK_SECOND_SECRET"] = NEW
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
        assert send(last, signed(last, SECRET + "x")) == 401
        assert send(last, signed(last, at=int(time.time()) - 400)) == 401
        assert send(last, {}) == 401
        assert send(last, signed(last, "")) == 401
        assert send(last, own(signed(last)) | {"X-Interactor-Signature": "sha256=é"}) == 401
        for secrets in ((NEW, SECRET), (NEW,), (SECRET,), (SECRET + "x", SECRET)):
            assert send(last, signed(last, *secrets)) == 204
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


def test_the_stand_ins_compute_what_python_does(script: quickjs.Context) -> None:
    for key, said in (("k", ""), ("key" * 40, "é" * 100), ("x", "y" * 55), ("x", "y" * 64)):
        made = json.loads(
            script.eval(f"JSON.stringify(createHmac('sha256', {json.dumps(key)}).update({json.dumps(said)}).digest())")
        )
        assert bytes(made) == hmac.new(key.encode(), said.encode(), hashlib.sha256).digest()


@pytest.fixture(params=["python", "typescript", "client"])
def takes(request: pytest.FixtureRequest, script: quickjs.Context) -> Takes:
    """The page's two functions, and the one of the client that the package has."""

    def by_python(body: bytes, sent: dict[str, str], *secrets: str) -> bool:
        scope: dict[str, Any] = {}
        exec(PYTHON["verify.py"], scope)  # noqa: S102 - the page's own code
        return bool(scope["is_ours"](body, lower(sent), *secrets))

    def by_typescript(body: bytes, sent: dict[str, str], *secrets: str) -> bool:
        arguments = ", ".join(json.dumps(each) for each in (list(body), lower(sent), *secrets))
        return bool(script.eval(f"isOurs({arguments})"))

    def by_client(body: bytes, sent: dict[str, str], *secrets: str) -> bool:
        try:
            verify_webhook(sent, body, *secrets)
        except InvalidWebhookError:
            return False
        return True

    def lower(sent: dict[str, str]) -> dict[str, str]:
        return {name.lower(): value for name, value in sent.items()}

    return {"python": by_python, "typescript": by_typescript, "client": by_client}[request.param]


BODY = ARRIVING[0]
SECRETS = [
    SECRET,
    "a secret that somebody has chosen, with spaces and é",
    "whsec_" + "QUJD" * 8,
    "whsec_" + "QUJD" * 8 + "QQ==",
    "whsec_" + "QUJD" * 8 + "QR==",
    "whsec_" + "QUJD" * 8 + "QUI=",
    "whsec_" + "QUJD" * 8 + "QQ=",
    "whsec_" + "QUJD" * 8 + "QQ",
    "whsec_" + "QUJD" * 8 + "==",
    "whsec_" + "QUJD" * 8 + "\n",
    "whsec_" + "QU-_" * 8,
    "whsec_" + "é" * 32,
    "QUJD" * 8,
]
"""Secrets that decode, nearly do, or do not."""
NO_TIMES = ["", "soon", "²", "٣", "-1", "1e9", " 1", "1_0", "0x10", "9" * 5000, "é"]
NO_SIGNATURES = ["", " ", "sha256=", "v1,", "v1", "sha256=zz", "é", "sha256=é", "v1,é", "v1a,AAAA", "v1, v1,", "null"]


@pytest.mark.parametrize("style", [dict, own, standard])
def test_what_the_engine_signs_is_taken_in_either_style_and_nothing_else(
    takes: Takes, style: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    sent, now = style(signed(BODY)), int(time.time())
    assert takes(BODY, sent, SECRET)
    assert takes(BODY, sent, "", NEW, SECRET)
    assert not takes(BODY + b" ", sent, SECRET)
    assert not takes(BODY, sent, SECRET + "x", NEW)
    assert not takes(BODY, sent)
    assert not takes(BODY, style(signed(BODY, at=now - 400)), SECRET)
    assert not takes(BODY, style(signed(BODY, at=now + 400)), SECRET)
    for name in ("X-Interactor-Timestamp", "webhook-timestamp"):
        late = style(signed(BODY, at=now - 400))
        assert not takes(BODY, late | ({name: str(now)} if name in late else {}), SECRET)


@pytest.mark.parametrize("secret", SECRETS)
def test_every_secret_gives_receivers_the_key_it_gives_the_engine(takes: Takes, secret: str) -> None:
    assert takes(BODY, own(signed(BODY, secret)), secret)
    assert takes(BODY, standard(signed(BODY, secret)), secret)


def test_forged_and_missing_headers_are_refused_and_raise_nothing(takes: Takes) -> None:
    for style, timestamp, signature in (
        (own(signed(BODY)), "X-Interactor-Timestamp", "X-Interactor-Signature"),
        (standard(signed(BODY)), "webhook-timestamp", "webhook-signature"),
    ):
        for name in style:
            if name in (timestamp, signature, "webhook-id"):
                assert not takes(BODY, {other: style[other] for other in style if other != name}, SECRET)
        for forged in NO_TIMES:
            assert not takes(BODY, style | {timestamp: forged}, SECRET)
        for forged in NO_SIGNATURES:
            assert not takes(BODY, style | {signature: forged}, SECRET)
    assert not takes(BODY, standard(signed(BODY)) | {"webhook-id": "é"}, SECRET)
    assert not takes(BODY, {}, SECRET)


def test_an_empty_secret_proves_nothing(takes: Takes) -> None:
    assert not takes(BODY, signed(BODY, ""), "")


def test_one_signature_of_several_is_enough(takes: Takes) -> None:
    sent = standard(signed(BODY))
    for beside in (*NO_SIGNATURES, "v1," + "A" * 43 + "="):
        assert takes(BODY, sent | {"webhook-signature": f"{beside} {sent['webhook-signature']}"}, SECRET)
        assert takes(BODY, sent | {"webhook-signature": f"{sent['webhook-signature']} {beside}"}, SECRET)


def test_after_a_rotation_the_old_secret_does_by_the_standard_style_the_new_one_by_both(takes: Takes) -> None:
    sent = signed(BODY, NEW, SECRET)
    assert takes(BODY, sent, SECRET)
    assert takes(BODY, standard(sent), SECRET)
    assert not takes(BODY, own(sent), SECRET)
    for secrets in ((NEW,), (SECRET, NEW), (NEW, SECRET)):
        assert takes(BODY, own(sent), *secrets)
        assert takes(BODY, standard(sent), *secrets)


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


def _by_python(bodies: Sequence[bytes], kept: int = 100) -> list[str]:
    """What the function of the Python receiver prints, without its server."""
    source = PYTHON["receiver.py"]
    lines: list[str] = []
    scope: dict[str, Any] = {"seen": {}, "newest": {}, "KEPT": kept}
    scope["print"] = lambda *said, flush: lines.append(" ".join(said))
    exec(source[source.index("def handle(") : source.index("def work_off(")], scope)  # noqa: S102 - the page's own code
    for body in bodies:
        scope["handle"](json.loads(body))
    assert len(scope["seen"]) <= kept
    assert len(scope["newest"]) <= kept
    return [line.strip() for line in lines]


def test_both_receivers_forget_what_they_have_kept_longest(script: quickjs.Context) -> None:
    arriving = [event(f"b{n}", f"inst_{n}", 1, "a") for n in (1, 2, 3)]
    said = _by_python([*arriving, arriving[2], arriving[0]], kept=2)
    assert [line.split()[1] for line in said] == ["inst_1", "inst_2", "inst_3", "inst_1"]
    script.eval("seen.clear(); newest.clear()")
    script.eval("for (let n = 0; n < KEPT; n++) keep(seen, `old_${n}`, true)")
    assert len(_by_typescript(script, arriving)) == 3
    assert script.eval("seen.size === KEPT && !seen.has('old_2') && seen.has('old_3') && seen.has('b1')")
    script.eval("seen.clear(); newest.clear()")
