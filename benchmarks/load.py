"""The local run under load, with faults: 16 clients for a minute, then everything is looked for.

Each client creates, resumes, cancels, reads and lists, and sends a request again under its ``Idempotency-Key`` when no
answer came. At the end every instance must be where its client left it, and every webhook must have come.
"""

import http.client
import json
import os
import random
import shutil
import statistics
import tempfile
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks import flows
from benchmarks.faults import FaultyProxy, told
from local.launch import LaunchedRun, start_local_run
from local.ministack import Lock, MiniStack
from local.settings import aws_python

CLIENTS = 16
SECONDS = float(os.environ.get("LOAD_SECONDS", "60"))
SETTLE_SECONDS = 420.0
"""A message whose worker met a fault comes again after 100 s, its queue's visibility; a delivery that finds no share of
its subscriber free waits for up to 4 minutes."""
SEED = 7
TRIES = 5
WARM_SECONDS = 0.3
"""Of the whole: the memory is looked at from then on."""


@dataclass
class Seen:
    """What the clients did and were answered."""

    statuses: Counter[str] = field(default_factory=Counter)
    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    expected: dict[str, str] = field(default_factory=dict)
    unanswered: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Hooks:
    """A subscriber that remembers which events it was told of, by instance."""

    def __init__(self) -> None:
        self.events: dict[str, set[str]] = defaultdict(set)
        self.deliveries = 0
        hooks = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                """Take a webhook."""
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hooks.deliveries += 1
                hooks.events[body["data"]["instance_id"]].add(body["event"].rpartition(".")[2])
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, name="hooks", daemon=True).start()


class ClientThread(threading.Thread):
    """One client, in an OS thread of its own."""

    def __init__(self, number: int, url: str, token: str, seen: Seen, until: float) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        self._base, self._token = parts.path, token
        self._seen, self._until, self._number = seen, until, number
        self._chance = random.Random(SEED * 1_000 + number)  # noqa: S311 - the same work at every run
        self._open: list[str] = []
        self._made = 0

    def run(self) -> None:
        """Work until the time is over."""
        while time.monotonic() < self._until:
            act = self._chance.choices(
                (self._create, self._resume, self._get, self._list, self._history, self._cancel), (5, 4, 4, 2, 2, 1)
            )[0]
            act()

    def _create(self) -> None:
        body = {"namespace": flows.NAMESPACE, "input": flows.REQUEST}
        answer = self._ask("create", "POST", "/workflows/purchase_approval/instances", body, key=True)
        if answer is not None:
            self._open.append(answer["id"])
            self._expect(answer["id"], "halted")

    def _resume(self) -> None:
        if (instance := self._take()) is not None:
            path = f"/workflows/instances/{instance}/resume"
            if self._ask("resume", "POST", path, {"input": flows.DECISION}, key=True) is not None:
                self._expect(instance, "completed")

    def _cancel(self) -> None:
        if (instance := self._take()) is not None:
            path = f"/workflows/instances/{instance}/cancel"
            done = self._ask("cancel", "POST", path, {}, key=True)
            if done is not None:
                self._expect(instance, "cancelled")

    def _get(self) -> None:
        if self._open:
            self._ask("get", "GET", f"/workflows/instances/{self._chance.choice(self._open)}")

    def _history(self) -> None:
        if self._open:
            self._ask("history", "GET", f"/workflows/instances/{self._chance.choice(self._open)}/history")

    def _list(self) -> None:
        self._ask("list", "GET", f"/workflows/instances?namespace={flows.NAMESPACE}&status=halted")

    def _take(self) -> str | None:
        return self._open.pop(self._chance.randrange(len(self._open))) if self._open else None

    def _expect(self, instance: str, status: str) -> None:
        with self._seen.lock:
            self._seen.expected[instance] = status

    def _ask(self, name: str, method: str, path: str, body: Any = None, key: bool = False) -> Any:
        self._made += 1
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = f"load-{self._number}-{self._made}"
        began = time.perf_counter()
        for _ in range(TRIES):
            try:
                self._connection.request(method, self._base + path, None if body is None else json.dumps(body), headers)
                answer = self._connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException):
                self._connection.close()
                continue
            with self._seen.lock:
                self._seen.statuses[f"{name} {answer.status}"] += 1
                self._seen.waits[name].append(time.perf_counter() - began)
            if answer.status < 500:
                return json.loads(text)["data"] if answer.status < 300 else None
        self._seen.unanswered += 1
        return None


def measure() -> dict[str, Any]:
    """What was asked and answered, what came of it, and the memory of the local run."""
    folder = Path(tempfile.mkdtemp(prefix="load-"))
    lock = Lock(folder / "aws")
    aws = MiniStack(aws_python(), folder / "aws", lock, folder / "aws.log", dict(os.environ))
    hooks, seen = Hooks(), Seen()
    try:
        aws.wait_until_healthy()
        with FaultyProxy(aws.endpoint, SEED) as proxy, _local_run(proxy.url, folder) as run:
            token = _prepare(run.url, hooks.url)
            proxy.faulty = True
            memory = _work(run, token, seen)
            proxy.faulty = False
            lost = _lost(run.url, token, seen, hooks)
            faults = told(proxy.made)
    finally:
        hooks.server.shutdown()
        aws.stop(20)
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)
    answered = sum(seen.statuses.values())
    return {
        "seconds": SECONDS,
        "clients": CLIENTS,
        "requests_a_second": round(answered / SECONDS, 1),
        "statuses": dict(sorted(seen.statuses.items())),
        "server_errors": sum(count for name, count in seen.statuses.items() if name.split()[1] >= "500"),
        "unanswered": seen.unanswered,
        "milliseconds": {name: _waits(found) for name, found in sorted(seen.waits.items())},
        "instances": dict(sorted(Counter(seen.expected.values()).items())),
        "webhooks": hooks.deliveries,
        "faults": faults,
        "lost": lost,
        "memory_mb": memory,
    }


def _waits(found: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(found, n=100) if len(found) > 1 else found * 99
    return {"p50": round(1000 * cuts[49], 1), "p99": round(1000 * cuts[98], 1)}


def _local_run(endpoint: str, folder: Path) -> LaunchedRun:
    limits = dict.fromkeys(("RateLimitRead", "RateLimitWrite", "RateLimitCreate", "NamespaceQuota"), "0")
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
    environment = {**limits, **credentials, "AWS_ENDPOINT_URL": endpoint, "NO_PROXY": "127.0.0.1,localhost"}
    return start_local_run(environment, directory=folder / "run")


def _prepare(url: str, hook: str) -> str:
    asked = {"grant_type": "client_credentials", "client_id": "local", "client_secret": "local-secret"}
    token: str = _call(url, "POST", "/oauth/token", None, asked)["access_token"]
    made = _call(url, "POST", "/workflows", token, flows.APPROVAL)
    _call(url, "POST", f"/workflows/purchase_approval/versions/{made['version_id']}/publish", token)
    _call(url, "POST", "/webhooks/subscriptions", token, {"url": hook, "events": [flows.HALTED, flows.COMPLETED]})
    return token


def _work(run: LaunchedRun, token: str, seen: Seen) -> dict[str, float]:
    """Let the clients work; the resident memory of the run once it is warm, and at the end."""
    until = time.monotonic() + SECONDS
    clients = [ClientThread(number, run.url, token, seen, until) for number in range(CLIENTS)]
    for each in clients:
        each.start()
    time.sleep(SECONDS * WARM_SECONDS)
    warm = _resident(run.process.pid)
    for each in clients:
        each.join()
    return {"warm": warm, "end": _resident(run.process.pid)}


def _lost(url: str, token: str, seen: Seen, hooks: Hooks) -> dict[str, int]:
    """How many instances are not where they were left, and how many webhooks did not come."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while (missing := _missing(seen, hooks)) and time.monotonic() < deadline:
        time.sleep(0.5)
    wrong = 0
    for instance, status in seen.expected.items():
        wrong += _call(url, "GET", f"/workflows/instances/{instance}", token)["status"] != status
    return {"instances": wrong, "webhooks": missing}


def _missing(seen: Seen, hooks: Hooks) -> int:
    wanted = {"halted": {"halted"}, "completed": {"halted", "completed"}, "cancelled": {"halted"}}
    return sum(len(wanted[status] - hooks.events[instance]) for instance, status in seen.expected.items())


def _call(url: str, method: str, path: str, token: str | None, body: Any = None) -> Any:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    headers = {"Content-Type": "application/json"} | ({} if token is None else {"Authorization": f"Bearer {token}"})
    connection.request(method, parts.path + path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status >= 300:
        raise AssertionError(f"{method} {path}: {answer.status} {text[:500]!r}")
    return json.loads(text)["data"]


def _resident(process: int) -> float:
    """Megabytes of a process (Linux)."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0
