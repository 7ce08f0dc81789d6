"""``kill -9`` of the local run over an endpoint that stays up: what was begun is finished, and everybody is told.

Recovery takes minutes of the engine's time (leases, overdue hints), so each start is three minutes later than the
one before, by the clock that the started processes read.
"""

import json
import os
import random
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from interactor.aws.dynamo import items
from interactor.webhooks.rules.events import EVENT_TYPES, EVENTS
from local.launch import start_local_run
from local.settings import ROOT
from tests.support.workflows.flows import end, flow, form, http, script

KILLS = 3
SHIFT_SECONDS = 180
LATER = """
import os, time
_now, _shift = time.time_ns, int(os.environ["TESTS_LATER_BY_SECONDS"]) * 10**9
time.time_ns = lambda: _now() + _shift
"""


@pytest.fixture
def receiver():
    """A service and two subscribers: remembers what it was told, by path."""
    told, lock, pause = defaultdict(list), threading.Lock(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"] or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                # The sender was killed within its request: nobody was told anything.
                return
            with lock:
                told[self.path].append(({name.lower(): value for name, value in self.headers.items()}, body))
            # Long enough to be killed in.
            pause.wait(0.05)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    server.told = told
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()
    serving.join()


class User:
    """Somebody who starts instances and approves what waits, whatever happens to the server."""

    def __init__(self, url, flow_name="flow"):
        self.url, self.name = url, flow_name
        form = {"grant_type": "client_credentials", "client_id": "local", "client_secret": "local-secret"}
        token = requests.post(f"{url}/oauth/token", json=form, timeout=10).json()["access_token"]
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method, path, body=None):
        answer = self.session.request(method, self.url + path, json=body, timeout=10)
        return answer.json()["data"]

    def define(self, definition, hooks):
        made = self.call("POST", "/workflows", {**definition, "name": self.name})
        self.call("POST", f"/workflows/{self.name}/versions/{made['version_id']}/publish")
        for hook in hooks:
            self.call("POST", "/webhooks/subscriptions", {"url": hook, "events": list(EVENT_TYPES)})

    def start(self):
        self.call("POST", f"/workflows/{self.name}/instances", {"namespace": "killed", "input": {"n": 1}})

    def approve(self):
        waiting = self.call("GET", "/workflows/instances?namespace=killed&status=halted")["instances"]
        for each in waiting[:5]:
            self.session.post(
                f"{self.url}/workflows/instances/{each['id']}/resume", json={"input": {"approved": True}}, timeout=10
            )

    def act(self, stop):
        """Go on until told to stop, or until the server is gone."""
        while not stop.is_set():
            try:
                self.start()
                self.approve()
            except (requests.RequestException, ValueError, KeyError):
                if stop.wait(0.02):
                    return


def test_kill_9_over_an_endpoint_that_stays_up_loses_nothing(endpoint, clients, receiver, tmp_path):
    chance = random.Random(11)  # noqa: S311 - predictable
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "sitecustomize.py").write_text(LATER)
    paths = [tmp_path / "later", ROOT / "layers" / "engine", ROOT, os.environ.get("PYTHONPATH")]
    variables = {
        "AWS_ENDPOINT_URL": endpoint,
        "INTERACTOR_LOCAL_STACK": "killed",
        "ClockSeconds": "0.5",
        "WebhookRetryDelays": "0,1,1,1,1,1",
        "PYTHONPATH": os.pathsep.join(str(path) for path in paths if path),
    }

    def begin(number):
        later = {"TESTS_LATER_BY_SECONDS": str(number * SHIFT_SECONDS)}
        return start_local_run(variables | later, directory=tmp_path / "local", ready_timeout=120)

    states = flow(
        first=http("", "wait"),
        wait=form({"target": "second", "condition": {"field": "approved", "equals": True}}),
        second=script("return {seen: true}", "third"),
        third=http("", "done"),
        done=end(),
    )
    for name in ("first", "third"):
        states["states"][name]["logic"]["url"] = f"{receiver.url}/act/{name}"
    hooks = [f"{receiver.url}/hook/{number}" for number in (1, 2)]

    run = begin(0)
    try:
        _let_messages_come_again_soon(clients["sqs"])
        user = User(run.url)
        user.define(states, hooks)
        for number in range(1, KILLS + 1):
            stop = threading.Event()
            acting = [threading.Thread(target=User(run.url).act, args=(stop,)) for _ in range(2)]
            for each in acting:
                each.start()
            stop.wait(0.4 + chance.random())
            run.kill()
            stop.set()
            for each in acting:
                each.join()
            run = begin(number)
        user = User(run.url)
        _until(lambda: user.approve() or _unfinished(clients) == set(), 60)
        # What killed workers had taken of a subscriber's share is free again after half a minute.
        assert run.stop() == 0
        run = begin(KILLS + 1)
        _until(lambda: not _untold(clients, receiver, hooks), 90)
    finally:
        assert run.stop() == 0

    history = _history(clients)
    assert len(history) >= KILLS
    for events in history.values():
        assert [event["number"] for event in events] == list(range(1, len(events) + 1))
        assert [event["subtype"] for event in events if event["type"] == "lifecycle"] == ["created", "completed"]
    keys = defaultdict(set)
    for path in ("/act/first", "/act/third"):
        for headers, _ in receiver.told[path]:
            key = headers["idempotency-key"]
            keys[key.partition(":")[0], path].add(key)
    assert {len(each) for each in keys.values()} == {1}, "one key for each action"
    assert {instance for instance, _ in keys} >= set(history)


def _let_messages_come_again_soon(sqs):
    for queue in ("killed-steps", "killed-webhooks", "killed-relay-retry"):
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "3"})


def _stored(clients):
    pages = clients["dynamodb"].get_paginator("scan").paginate(TableName=_table(clients), ConsistentRead=True)
    return [item for page in pages for item in page["Items"] if "#I#" in item["pk"]["S"]]


def _table(clients):
    return next(name for name in clients["dynamodb"].list_tables()["TableNames"] if name.startswith("killed"))


def _unfinished(clients):
    heads = [item for item in _stored(clients) if item["sk"]["S"] == "M"]
    return {item["pk"]["S"] for item in heads if item["status"]["S"] in ("running", "halted")}


def _history(clients):
    """Events by instance, in the order of their records."""
    found = defaultdict(list)
    for item in sorted(_stored(clients), key=lambda item: item["sk"]["S"]):
        if item["sk"]["S"].startswith("H#"):
            found[item["pk"]["S"].rpartition("#")[2]] += items.unpack(item["doc"]["B"])["events"]
    return found


def _untold(clients, receiver, hooks):
    """Events that a subscriber has not been told of; all it was told of one event came under one key."""
    events = [event for history in _history(clients).values() for event in history]
    wanted = {event["id"] for event in events if (event["type"], event["subtype"]) in EVENTS}
    missing = set()
    for hook in hooks:
        keys = defaultdict(set)
        for headers, body in list(receiver.told["/hook/" + hook.rpartition("/")[2]]):
            keys[json.loads(body)["id"]].add(headers["webhook-id"])
        assert all(len(each) == 1 for each in keys.values())
        missing |= {(hook, event) for event in wanted - keys.keys()}
    return missing


def _until(holds, seconds):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come to that in time"
        threading.Event().wait(0.1)
